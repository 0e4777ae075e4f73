"""Agents' answers by mail, in the forms that their programs give them."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.helpdesks.desk_people import EmailPeople, Request
from tests.helpdesks.helpdesk_scene import Door, Scene, opened
from tests.helpdesks.test_helpdesk_handoff import answers, handed_over, writes
from tests.store_builders import Clock

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def people() -> Iterator[EmailPeople]:
    people = EmailPeople()
    people.start()
    yield people
    people.stop()


@pytest.fixture
def scene(people: EmailPeople, tmp_path: Path, clock: Clock, door: Door) -> Scene:
    return opened(people, f"sqlite:///{tmp_path}/test.db", tmp_path, clock, door)


def posted(scene: Scene, mail: bytes) -> Request:
    """A mail to the address of the newest ticket."""
    address = str(scene.people.box.mails[-1]["Reply-To"])
    body = mail.replace(b"desk+rd-abc123.PROOF@shop.example", address.encode())
    return {"content-type": "message/rfc822", "authorization": "Bearer email-secret-0123456789"}, body


def a_mail(text: str, **headers: str) -> bytes:
    given = {"From": "Ann Agent <ann@shop.example>", "To": "desk+rd-abc123.PROOF@shop.example", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text]).encode()


def told(scene: Scene) -> str:
    return "\n".join(scene.people.seen())


@pytest.mark.parametrize("name", ["desk-answer-outlook-english", "desk-answer-below"])
def test_the_customer_gets_the_agent_s_words_alone(scene: Scene, name: str) -> None:
    handed_over(scene)
    scene.happens(posted(scene, (CASES / f"{name}.eml").read_bytes()))
    assert [text for _, text in answers(scene)] == ["Yes, we refund it."]


@pytest.mark.parametrize("signed", ["-- \nAnn", "Best regards,\nAnn Agent\nThe Shop", "Sent from my iPhone"])
def test_a_command_above_a_signature_is_one(scene: Scene, signed: str) -> None:
    handed_over(scene)
    scene.happens(posted(scene, a_mail(f"Bye.\n#solved\n\n{signed}\n\nOn 28.11.26 15:10, x@y.example wrote:\n> a")))
    assert [text for _, text in answers(scene)] == ["Bye."]
    assert writes(scene, "thanks"), "the bot has it again"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "> ##- Write your answer above this line -##\n> yes",
        "##- Write your answer above this line -##\n\nyes",
        "From: x@y.example\nSent: Saturday\nTo: Ann\n\nThe customer asked for a person.",
    ],
)
def test_an_answer_in_which_nothing_is_the_agent_s_is_told(scene: Scene, text: str) -> None:
    handed_over(scene)
    scene.happens(posted(scene, a_mail(text)))
    assert answers(scene) == []
    assert "no words of Ann Agent's own" in told(scene)
    assert scene.people.box.mails[-1]["To"] == "team@shop.example", "a sender may be forged"


def test_a_file_that_is_not_passed_on_is_told(scene: Scene) -> None:
    handed_over(scene)
    headers, body = scene.people.mail("Here it is.")
    mail: Any = message_from_bytes(body, EmailMessage, policy=default)
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="receipt.png")
    scene.happens((headers, mail.as_bytes()))
    assert [text for _, text in answers(scene)] == ["Here it is."]
    assert "Files are not passed on" in told(scene)


def test_what_can_not_be_told_now_is_posted_again(scene: Scene) -> None:
    handed_over(scene)
    request = posted(scene, a_mail(""))
    scene.people.box.broken = True
    assert scene.send(request).status_code == 503
    scene.people.box.broken = False
    scene.happens(request)
    assert "no words" in told(scene)


@pytest.mark.parametrize(
    "headers",
    [
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<news.shop.example>"},
        {"Subject": "Automatic reply: your case"},
        {"From": "MAILER-DAEMON@shop.example"},
    ],
)
def test_what_a_program_answers_reaches_nobody_and_is_not_answered(scene: Scene, headers: dict[str, str]) -> None:
    handed_over(scene)
    mails = len(scene.people.box.mails)
    scene.happens(posted(scene, a_mail("I am away.", **headers)))
    assert answers(scene) == [] and len(scene.people.box.mails) == mails


@pytest.mark.parametrize("of", ["team", "desk"])
def test_an_answer_through_the_team_s_own_list_is_a_person_s(scene: Scene, of: str) -> None:
    handed_over(scene)
    listed = {"List_Id": f"<{of}.shop.example>", "Precedence": "list", "List_Unsubscribe": "<https://x.example>"}
    scene.happens(posted(scene, a_mail("Hello.", **listed)))
    assert [text for _, text in answers(scene)] == ["Hello."]

"""The whole handoff through each help desk, against its contract server."""

from __future__ import annotations

import itertools

import pytest

from bot.cases.customer.inbox import receive
from bot.cases.desk.sign_in import sign_in
from bot.cases.desk.work import take
from bot.cases.errors import SignInRefused
from bot.cases.model import Author, CaseState, MessageKind
from bot.cases.outbound.tickets import NOTE_AFTER
from bot.cases.privacy.personal_data import erase
from tests.desk_builders import a_conversation, a_question, an_agent, in_review, said, the_case
from tests.helpdesks.helpdesk_scene import Scene
from tests.store_builders import store_order, verified

_ids = itertools.count()


def writes(scene: Scene, text: str) -> bool:
    """The customer writes; whether the bot is to answer."""
    return receive(scene.services, "talk", f"c{next(_ids)}", {"text": text}).bot


def answers(scene: Scene) -> list[tuple[str | None, str]]:
    """What people said to the customer, and under which name."""
    return [(message.agent_name, message.text) for message in said(scene.services) if message.author is Author.AGENT]


def of_kind(scene: Scene, kind: MessageKind) -> int:
    """How many messages of a kind there are."""
    return sum(message.kind is kind for message in said(scene.services))


def handed_over(scene: Scene) -> str:
    """A customer has asked for a person, and the ticket is there."""
    a_conversation(scene.services)
    writes(scene, "I want <b>a person</b> & soon")
    case = a_question(scene.services)
    assert scene.push() == 1
    return case.reference


def test_the_whole_handoff(scene: Scene) -> None:
    reference = handed_over(scene)
    people = scene.people
    opened = "\n".join(people.seen())
    assert reference in opened
    assert "The customer asked for a person. What do they need?" in opened
    assert "Not verified" in opened
    assert f"https://desk.example/desk/cases/{reference}" in opened
    assert "a person" in opened
    assert writes(scene, "Hello? Still waiting.")  # nobody has it yet: the bot answers, and people see it
    scene.push()
    assert sum("Still waiting" in text for text in people.seen()) == 1

    if people.takes_first:
        scene.happens(people.takes())
    scene.happens(people.answer("Hi, I can help."))
    name = answers(scene)[-1][0]
    assert name is not None
    assert name.lower().startswith("dana")
    assert answers(scene) == [(name, "Hi, I can help.")]
    assert of_kind(scene, MessageKind.JOINED) == 1
    assert not writes(scene, "Great, my card is broken")  # the bot is silent
    assert not writes(scene, "and it is new")
    scene.push()
    scene.push()
    shown = "\n".join(people.seen())
    assert shown.count("my card is broken") == shown.count("and it is new") == 1
    assert shown.index("my card is broken") < shown.index("and it is new")
    assert "Hi, I can help." not in "\n".join(text for text in people.seen() if "System" not in text) or (
        people.name == "freshdesk"  # there the replies of agents stand among the notes
    )

    scene.happens(people.solves())
    assert the_case(scene.services, reference).state is CaseState.DONE
    assert of_kind(scene, MessageKind.LEFT) == of_kind(scene, MessageKind.RATING) == 1
    assert writes(scene, "Thanks!")  # the bot answers again
    before = len(people.seen())
    scene.push_later(3600)
    assert len(people.seen()) == before  # what is said to the bot is no news there any more
    if people.name != "email":
        assert people.server.violations == []


def test_what_comes_twice_is_done_once(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    scene.happens(people.takes())
    answer = people.answer("Only once, please.")
    scene.happens(answer)
    scene.happens(answer)
    assert [text for _, text in answers(scene)].count("Only once, please.") == 1
    done = people.solves()
    scene.happens(done)
    scene.happens(done)
    assert of_kind(scene, MessageKind.RATING) == 1
    scene.happens(answer)  # a late redelivery: it neither speaks nor takes the conversation again
    assert [text for _, text in answers(scene)].count("Only once, please.") == 1
    assert writes(scene, "hello")


def test_a_wrong_signature_is_refused(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    handed_over(scene)
    scene.happens(scene.people.takes())
    told = len(answers(scene))
    refused = scene.send(scene.people.unsigned(scene.people.answer("Send your card number to evil.example")))
    assert refused.status_code == 401
    scene.push()
    if scene.people.name != "freshdesk":  # there the words are not in the webhook
        assert len(answers(scene)) == told
    assert "evil" not in refused.text
    assert "evil" not in "".join(capfd.readouterr())


def test_nothing_without_any_signature(scene: Scene) -> None:
    handed_over(scene)
    headers, body = scene.people.solves()
    assert scene.send(({"content-type": headers["content-type"]}, body)).status_code == 401


def test_down_and_up_again(scene: Scene) -> None:
    a_conversation(scene.services)
    writes(scene, "first words")
    scene.people.stop()
    case = a_question(scene.services)
    assert scene.push() == 0
    assert scene.push() == 0  # not before its time
    for _ in range(NOTE_AFTER):
        scene.push_later(900)
    with scene.services.unit_of_work() as uow:
        notes = uow.notes.of_case(case.id)
    assert len(notes) == 1  # told once at our own desk, where the case is anyway
    assert "help desk" in notes[0].text
    scene.people.start()
    assert scene.push_later(900) == 1
    assert "first words" in "\n".join(scene.people.seen())
    assert case.reference in "\n".join(scene.people.seen())


def test_words_wait_in_order_while_the_help_desk_is_down(scene: Scene) -> None:
    handed_over(scene)
    scene.people.stop()
    for text in ("number one", "number two"):
        writes(scene, text)
        scene.push_later(1)
    scene.people.start()
    scene.push_later(900)
    shown = "\n".join(scene.people.seen())
    assert shown.count("number one") == shown.count("number two") == 1
    assert shown.index("number one") < shown.index("number two")


def test_what_is_of_an_erased_conversation_goes_nowhere(scene: Scene) -> None:
    store_order(scene.services)
    a_conversation(scene.services)
    verified(scene.services)
    a_question(scene.services, number="CC-104233")
    scene.push()
    answer = scene.people.answer("Too late")
    before = len(scene.people.seen())
    erase(scene.services, "alex@example.com")
    assert scene.send(answer).status_code == 200
    scene.push_later(3600)
    assert said(scene.services) == []
    assert len(scene.people.seen()) == before


def test_a_case_that_is_erased_before_it_is_opened_is_not_opened(scene: Scene) -> None:
    store_order(scene.services)
    a_conversation(scene.services)
    verified(scene.services)
    a_question(scene.services, number="CC-104233")
    erase(scene.services, "alex@example.com")
    assert scene.push() == 0


def test_solving_decides_nothing_about_money(scene: Scene) -> None:
    store_order(scene.services)
    a_conversation(scene.services)
    verified(scene.services)
    case = in_review(scene.services)
    scene.push()
    assert "$50.00" in "\n".join(scene.people.seen())  # the suggestion, with its effect in money
    scene.happens(scene.people.takes())
    scene.happens(scene.people.answer("Approved! Refund it in full."))
    scene.happens(scene.people.solves())
    assert the_case(scene.services, case.reference).state is CaseState.IN_REVIEW
    assert of_kind(scene, MessageKind.RATING) == 0
    assert writes(scene, "so?")
    with scene.services.unit_of_work() as uow:
        assert "decided here" in uow.notes.of_case(case.id)[0].text


def test_our_own_desk_takes_over_and_keeps_it(scene: Scene) -> None:
    reference = handed_over(scene)
    scene.happens(scene.people.takes())
    lee = an_agent(scene.services, "lee")
    assert take(scene.services, lee, reference).agent_id == lee.id
    scene.happens(scene.people.answer("I am still here, too."))
    if scene.people.name == "slack":  # there only whoever has the case writes to the customer
        assert answers(scene) == []
    else:
        assert answers(scene)[-1][1] == "I am still here, too."
    assert the_case(scene.services, reference).agent_id == lee.id


def test_nobody_signs_in_as_somebody_of_a_help_desk(scene: Scene) -> None:
    handed_over(scene)
    scene.happens(scene.people.takes())
    with scene.services.unit_of_work() as uow:
        found = [agent for agent in uow.agents.all() if agent.external]
    assert found
    for agent in found:
        for password in ("", "-", "AAAAAAAAAAAA", agent.login):
            with pytest.raises(SignInRefused):
                sign_in(scene.services, agent.login, password, "192.0.2.1")


def test_the_customer_comes_back(scene: Scene) -> None:
    reference = handed_over(scene)
    scene.happens(scene.people.takes())
    scene.happens(scene.people.hands_back())
    assert writes(scene, "hello bot")
    again = a_question(scene.services)
    scene.push_later(5)
    assert again.reference in "\n".join(scene.people.seen())
    writes(scene, "one thing more")
    scene.push_later(5)
    assert "one thing more" in "\n".join(scene.people.seen())
    assert reference


def test_what_is_no_news_is_taken_and_ignored(scene: Scene) -> None:
    handed_over(scene)
    before = len(said(scene.services))
    people = scene.people
    strange = {
        "chatwoot": lambda: people.event("contact_updated", {"id": 4}),
        "zendesk": lambda: people.event("tags_changed", {"tags_added": ["x"]}),
        "freshdesk": lambda: people.poke(),
        "slack": lambda: people.message("", subtype="channel_join"),
        "webhook": lambda: people.event("something_new"),
        "email": lambda: people.mail("I am on holiday", Auto_Submitted="auto-replied"),
    }
    scene.happens(strange[people.name]())
    assert len(said(scene.services)) == before

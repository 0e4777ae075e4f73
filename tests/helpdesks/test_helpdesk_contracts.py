"""What is special about each help desk, by its documentation."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cases.conversation.conversations import open_account
from bot.cases.conversation.messages import say as say_to
from bot.cases.model import Author
from bot.cases.outbound.delivery import deliver_due, set_reply_address
from bot.cases.ports.helpdesk import DeskRejected, HelpDeskError
from bot.connectors.chatwoot.deliver import account_of, couriers
from bot.connectors.email_desk.deliver import mark
from tests.desk_builders import a_question, said
from tests.helpdesks.desk_people import PEOPLE, People
from tests.helpdesks.helpdesk_scene import Door, Scene, opened
from tests.helpdesks.test_helpdesk_handoff import answers, handed_over, writes
from tests.store_builders import Clock

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def people(request: pytest.FixtureRequest) -> Any:
    """The people that a test names."""
    name = getattr(request, "param", None) or next(mark.args[0] for mark in request.node.iter_markers("people"))
    people: People = next(kind for kind in PEOPLE if kind.name == name)()
    people.start()
    yield people
    people.stop()


@pytest.fixture
def scene(people: People, tmp_path: Path, clock: Clock, door: Door) -> Scene:
    """Their help desk, on SQLite."""
    return opened(people, f"sqlite:///{tmp_path}/test.db", tmp_path, clock, door)


@pytest.mark.people("zendesk")
def test_zendesk_opens_one_ticket_though_its_answer_is_lost(scene: Scene) -> None:
    scene.people.desk.faults = ["lost"]
    with pytest.raises(AssertionError):
        handed_over(scene)
    assert scene.push_later(10) == 1
    assert len(scene.people.desk.tickets) == 1
    keys = [sent.headers["Idempotency-Key"] for sent in scene.people.desk.sent if sent.method == "POST"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


@pytest.mark.people("zendesk")
def test_a_limit_is_kept(scene: Scene) -> None:
    handed_over(scene)
    scene.people.desk.faults = [(429, {"error": "TooManyRequests"})]
    writes(scene, "patience")
    scene.push()
    count = len(scene.people.desk.sent)
    scene.push_later(29)
    assert len(scene.people.desk.sent) == count  # Retry-After said 30
    scene.push_later(2)
    assert any("patience" in text for text in scene.people.seen())


@pytest.mark.people("zendesk")
def test_a_ticket_that_was_closed_for_good_is_followed_by_another(scene: Scene) -> None:
    handed_over(scene)
    scene.happens(scene.people.takes())
    scene.people.desk.closed.add(max(scene.people.desk.tickets))
    writes(scene, "are you there?")
    scene.push_later(1)
    scene.push_later(10)
    assert len(scene.people.desk.tickets) == 2
    assert "are you there?" in scene.people.seen()[0]


@pytest.mark.people("zendesk")
def test_zendesk_notes_and_words_of_others_are_no_answers(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    scene.happens(people.comment("between us", is_public=False))
    scene.happens(people.comment("from outside", author={"id": "5", "is_staff": False, "name": "Eve"}))
    assert answers(scene) == []


@pytest.mark.people("zendesk")
def test_an_answer_that_comes_after_the_end_reaches_the_customer_and_takes_nothing(scene: Scene) -> None:
    handed_over(scene)
    scene.happens(scene.people.takes())
    late, done = scene.people.answer("Goodbye!"), scene.people.solves()
    scene.happens(done)
    scene.happens(late)
    assert [text for _, text in answers(scene)] == ["Goodbye!"]
    assert writes(scene, "hello")  # the bot has it


@pytest.mark.people("zendesk")
def test_an_end_that_comes_after_a_new_beginning_ends_nothing(scene: Scene) -> None:
    handed_over(scene)
    late = scene.people.solves()
    scene.happens(scene.people.takes())
    scene.happens(late)
    assert not writes(scene, "hello")


@pytest.mark.people("webhook")
def test_a_repeat_carries_the_same_id(scene: Scene) -> None:
    handed_over(scene)
    scene.people.desk.faults = ["lost"]
    writes(scene, "once")
    scene.push()
    scene.push_later(10)
    assert sum("once" in text for text in scene.people.seen()) == 1
    assert sum(sent.data.get("text") == "once" for sent in scene.people.desk.sent) == 2


@pytest.mark.parametrize("people", ["webhook", "slack", "chatwoot"], indirect=True)
def test_an_old_signature_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over(scene)
    now = time.time()
    monkeypatch.setattr("tests.helpdesks.desk_people.time.time", lambda: now - 301)
    request = scene.people.answer("replayed")
    monkeypatch.undo()
    assert scene.send(request).status_code == 401


@pytest.mark.people("webhook")
@pytest.mark.parametrize("body", [b"[]", b"{", b'{"event": "answer"}', b"\xff", b"[" * 30_000])
def test_nonsense_with_a_signature_is_taken_and_counted(scene: Scene, body: bytes) -> None:
    from bot.connectors.webhook_desk.deliver import signature

    header = signature(b"webhook-secret-0123456789", int(time.time()), body)
    answer = scene.send(({"refund-desk-signature": header, "content-type": "application/json"}, body))
    assert answer.status_code == 200
    with scene.services.reading() as uow:
        (unread,) = uow.unread_events.since(scene.services.clock())
    assert (unread.source, unread.number) == ("webhook", 1)


@pytest.mark.people("webhook")
def test_too_much_is_refused(scene: Scene) -> None:
    assert scene.send(({"content-type": "application/json"}, b" " * 70_000)).status_code == 413


@pytest.mark.people("webhook")
def test_a_customer_can_not_occupy_the_name_of_an_answer(scene: Scene) -> None:
    from bot.cases.customer.inbox import receive

    handed_over(scene)
    for name in ("m1", "webhook:m1"):
        receive(scene.services, "talk", name, {"text": "mine"})
    scene.happens(scene.people.answer("I am here"))
    assert [text for _, text in answers(scene)] == ["I am here"]


@pytest.mark.people("webhook")
def test_somebody_who_is_faster_than_we_are_is_heard(scene: Scene) -> None:
    desk, people = scene.people.desk, scene.people
    answer = desk.answer

    def slow(sent: Any) -> Any:
        reply = answer(sent)
        request = people.answer("Right away!")
        threading.Thread(target=scene.send, args=(request,)).start()
        time.sleep(0.5)
        return reply

    desk.answer = slow
    handed_over(scene)
    desk.answer = answer
    end = time.monotonic() + 5
    while not answers(scene) and time.monotonic() < end:
        time.sleep(0.05)
    assert [text for _, text in answers(scene)] == ["Right away!"]


@pytest.mark.people("slack")
def test_slack_passes_on_only_what_whoever_claimed_it_says(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    scene.happens(people.message("nobody has claimed it"))
    scene.happens(people.takes())
    scene.happens(people.message("a colleague asks", user="U3LEE"))
    scene.happens(people.message("// to the colleague\nto the customer: <https://x.example|here> &amp; now"))
    scene.happens(people.message("elsewhere", channel="C0OTHER"))
    scene.happens(people.message("not in the thread", thread_ts=None))
    scene.happens(people.message("edited", subtype="message_changed"))
    scene.happens(people.message("a bot", bot_id="B1"))
    assert [text for _, text in answers(scene)] == ["to the customer: here & now"]
    scene.happens(people.press("refund_desk_claim", user="U3LEE"))  # takes over
    scene.happens(people.message("now me", user="U3LEE"))
    assert answers(scene)[-1][1] == "now me"


@pytest.mark.people("slack")
def test_slack_asks_whether_we_are_there(scene: Scene) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    assert scene.send(scene.people.signed("application/json", body)).json() == {"challenge": "abc"}


@pytest.mark.people("slack")
def test_slack_mentions_nobody_in_a_customer_s_name(scene: Scene) -> None:
    handed_over(scene)
    writes(scene, "<!channel> <@U2DANA> urgent")
    scene.push()
    assert "&lt;!channel&gt; &lt;@U2DANA&gt; urgent" in scene.people.seen()[-1]


@pytest.mark.people("freshdesk")
def test_freshdesk_notes_and_customers_are_no_answers(scene: Scene) -> None:
    handed_over(scene)
    desk, number = scene.people.desk, scene.people.number
    desk.say(number, 43, "between us", private=True)
    desk.say(number, 99, "a requester", private=False, incoming=True)
    desk.say(number, 43, "for the customer", private=False)
    scene.happens(scene.people.poke())
    assert answers(scene) == [("Dana Fresh", "for the customer")]


@pytest.mark.people("freshdesk")
def test_freshdesk_is_read_again_when_it_was_down(scene: Scene) -> None:
    handed_over(scene)
    request = scene.people.answer("I am back")
    scene.people.desk.faults = [(503, None)]
    scene.happens(request)
    assert answers(scene) == []
    scene.push_later(10)
    assert [text for _, text in answers(scene)] == ["I am back"]


@pytest.mark.people("freshdesk")
def test_freshdesk_s_many_replies_are_all_read(scene: Scene) -> None:
    handed_over(scene)
    for number in range(45):
        scene.people.desk.say(scene.people.number, 43, f"line {number}", private=False)
    scene.happens(scene.people.poke())
    assert [text for _, text in answers(scene)] == [f"line {number}" for number in range(45)]


@pytest.mark.people("chatwoot")
def test_chatwoot_opens_one_conversation_though_an_answer_is_lost(scene: Scene) -> None:
    desk = scene.people.desk
    desk.faults = ["lost"]
    with pytest.raises(AssertionError):
        handed_over(scene)
    desk.faults = ["", "", "", "lost"]  # the contact is found; the conversation is made, and that is lost
    scene.push_later(10)
    scene.push_later(10)
    assert len(desk.contacts) == len(desk.conversations) == 1


@pytest.mark.people("chatwoot")
def test_chatwoot_echoes_and_notes_are_no_answers(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    dana = {"id": 5, "name": "Dana", "type": "user"}
    bot = {"id": 1, "name": "Refund Desk", "type": "agent_bot"}
    scene.happens(people.message(people.number, 1, "echo of the customer"))
    scene.happens(people.message(people.number, 2, "echo of the bot", message_type="outgoing", sender=bot))
    scene.happens(people.message(people.number, 3, "note", message_type="outgoing", sender=dana, private=True))
    scene.happens(people.message(people.number, 4, "assigned", message_type="activity", sender=None))
    assert answers(scene) == []


@pytest.mark.people("email")
def test_only_what_stands_above_the_quote_reaches_the_customer(scene: Scene) -> None:
    handed_over(scene)
    scene.happens(scene.people.mail("First line.\n\nSecond line."))
    assert [text for _, text in answers(scene)] == ["First line.\n\nSecond line."]
    scene.happens(scene.people.mail(f"As I said.\n\n{mark()}\n\nA note that the customer is not to see."))
    assert answers(scene)[-1][1] == "As I said."
    scene.happens(scene.people.mail("Bye.\n#solved"))
    assert answers(scene)[-1][1] == "Bye."
    assert writes(scene, "thanks")


@pytest.mark.people("email")
def test_a_mail_with_another_proof_is_of_no_case(scene: Scene) -> None:
    handed_over(scene)
    headers, body = scene.people.mail("I am not Dana")
    proof = str(scene.people.box.mails[-1]["Reply-To"]).partition(".")[2].partition("@")[0].encode()
    assert proof in body
    scene.happens((headers, body.replace(proof, proof[::-1])))
    assert answers(scene) == []


@pytest.mark.people("webhook")
def test_a_refusal_is_told_at_our_own_desk_at_once(scene: Scene) -> None:
    scene.people.desk.faults = [(400, {"error": "no"})] * 3
    with pytest.raises(AssertionError):
        handed_over(scene)
    scene.clock.passes(seconds=timedelta(minutes=15).total_seconds())
    scene.push()
    with scene.services.unit_of_work() as uow:
        case = uow.cases.open_question("talk")
        assert case is not None
        assert len(uow.notes.of_case(case.id)) == 1


@pytest.mark.people("webhook")
def test_the_check_tells_whether_it_answers(scene: Scene) -> None:
    desk = scene.services.helpdesk
    assert desk is not None
    assert "answers" in desk.check()
    scene.people.desk.faults = [(400, None)]
    with pytest.raises(DeskRejected):
        desk.check()
    scene.people.stop()
    with pytest.raises(HelpDeskError):
        desk.check()


def a_file(people: Any) -> Any:
    """Events in the shape of a real one: an agent sends a file, without words."""
    data = json.loads((CASES / "chatwoot-agent-sends-a-file.json").read_text())
    data["conversation"] |= {"id": people.number, "inbox_id": 3}
    return {**data, "created_at": people.at().isoformat()}


def system_words(scene: Scene) -> list[str]:
    """What the system has said to the customer of files."""
    return [message.text for message in said(scene.services) if "sent a file" in message.text]


@pytest.mark.people("chatwoot")
def test_chatwoot_an_agent_s_file_is_told_to_both(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    event = people.event("message_created", a_file(people))
    scene.happens(event)
    scene.happens(event)
    scene.push_later(1)
    (told,) = system_words(scene)
    assert told.startswith("Ann Agent sent a file.")
    notes = [m for m in people.desk.conversations[people.number]["messages"] if m.get("private")]
    assert sum(told in note["content"] for note in notes) == 1
    assert answers(scene) == [] and not writes(scene, "what file?")  # she has it: the bot is silent
    scene.happens(people.event("message_created", {**a_file(people), "id": 901, "content": "Here it is."}))
    assert [text for _, text in answers(scene)] == ["Here it is."] and len(system_words(scene)) == 2


@pytest.mark.people("slack")
def test_slack_an_agent_s_file_is_told(scene: Scene) -> None:
    handed_over(scene)
    scene.happens(scene.people.takes())
    scene.happens(scene.people.message("the form", subtype="file_share", files=[{"id": "F1"}]))
    assert [text for _, text in answers(scene)] == ["the form"] and len(system_words(scene)) == 1


@pytest.mark.people("freshdesk")
def test_freshdesk_an_agent_s_file_is_told_once(scene: Scene) -> None:
    handed_over(scene)
    desk, number = scene.people.desk, scene.people.number
    desk.say(number, 43, "", private=False)
    desk.said[number][-1]["attachments"] = [{"id": 1, "name": "form.pdf"}]
    scene.happens(scene.people.poke())
    scene.happens(scene.people.poke())
    assert answers(scene) == [] and len(system_words(scene)) == 1


@pytest.mark.people("chatwoot")
@pytest.mark.parametrize(
    ("content_type", "attributes"),
    [
        ("input_csat", {"submitted_values": {"csat_survey_response": {"rating": 5, "feedback_message": "Yes"}}}),
        ("form", {"submitted_values": [{"name": "order", "value": "CC-700001"}]}),
        ("input_email", {"submitted_email": "alex@example.com"}),
        ("cards", {"items": [{"title": "x"}]}),
        ("article", {}),
    ],
)
def test_chatwoot_ratings_and_forms_are_no_words(scene: Scene, content_type: str, attributes: Any) -> None:
    people = scene.people
    people.desk.add(70, inbox=9)
    for kind in ("message_created", "message_updated"):
        sender = {"id": 5, "name": "Dana", "type": "user"}
        request = people.message(
            70, 8, "Please rate us", event=kind, message_type="template", content_type=content_type,
            content_attributes=attributes, sender=None if content_type == "input_csat" else sender,
        )  # fmt: skip
        assert scene.send(request).status_code == 200
    with scene.services.reading() as uow:
        assert uow.unread_events.since(scene.services.clock()) == []
        assert uow.messages.of_conversation(open_account(scene.services, "chatwoot", account_of("70")).id) == []


@pytest.mark.people("chatwoot")
def test_chatwoot_a_mail_that_is_in_its_event_twice_is_taken(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    mail = {"email": {"html_content": {"full": "x" * 400_000}, "text_content": {"full": "x" * 400_000}}}
    sender = {"id": 5, "name": "Dana Woot", "type": "user"}
    scene.happens(
        people.message(people.number, 31, "Hi", message_type="outgoing", sender=sender, content_attributes=mail)
    )
    assert [text for _, text in answers(scene)] == ["Hi"]
    headers, _ = people.event("contact_updated", {"id": 4})
    assert scene.send((headers, b" " * (1024 * 1024 + 1))).status_code == 413


@pytest.mark.people("chatwoot")
def test_chatwoot_our_own_words_are_known_by_their_id_whoever_s_they_are(scene: Scene) -> None:
    """With a person's token, what we say comes back as that person's."""
    people, services = scene.people, scene.services
    people.desk.add(71, inbox=9)
    talk = open_account(services, "chatwoot", account_of("71")).id
    set_reply_address(services, talk, {"conversation": "71", "can_choose": False})
    with services.unit_of_work() as uow:
        say_to(uow, services, talk, Author.SYSTEM, {"text": "We are on it."})
        uow.commit()
    (courier,) = couriers(scene.settings)
    assert deliver_due(services, courier, attempts=3) == 1
    number = people.desk.newest_message
    a_question(services, talk)
    scene.push()
    dana = {"id": 5, "name": "Dana Woot", "type": "user"}
    scene.happens(people.message(71, number, "We are on it.", message_type="outgoing", sender=dana))
    assert [m.text for m in said(services, talk) if m.author is Author.AGENT] == []
    scene.happens(people.message(71, number + 500, "I am on it.", message_type="outgoing", sender=dana))
    assert [m.text for m in said(services, talk) if m.author is Author.AGENT] == ["I am on it."]


@pytest.mark.people("chatwoot")
def test_chatwoot_a_conversation_that_a_bot_has_is_nobody_s(scene: Scene) -> None:
    handed_over(scene)
    people = scene.people
    people.becomes("open")
    for meta in ({"assignee": {"id": 9, "name": "Bot"}, "assignee_type": "AgentBot"}, {"assignee": None}):
        scene.happens(people.event("conversation_opened", {**people.conversation(), "meta": meta}))
        assert writes(scene, "hello?")  # the bot answers
    meta = {"assignee": {"id": 5, "name": "Dana"}, "assignee_type": "User"}
    scene.happens(people.event("conversation_opened", {**people.conversation(), "meta": meta}))
    assert not writes(scene, "hello?")

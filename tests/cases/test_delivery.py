"""What is said to customers is brought in order, again where it was not taken, and in the end by a person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cases.conversation.choices import Choice, Rates, Says, Stale, choices_of, chosen, shown_until
from bot.cases.conversation.conversations import open_account
from bot.cases.conversation.messages import exchange, history, say
from bot.cases.model import Author, Message, MessageKind
from bot.cases.outbound.delivery import (
    RETRY,
    Undeliverable,
    Undelivered,
    deliver_due,
    report_failure,
    set_reply_address,
)
from bot.cases.outbound.outgoing import Outgoing, absolute, as_text, outgoing, shortened, split
from bot.cases.services import Services
from tests.store_builders import Clock


class Post:
    """A courier whose provider does as it is told."""

    channel = "post"

    def __init__(self) -> None:
        self.brought: list[tuple[str, str]] = []
        self.wrong: list[Exception | Callable[[], None]] = []
        self.is_told_later = False
        self.asked = 0

    def parts(self, what: Outgoing, address: dict[str, Any]) -> list[str]:
        return what.text.split("|")

    def send(self, address: dict[str, Any], part: Any) -> str | None:
        self.asked += 1
        wrong = self.wrong.pop(0) if self.wrong else None
        if isinstance(wrong, Exception):
            raise wrong
        if wrong is not None:
            wrong()
        self.brought.append((address["to"], part))
        return f"post {len(self.brought)}" if self.is_told_later else None

    def check(self) -> None:
        pass


@pytest.fixture
def post() -> Post:
    return Post()


def a_talk(services: Services, who: str = "alex", channel: str = "post") -> str:
    talk = open_account(services, channel, who).id
    set_reply_address(services, talk, {"to": who})
    return talk


def says(services: Services, talk: str, *texts: str, **more: Any) -> None:
    with services.unit_of_work() as uow:
        for text in texts:
            say(uow, services, talk, Author.BOT, {"text": text, **more})
        uow.commit()


def busy(**more: float) -> Undelivered:
    return Undelivered("busy", system="post", **more)


def all_due(services: Services, post: Post, attempts: int = 3) -> int:
    """Bring what is due; how many parts the provider was asked to take."""
    before = post.asked
    while deliver_due(services, post, attempts=attempts):
        pass
    return post.asked - before


def test_messages_are_brought_in_order_and_once(services: Services, post: Post) -> None:
    alex, kim, web = a_talk(services), a_talk(services, "kim"), a_talk(services, "web", "web")
    says(services, alex, "1", "2", "3")
    says(services, kim, "one")
    says(services, web, "not here")
    assert all_due(services, post) == 4
    assert [text for who, text in post.brought if who == "alex"] == ["1", "2", "3"]
    assert ("kim", "one") in post.brought and len(post.brought) == 4
    assert all_due(services, post) == 0


def test_one_that_waits_holds_up_those_behind_it_and_nobody_else(services: Services, post: Post, clock: Clock) -> None:
    alex, kim = a_talk(services), a_talk(services, "kim")
    says(services, alex, "1", "2")
    says(services, kim, "one")
    post.wrong = [busy()]
    all_due(services, post)
    assert post.brought == [("kim", "one")]
    clock.passes(seconds=2)
    all_due(services, post)
    assert post.brought[1:] == [("alex", "1"), ("alex", "2")]


def test_the_pauses_grow_and_then_a_person_has_it(services: Services, post: Post, clock: Clock) -> None:
    talk = a_talk(services)
    says(services, talk, "1", "2")
    post.wrong = [busy(), RuntimeError("a fault of ours"), busy()]
    all_due(services, post)
    for pause in (2, 4):
        clock.passes(seconds=pause - 0.5)
        assert all_due(services, post) == 0
        clock.passes(seconds=0.5)
        assert all_due(services, post) == 1
    assert all_due(services, post) == 1, "nothing holds up the second any more"
    assert post.brought == [("alex", "2")]
    with services.unit_of_work() as uow:
        case = uow.cases.open_question(talk)
        assert case is not None
        handoff = uow.handoffs.of_case(case.id)
        log = uow.messages.of_conversation(talk)
    assert handoff is not None and handoff.facts["channel"] == "post" and handoff.facts["attempts"] == 3
    assert log[0].failed_at is not None and log[0].delivered_at is None and log[1].delivered_at is not None


def test_a_refusal_is_a_handoff_at_once(services: Services, post: Post) -> None:
    talk = a_talk(services)
    says(services, talk, "1")
    post.wrong = [Undeliverable("refused", system="post", word="131047")]
    all_due(services, post)
    with services.unit_of_work() as uow:
        case = uow.cases.open_question(talk)
        assert case is not None and (handoff := uow.handoffs.of_case(case.id)) is not None
    assert handoff.facts["error"] == "post refused: 131047"


def test_to_be_asked_to_wait_is_no_failed_attempt(services: Services, post: Post, clock: Clock) -> None:
    says(services, a_talk(services), "1")
    post.wrong = [busy(retry_after=30) for _ in range(9)]
    for _ in range(9):
        assert all_due(services, post) == 1
        clock.passes(seconds=29)
        assert all_due(services, post) == 0
        clock.passes(seconds=1)
    post.wrong = [busy(), busy()]
    for pause in (2, 4):
        assert all_due(services, post) == 1
        clock.passes(seconds=pause)
    all_due(services, post)
    assert post.brought == [("alex", "1")]


def test_who_is_always_asked_to_wait_gives_up_after_a_day(services: Services, post: Post, clock: Clock) -> None:
    talk = a_talk(services)
    says(services, talk, "1")
    post.wrong = [busy(retry_after=3600) for _ in range(99)]
    for _ in range(26):
        all_due(services, post)
        clock.passes(hours=1)
    assert history(services, talk)[0].failed_at is not None


def test_parts_that_were_taken_are_not_sent_again(services: Services, post: Post, clock: Clock) -> None:
    says(services, a_talk(services), "a|b|c")
    fine: Callable[[], None] = lambda: None  # noqa: E731
    post.wrong = [fine, busy(), fine, busy()]
    for _ in range(3):
        all_due(services, post)
        clock.passes(seconds=5)
    assert [text for _, text in post.brought] == ["a", "b", "c"]


def test_what_was_taken_and_not_brought_is_a_handoff_and_can_be_forgotten(services: Services, post: Post) -> None:
    post.is_told_later = True
    talk = a_talk(services)
    says(services, talk, "a|b", "c")
    all_due(services, post)
    report_failure(services, "another", "post 2", "could not: 30003")
    report_failure(services, "post", "post 9", "could not: 30003")
    with services.unit_of_work() as uow:
        assert uow.cases.open_question(talk) is None
    for _ in range(2):
        report_failure(services, "post", "post 2", "could not: 30003")
    with services.unit_of_work() as uow:
        case = uow.cases.open_question(talk)
        assert case is not None and (handoff := uow.handoffs.of_case(case.id)) is not None
        assert handoff.facts["error"] == "could not: 30003" and handoff.facts["message"] == 1
        first, second = uow.messages.of_conversation(talk)[:2]
        assert first.failed_at is not None and first.delivered_at is None
        assert second.failed_at is None and second.delivered_at is not None
        assert uow.messages.due("post", services.clock()) == []
        uow.personal.erase_conversations([talk])
        uow.commit()
        assert uow.messages.of_conversation(talk) == []


def test_a_part_that_failed_meanwhile_leaves_the_message_undelivered(services: Services, post: Post) -> None:
    post.is_told_later = True
    talk = a_talk(services)
    says(services, talk, "a|b")
    post.wrong = [lambda: None, lambda: report_failure(services, "post", "post 1", "could not: 30003")]
    all_due(services, post)
    (message,) = history(services, talk)[:1]
    assert message.failed_at is not None and message.delivered_at is None


def test_two_workers_bring_a_message_once(services: Services, post: Post) -> None:
    says(services, a_talk(services), "1")
    other = threading.Thread(target=all_due, args=(services, post))

    def both() -> None:
        other.start()
        other.join(10)

    post.wrong = [both]
    all_due(services, post)
    assert post.brought == [("alex", "1")]


def test_what_a_worker_had_in_hand_when_it_died_comes_after_its_lease(
    services: Services, post: Post, clock: Clock
) -> None:
    says(services, a_talk(services), "1")
    with services.unit_of_work() as uow:
        (message,) = uow.messages.due("post", services.clock())
        assert uow.messages.claim(message.id, services.clock(), services.clock() + RETRY.lease) is not None
        uow.commit()
    assert all_due(services, post) == 0
    clock.passes(seconds=RETRY.lease.total_seconds())
    assert all_due(services, post) == 1


def test_without_an_address_a_person_has_it(services: Services, post: Post) -> None:
    talk = open_account(services, "post", "nobody").id
    says(services, talk, "1")
    all_due(services, post)
    with services.unit_of_work() as uow:
        assert uow.cases.open_question(talk) is not None and post.brought == []


def test_an_address_is_sealed_and_goes_with_the_conversation(services: Services) -> None:
    talk = a_talk(services, "+12125550100")
    with services.unit_of_work() as uow:
        found = uow.conversations.find(talk)
        assert found is not None and "2125550100" not in repr(vars(found))
        assert uow.conversations.reply_address(talk) == {"to": "+12125550100"}
        uow.personal.erase_conversations([talk])
        uow.commit()
        assert uow.conversations.reply_address(talk) is None


# What is chosen

BUTTONS = [{"title": "Confirm", "payload": "/affirm"}, {"title": "No, thanks", "payload": "/deny"}]


def a_log(services: Services, *bodies: dict[str, Any], delivered: bool = True) -> list[Message]:
    talk = a_talk(services)
    with services.unit_of_work() as uow:
        for body in bodies:
            message = say(uow, services, talk, Author.BOT, body)
            if delivered:
                uow.messages.change(message.id, delivered_at=services.clock())
        uow.commit()
    return history(services, talk)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1", "/affirm"),
        (" 2. ", "/deny"),
        ("2)", "/deny"),
        ("confirm", "/affirm"),
        ("NO, thanks!", "/deny"),
        ("3", "3"),
        ("0", "0"),
        ("12", "12"),
        ("CC-104233", "CC-104233"),
        ("confirm it", "confirm it"),
        ("", ""),
    ],
)
def test_numbers_and_labels_are_choices_and_nothing_else_is(services: Services, typed: str, meant: str) -> None:
    log = a_log(services, {"text": "Shall I?", "buttons": BUTTONS})
    says_ = chosen(log, typed, None)
    assert isinstance(says_, Says) and says_.text == meant and (says_.title is None) == (meant == typed)


def test_without_buttons_a_number_is_a_number(services: Services) -> None:
    assert chosen(a_log(services, {"text": "How many?"}), "2", None) == Says("2")
    assert chosen([], "2", None) == Says("2")


def test_what_the_customer_has_not_got_can_not_be_chosen(services: Services) -> None:
    log = a_log(services, {"text": "Shall I?", "buttons": BUTTONS}, delivered=False)
    assert chosen(log, "1", None) == Says("1")
    assert chosen(log, "Confirm", f"{log[0].seq}.1") == Stale("Confirm")


def test_what_is_on_its_way_is_not_shown_yet_and_an_aside_is_nothing_to_wait_for(services: Services) -> None:
    aside = {"text": "no files", "aside": True}
    log = a_log(services, {"text": "hello"}, {"text": "Shall I?", "buttons": BUTTONS})
    assert (shown_until([]), shown_until(log)) == (0, 2)
    now = log[1].delivered_at
    assert now is not None
    assert shown_until(log, now) == 2 and shown_until(log, now - timedelta(minutes=1)) == 0
    assert shown_until([log[0], replace(log[1], delivered_at=None)]) == 1
    unsent = a_log(services, aside, delivered=False)
    assert shown_until(unsent) == unsent[-1].seq


def test_the_last_answer_counts_whole_and_asides_do_not(services: Services) -> None:
    asked, more, aside = (
        {"text": "?", "buttons": BUTTONS},
        {"text": "removed a card"},
        {"text": "no files", "aside": True},
    )
    assert chosen(a_log(services, asked, more), "1", None) == Says("/affirm", "Confirm")
    assert chosen(a_log(services, asked, aside), "1", None) == Says("/affirm", "Confirm")


def test_only_the_newest_question_is_answered(services: Services) -> None:
    log = a_log(services, {"text": "A?", "buttons": BUTTONS})
    talk, old = log[0].conversation_id, choices_of(log[0])[0]
    exchange(services, talk, "m1", {"text": "something else"}, [{"text": "B?", "buttons": BUTTONS}])
    log = history(services, talk)
    assert chosen(log, "Confirm", old.id) == Stale("Confirm")
    assert chosen(log, "Confirm", choices_of(log[-1])[0].id) == Says("/affirm", "Confirm")
    exchange(services, talk, "m2", {"text": "thanks"}, [{"text": "You're welcome."}])
    assert chosen(history(services, talk), "1", None) == Says("1")


@pytest.mark.parametrize("pressed", ["", "/affirm", "1", "1.0", "1.3", "99.1", "1.1x", "١.١"])
def test_what_no_button_of_ours_carries_is_nothing(services: Services, pressed: str) -> None:
    assert chosen(a_log(services, {"text": "?", "buttons": BUTTONS}), "yes", pressed) == Stale("yes")


def test_a_button_that_is_not_ours_counts_by_its_title_where_nothing_is_asked(services: Services) -> None:
    log = a_log(services, {"text": "Hello."})
    assert chosen(log, "Get Started", "GET_STARTED") == Says("Get Started")
    assert chosen(log, "", "GET_STARTED") == Stale("")
    assert chosen(log, "Confirm", "1.1") == Stale("Confirm")


def test_a_yes_from_before_the_question_does_not_answer_it(services: Services, clock: Clock) -> None:
    log = a_log(services, {"text": "?", "buttons": BUTTONS})
    at = services.clock()
    for typed in ("yes", "no", "1", "Confirm"):
        assert chosen(log, typed, None, at - timedelta(seconds=3)) == Stale(typed)
    assert chosen(log, "1", None, at) == Says("/affirm", "Confirm")
    assert chosen(log, "what is your policy?", None, at - timedelta(hours=1)) == Says("what is your policy?")


def test_a_digit_rates(services: Services) -> None:
    talk = a_talk(services)
    with services.unit_of_work() as uow:
        body = {"text": "How did we do?", "reference": "RD-ABC234"}
        asked = say(uow, services, talk, Author.SYSTEM, body, kind=MessageKind.RATING)
        uow.messages.change(asked.id, delivered_at=services.clock())
        uow.commit()
    log = history(services, talk)
    assert chosen(log, "4", None) == Rates("RD-ABC234", 4)
    assert chosen(log, "6", None) == Says("6")
    assert "from 1 (badly) to 5" in as_text(outgoing(log[0], ""), numbered=True)


# What is shown


def test_a_card_becomes_lines_with_whole_links(services: Services) -> None:
    card = {
        "title": "Your refund",
        "rows": [{"label": "Paid", "value": "$50.00"}],
        "clauses": [{"id": "R7", "url": "/policy#R7"}],
        "reference": "RD-ABC234",
        "receipt": "/receipts/x",
    }
    (message,) = a_log(services, {"text": "Done.", "card": card})
    assert as_text(outgoing(message, "https://desk.example"), numbered=True) == (
        "Done.\n\nYour refund\nPaid: $50.00\nReference: RD-ABC234\n"
        "Rule R7: https://desk.example/policy#R7\nReceipt: https://desk.example/receipts/x"
    )
    without = as_text(outgoing(message, ""), numbered=True)
    assert "/policy" not in without and "Receipt" not in without and "Rule R7" in without
    assert absolute("https://elsewhere.example", "https://desk.example") == "https://elsewhere.example"


def test_a_list_of_numbers_stands_for_buttons() -> None:
    what = Outgoing(1, "Shall I?", choices=(Choice("1.1", "Yes"), Choice("1.2", "No")))
    assert as_text(what, numbered=True) == "Shall I?\n\nPlease answer with a number:\n1. Yes\n2. No"
    assert as_text(what, numbered=False) == "Shall I?"


@pytest.mark.parametrize("limit", [10, 11, 40])
@pytest.mark.parametrize("text", ["x" * 95, "word " * 40, "😀" * 33, "a\nbb ccc\n\n" * 12, "é", ""])
def test_long_texts_are_cut_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece.encode("utf-16-le")) // 2 <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(pieces) or not text


def test_labels_are_shortened() -> None:
    assert shortened("Confirm", 20) == "Confirm"
    assert len(shortened("a" * 21, 20)) == 20 and shortened("a" * 21, 20).endswith("…")
    assert len(shortened("😀" * 20, 20).encode("utf-16-le")) // 2 <= 20

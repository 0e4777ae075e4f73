"""What a message is heard to say: details, corrections, several orders, and what "cancel" means."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from actions.details import Details, hear
from actions.notes import reason_buttons, reason_of
from actions.refund import _plan_choice
from actions.wishes import says_cancel, wants_both, wants_money_back, which_cancel
from bot.cases.model import CustomerReason
from bot.nlu.extraction import extract
from tests.actions.talks import a_talk

NOW = datetime(2026, 5, 6, tzinfo=timezone.utc)


def known(**changes: Any) -> Details:
    """A refund of which only the moment is known."""
    values: dict[str, Any] = {
        "order_number": None,
        "later_orders": (),
        "email": None,
        "reason": None,
        "reason_words": "",
        "destination": None,
        "plan": None,
        "requested_at": NOW,
        "answer": None,
        "unclear": 0,
    }
    return Details(**{**values, **changes})


def heard(text: str, before: Details, asked: str | None = "email", **changes: Any) -> Details:
    """The details after a message."""
    entities: dict[str, list[str]] = {}
    for item in extract(text):
        entities.setdefault(item.entity, []).append(item.value)
    talk = a_talk(text, entities=entities, requested=asked, **changes)
    return hear(talk, before, asked, frozenset({"refund"}), frozenset({"cancel"}))


def test_several_details_come_in_one_message_and_in_any_order() -> None:
    after = heard("a@b.net, wallet, CC-104233", known(), None)
    assert (after.order_number, after.email, after.destination) == ("CC-104233", "a@b.net", "wallet")
    assert after.heard == {"order_number", "email", "destination"}


@pytest.mark.parametrize(
    ("text", "number", "later"),
    [
        ("no wait, it's CC-104244", "CC-104244", ()),
        ("CC-104244", "CC-104244", ()),
        ("it is not CC-104233, it's CC-104244", "CC-104244", ()),
        ("I meant CC-104244, not CC-104233", "CC-104244", ()),
        ("and CC-104244 too", "CC-104233", ("CC-104244",)),
        ("also CC-104244 and CC-104255 please", "CC-104233", ("CC-104244", "CC-104255")),
        ("CC-104233 again", "CC-104233", ()),
        ("it's CC-104244, no wait, CC-104255", "CC-104255", ()),
    ],
)
def test_another_order_number_corrects_or_is_added(text: str, number: str, later: tuple[str, ...]) -> None:
    after = heard(text, known(order_number="CC-104233"))
    assert (after.order_number, after.later_orders) == (number, later)


def test_two_orders_at_once_are_taken_one_after_the_other() -> None:
    after = heard("refund CC-104233 and CC-104244", known(), None)
    assert (after.order_number, after.later_orders) == ("CC-104233", ("CC-104244",))


@pytest.mark.parametrize(
    ("text", "forgotten"),
    [("that's the wrong email", "email"), ("other e-mail", "email"), ("wrong order number, sorry", "order_number")],
)
def test_a_detail_that_is_only_called_wrong_is_forgotten(text: str, forgotten: str) -> None:
    after = heard(text, known(order_number="CC-104233", email="a@b.net"), "refund_destination")
    assert getattr(after, forgotten) is None and after.heard == {forgotten}


def test_the_wrong_product_is_a_reason_and_no_correction() -> None:
    before = known(order_number="CC-104233")
    wrong = {"intent": "report_problem", "detail": "wrong_product", "confidence": 0.9}
    after = heard("I got the wrong order number of minutes", before, "refund_reason", **wrong)
    assert after.order_number == "CC-104233" and after.reason is CustomerReason.WRONG_PRODUCT


@pytest.mark.parametrize("reason", list(CustomerReason))
def test_a_button_of_a_reason_gives_that_reason_whatever_is_understood(reason: CustomerReason) -> None:
    button = reason_buttons()[list(CustomerReason).index(reason)]
    assert reason_of(a_talk(button["title"]), "refund_reason") is reason
    assert reason_of(a_talk(button["title"].replace("'", "’")), "refund_reason") is reason
    if not button["payload"].startswith("/"):
        assert reason_of(a_talk(button["payload"]), "refund_reason") is reason


@pytest.mark.parametrize(("detail", "reason"), [("fault", "service_fault"), ("wrong_product", None), ("new", "other")])
def test_a_problem_is_the_reason_that_it_is_called_like(detail: str, reason: str | None) -> None:
    told = {"intent": "report_problem", "detail": detail, "confidence": 0.95}
    assert reason_of(a_talk(**told), "refund_reason") is CustomerReason(reason or detail)


def test_a_reason_that_nobody_asked_for_must_be_unmistakable() -> None:
    faint = {"intent": "change_of_mind", "confidence": 0.5}
    assert heard("I used a@b.net", known(), "email", **faint).reason is None
    assert heard("I used it no more", known(), "refund_reason", **faint).reason is CustomerReason.CHANGE_OF_MIND
    assert heard("I changed my mind", known(), None, intent="change_of_mind", confidence=0.9).reason is not None


def test_two_reasons_are_a_persons_to_read() -> None:
    parts = [{"name": "change_of_mind", "detail": None}, {"name": "report_problem", "detail": "fault"}]
    talk = a_talk("I changed my mind, it is broken", parts=parts)
    assert reason_of(talk, "refund_reason") is CustomerReason.OTHER
    assert reason_of(talk) is None, "nobody asked yet: it is asked for"


def test_a_question_about_a_destination_chooses_none() -> None:
    asks = {"intent": "ask_policy", "confidence": 0.9}
    assert heard("can I get it on my wallet?", known(), "refund_reason", **asks).destination is None
    assert heard("can I get it on my wallet?", known(), "refund_destination", **asks).destination == "wallet"


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("original", "original_payment_method"),
        ("my card", "original_payment_method"),
        ("the store one", "wallet"),
        ("no card", None),
        ("store or bank", None),
        ("what is the original one", None),
    ],
)
def test_fewer_words_name_a_destination_once_it_is_asked_for(text: str, destination: str | None) -> None:
    assert heard(text, known(), "refund_destination").destination == destination
    assert heard(text, known(), "email").destination is None


def test_a_misspelt_destination_corrects_the_quote() -> None:
    before = known(destination="original_payment_method")
    assert heard("put it in my wlalet", before, "answer").destination == "original_payment_method"
    talk = a_talk("put it in my wallet", said="put it in my wlalet", requested="answer")
    assert hear(talk, before, "answer", frozenset(), frozenset()).destination == "wallet"


@pytest.mark.parametrize("text", ["cancel", "Cancel!", "please cancel", "cancel it please", "I want to cancel"])
def test_a_bare_cancel(text: str) -> None:
    assert says_cancel(a_talk(text))
    assert not says_cancel(a_talk(f"{text} my plan"))


@pytest.mark.parametrize(
    ("text", "in_cancel", "in_refund"),
    [
        ("the service", "here", "to_cancel"),
        ("my plan", "here", "to_cancel"),
        ("CC-104233", "here", "to_cancel"),
        ("the request", "to_withdraw", "stop"),
        ("just this chat", "stop", "stop"),
        ("nothing", "stop", "stop"),
        ("hm", None, None),
        ("cancel", None, None),
    ],
)
def test_what_a_bare_cancel_meant(text: str, in_cancel: str | None, in_refund: str | None) -> None:
    entities = {"order_number": ["CC-104233"]} if text.startswith("CC") else {}
    assert which_cancel(a_talk(text, entities=entities), "cancel") == in_cancel
    assert which_cancel(a_talk(text, entities=entities), "refund") == in_refund


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("cancel it and refund me", True),
        ("end my plan, I want my money back", True),
        ("cancel my refund request", False),
        ("forget the refund, cancel my service", False),
        ("can I get a refund if I cancel", False),
        ("I don't want a refund, just cancel", False),
        ("refund me", False),
    ],
)
def test_who_wants_both(text: str, both: bool) -> None:
    assert wants_both(a_talk(text)) is both
    assert not wants_both(a_talk(text, intent="ask_policy"))


@pytest.mark.parametrize(
    ("text", "wants"),
    [("it's broken, refund me", True), ("I don't want a refund", False), ("I was already refunded", False)],
)
def test_who_wants_the_money_back(text: str, wants: bool) -> None:
    assert wants_money_back(a_talk(text)) is wants


@pytest.mark.parametrize(
    ("text", "intent", "choice"),
    [
        ("the refund", "request_refund", "refund"),
        ("Refund first, then cancel", "ask_policy", "refund"),
        ("only cancel", "cancel_service", "cancel"),
        ("both", "affirm", "refund"),
        ("not sure", "deny", None),
        ("how many days do I have to ask for a refund", "ask_policy", None),
        ("can you cancel or refund", "request_refund", None),
    ],
)
def test_the_choice_between_refund_and_cancellation(text: str, intent: str, choice: str | None) -> None:
    assert _plan_choice(a_talk(text, intent=intent)) == choice

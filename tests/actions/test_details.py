"""What a message is heard to say: details, corrections, several orders, and what "cancel" means."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from actions.replies import reason_buttons
from bot.cases.model import CustomerReason
from bot.dialogue.answers import which_cancel, which_first
from bot.dialogue.commands import Kind
from bot.dialogue.heard import Part
from bot.dialogue.state import State
from bot.dialogue.wishes import wants_both, wants_money_back
from bot.language.pack import language_pack
from tests.actions.talks import a_message, after, given, meant

NOW = datetime(2026, 5, 6, tzinfo=timezone.utc)
PACK = language_pack()


def known(asked: str | None = None, **changes: Any) -> State:
    """A refund, and what was asked last."""
    return State(task="refund", asked=asked, refund_requested_at=NOW, **changes)


def reason_of(text: str, asked: str | None = "refund_reason", **understood: Any) -> str | None:
    """The reason that a message gives."""
    return given(meant(text, known(asked), **understood)).get("reason")


def destination_of(text: str, asked: str | None, **understood: Any) -> str | None:
    """Where the money shall go by a message."""
    return given(meant(text, known(asked), **understood)).get("destination")


def test_several_details_come_in_one_message_and_in_any_order() -> None:
    told = after("a@b.net, wallet, CC-104233", State())
    assert (told.order_number, told.email, told.destination) == ("CC-104233", "a@b.net", "wallet")
    assert told.reason is None and told.phone is None


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
    told = after(text, known("email", order_number="CC-104233"))
    assert (told.order_number, told.later_orders) == (number, later)


def test_two_orders_at_once_are_taken_one_after_the_other() -> None:
    told = after("refund CC-104233 and CC-104244", State(), intent="request_refund")
    assert (told.order_number, told.later_orders) == ("CC-104233", ("CC-104244",))


@pytest.mark.parametrize(
    ("text", "forgotten"),
    [("that's the wrong email", "email"), ("other e-mail", "email"), ("wrong order number, sorry", "order_number")],
)
def test_a_detail_that_is_only_called_wrong_is_forgotten(text: str, forgotten: str) -> None:
    before = known("refund_destination", order_number="CC-104233", email="a@b.net")
    (command,) = meant(text, before)
    assert (command.kind, command.name) == (Kind.CORRECT, forgotten)
    assert after(text, before) == replace(before, **{forgotten: None})


def test_the_wrong_product_is_a_reason_and_no_correction() -> None:
    wrong = {"intent": "report_problem", "detail": "wrong_product", "confidence": 0.9}
    before = known("refund_reason", order_number="CC-104233")
    told = after("I got the wrong order number of minutes", before, **wrong)
    assert told.order_number == "CC-104233" and told.reason is CustomerReason.WRONG_PRODUCT


@pytest.mark.parametrize("reason", list(CustomerReason))
def test_a_button_of_a_reason_gives_that_reason_whatever_is_understood(reason: CustomerReason) -> None:
    button = reason_buttons()[list(CustomerReason).index(reason)]
    assert reason_of(button["title"]) == reason.value
    assert reason_of(button["title"].replace("'", "’")) == reason.value
    assert reason_of(button["payload"]) == reason.value


@pytest.mark.parametrize(("detail", "reason"), [("fault", "service_fault"), ("wrong_product", None), ("new", "other")])
def test_a_problem_is_the_reason_that_it_is_called_like(detail: str, reason: str | None) -> None:
    told = {"intent": "report_problem", "detail": detail, "confidence": 0.95}
    assert reason_of("so it is", **told) == (reason or detail)


def test_a_reason_that_nobody_asked_for_must_be_unmistakable() -> None:
    faint = {"intent": "change_of_mind", "confidence": 0.5}
    assert reason_of("I used a@b.net", "email", **faint) is None
    assert reason_of("I used it no more", **faint) == "change_of_mind"
    assert reason_of("I changed my mind", None, intent="change_of_mind", confidence=0.9) == "change_of_mind"


def test_two_reasons_are_a_persons_to_read() -> None:
    parts = (Part("change_of_mind"), Part("report_problem", "fault"))
    assert reason_of("I changed my mind, it is broken", parts=parts) == "other"
    assert reason_of("I changed my mind, it is broken", None, parts=parts) is None, "nobody asked yet: it is asked for"


def test_a_question_about_a_destination_chooses_none() -> None:
    asks = {"intent": "ask_policy", "confidence": 0.9}
    assert destination_of("can I get it on my wallet?", "refund_reason", **asks) is None
    assert destination_of("can I get it on my wallet?", "refund_destination", **asks) == "wallet"


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
    assert destination_of(text, "refund_destination") == destination
    assert destination_of(text, "email") is None


def test_a_misspelt_destination_corrects_the_quote() -> None:
    before = known("answer", destination="original_payment_method")
    assert after("put it in my wallet", before, said="put it in my wlalet").destination == "wallet"


@pytest.mark.parametrize("text", ["cancel", "Cancel!", "please cancel", "cancel it please", "I want to cancel"])
def test_a_bare_cancel(text: str) -> None:
    assert PACK.says("bare_cancel", text)
    assert not PACK.says("bare_cancel", f"{text} my plan")


@pytest.mark.parametrize(
    ("text", "in_cancel", "in_refund"),
    [
        ("the service", "here", "cancel"),
        ("my plan", "here", "cancel"),
        ("CC-104233", "here", "cancel"),
        ("the request", "withdraw", "stop"),
        ("just this chat", "stop", "stop"),
        ("nothing", "stop", "stop"),
        ("hm", None, None),
        ("cancel", None, None),
    ],
)
def test_what_a_bare_cancel_meant(text: str, in_cancel: str | None, in_refund: str | None) -> None:
    assert which_cancel(a_message(text), "cancel", PACK) == in_cancel
    assert which_cancel(a_message(text), "refund", PACK) == in_refund


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
    assert wants_both(a_message(text), PACK) is both
    assert not wants_both(a_message(text, intent="ask_policy"), PACK)


@pytest.mark.parametrize(
    ("text", "wants"),
    [("it's broken, refund me", True), ("I don't want a refund", False), ("I was already refunded", False)],
)
def test_who_wants_the_money_back(text: str, wants: bool) -> None:
    assert wants_money_back(a_message(text), PACK) is wants


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
    assert which_first(a_message(text, intent=intent), PACK) == choice

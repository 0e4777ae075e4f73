"""What the customer is told while and after a confirmed case is carried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from actions.session import StartSession
from bot.cases.customer.quotes import confirm, quote_cancellation, quote_refund
from bot.cases.model import CaseState, CustomerReason
from bot.cases.payout.execution import carry_out_due
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.actions.talks import WISH, run, said, serve_by, turn
from tests.actions.test_turns import order_of_days_ago, quoted
from tests.cases.gateways import FaultyGateway
from tests.cases.test_quotes import case_file, changed_order
from tests.store_builders import PLAN


@pytest.fixture
def faulty(desk: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyGateway]:
    """The gateway of the actions' services, with no time to take anything back."""
    gateway = FaultyGateway(desk.gateway)
    serve_by(monkeypatch, replace(desk, gateway=gateway, take_back_minutes=0))
    yield gateway


def refund_quoted(desk: Services) -> dict[str, Any]:
    """The slots of a customer who was shown a refund."""
    order_of_days_ago(desk)
    quote = quote_refund(
        desk,
        conversation_id="talk",
        order_number="CC-104233",
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="changed my mind",
        destination=Destination.WALLET,
        requested_at=desk.clock(),
        transcript=[],
    )
    return {**quoted(quote), "refund_reason": "change_of_mind", "refund_destination": "wallet"}


def cancellation_quoted(desk: Services) -> dict[str, Any]:
    """The slots of a customer who was shown a cancellation."""
    order_of_days_ago(desk, **PLAN)
    quote = quote_cancellation(
        desk, conversation_id="talk", order_number="CC-104233", requested_at=desk.clock(), transcript=[]
    )
    return quoted(quote, "cancel")


def test_a_refund_that_was_paid_at_once_is_told_as_paid(desk: Services, faulty: FaultyGateway) -> None:
    messages, _ = turn(slots=refund_quoted(desk))
    assert said(messages) == ["utter_refund_paid"]
    assert messages[0]["words"].startswith("Done. Your refund of $44.00 went to your store wallet. Your reference is ")


def test_a_refund_that_waits_for_the_gateway_is_told_as_recorded(desk: Services, faulty: FaultyGateway) -> None:
    faulty.after["refund"] = [Unavailable("ledger_silent")]
    messages, _ = turn(slots=refund_quoted(desk))
    assert said(messages) == ["utter_refund_confirmed"]
    recorded, _, processed = messages[0]["words"].partition(". It goes to your store wallet and is processed by ")
    assert recorded.startswith("Done. Your refund of $44.00 is recorded under ")
    assert re.fullmatch(r"[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4}\.", processed)


def test_a_balance_that_changed_before_the_stop_is_shown_at_once(desk: Services, faulty: FaultyGateway) -> None:
    slots = refund_quoted(desk)
    faulty.meanwhile = lambda: changed_order(desk, remaining_balance=Decimal("31.50"))
    messages, after = turn(slots=slots)
    assert said(messages) == ["utter_balance_changed", "utter_refund_quote"]
    assert after["asked"] == "answer" and after["decision_id"] != slots["decision_id"]
    assert faulty.calls == ["stop_service", "balance"], "no money has moved"


def test_a_cancellation_without_an_answer_of_the_gateway_is_not_told_as_done(
    desk: Services, faulty: FaultyGateway
) -> None:
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    messages, _ = turn(slots=cancellation_quoted(desk))
    assert said(messages) == ["utter_cancel_recorded"]


def test_a_cancellation_that_the_gateway_refuses_is_with_a_person(desk: Services, faulty: FaultyGateway) -> None:
    faulty.before["stop_service"] = [Rejected("unknown_order")]
    messages, _ = turn(slots=cancellation_quoted(desk))
    assert said(messages) == ["utter_under_way"] and ", with a person, " in messages[0]["words"]


def a_renewed_quote(desk: Services, faulty: FaultyGateway) -> dict[str, Any]:
    """A refund that the worker had to quote anew while the customer was away."""
    slots = refund_quoted(desk)
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    turn(slots=slots)
    faulty.meanwhile = lambda: changed_order(desk, remaining_balance=Decimal("31.50"))
    (step,) = case_file(desk, slots["case_reference"]).steps
    with desk.unit_of_work() as uow:
        uow.outbox.change(step.id, next_at=desk.clock())
        uow.commit()
    while carry_out_due(replace(desk, gateway=faulty)):
        pass
    faulty.meanwhile = lambda: None
    assert case_file(desk, slots["case_reference"]).case.state is CaseState.QUOTED
    return slots


def test_someone_who_comes_back_hears_that_the_figures_changed_and_a_yes_shows_them(
    desk: Services, faulty: FaultyGateway
) -> None:
    a_renewed_quote(desk, faulty)
    assert run("hello", "check_request_status") == ["utter_cases", "utter_quote_renewed"]

    now = desk.clock().timestamp()
    told = {"event": "bot", "text": "…", "timestamp": now, "metadata": {"utter_action": "utter_quote_renewed"}}
    assert run("hello", "check_request_status", earlier=[told]) == ["utter_cases"], "not at every turn"
    asked = {"task": "cancel", "asked": "order_number"}
    assert "utter_quote_renewed" not in run("hello", "check_request_status", asked), "not into another question"

    messages, shown = turn("yes", responses=[["utter_quote_renewed"]], intent="affirm")
    assert said(messages) == ["utter_refund_quote"] and "you would get $27.72 back." in messages[0]["words"]
    assert " The card is stopped before the money is sent.\nShall I" in messages[0]["words"]
    messages, _ = turn("yes", slots=shown)
    assert said(messages) == ["utter_refund_paid"] and "Your refund of $27.72 went to" in messages[0]["words"]


def test_a_failure_after_the_yes_does_not_claim_that_nothing_was_done(
    desk: Services, faulty: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = refund_quoted(desk)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the connection broke after the commit")

    monkeypatch.setattr("actions.refund.confirmed_values", broken)
    assert run("yes", "affirm", slots) == ["utter_sorry_unsure"]
    assert case_file(desk, slots["case_reference"]).case.state is CaseState.DONE


def test_the_quote_of_a_plan_says_what_ends_and_when(desk: Services, faulty: FaultyGateway) -> None:
    order_of_days_ago(desk, **PLAN)
    slots = {"order_number": "CC-104233", "refund_reason": "change_of_mind", "refund_destination": "wallet"}
    messages, _ = turn("I want a refund", slots=slots, **WISH)
    assert " The plan is stopped before the money is sent, and its billing ends on " in messages[0]["words"]


def test_take_it_back_after_the_yes_means_the_request_and_is_asked_once_more(
    desk: Services, faulty: FaultyGateway
) -> None:
    slots = refund_quoted(desk)
    confirm(
        desk,
        conversation_id="talk",
        reference=slots["case_reference"],
        decision_id=int(slots["decision_id"]),
        transcript=[],
    )
    messages, after = turn("actually take it back", intent="nevermind")
    assert said(messages) == ["utter_withdraw_quote"]
    assert (after["task"], after["asked"], after["case_reference"]) == ("withdraw", "answer", slots["case_reference"])
    assert said(turn("never mind", intent="nevermind")[0]) == ["utter_nothing_to_stop"]


@pytest.mark.parametrize("way", ["no", "stop", "never mind", "take back", "another task", "next session"])
def test_whoever_leaves_a_renewed_quote_is_not_told_that_nothing_was_done(
    desk: Services, faulty: FaultyGateway, way: str
) -> None:
    slots = a_renewed_quote(desk, faulty)
    if way == "next session":
        messages, _ = turn("hello", StartSession(), transcript=[{"at": "", "who": "customer", "text": "hello"}])
    elif way == "take back":
        messages, _ = turn("yes", slots={**slots, "task": "withdraw"})
    elif way == "another task":
        messages, _ = turn("cancel my plan CC-104233", slots=slots, intent="cancel_service", confidence=0.95)
    else:
        messages, _ = turn(way, slots=slots, intent="nevermind", confidence=0.9)
    told = [message for message in messages if message["response"] == "utter_left_with_person"]
    assert [f" takes care of {slots['case_reference']} and answers by " in it["words"] for it in told] == [True]
    assert not set(said(messages)) & {
        "utter_stopped",
        "utter_not_confirmed",
        "utter_withdrawn",
        "utter_cases",
        "utter_welcome_back/unanswered",
    }
    assert case_file(desk, slots["case_reference"]).case.state is CaseState.IN_REVIEW

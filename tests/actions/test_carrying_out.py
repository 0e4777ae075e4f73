"""What the customer is told while and after a confirmed case is carried out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import base
from actions.cancellation import FinishCancellation, ValidateCancelForm
from actions.handoff import AnswerOffer
from actions.refund import FinishRefund, ValidateRefundForm
from actions.session import StartSession
from actions.shared import Stop
from actions.status import ShowStatus
from actions.withdrawal import FinishWithdrawal
from bot.cases.customer.quotes import confirm, quote_cancellation, quote_refund
from bot.cases.model import CaseState, CustomerReason
from bot.cases.payout.execution import carry_out_due
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.actions.talks import a_talk
from tests.actions.test_turns import order_of_days_ago, said
from tests.cases.gateways import FaultyGateway
from tests.cases.test_quotes import case_file, changed_order
from tests.store_builders import PLAN


@pytest.fixture
def faulty(desk: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyGateway]:
    """The gateway of the actions' services, with no time to take anything back."""
    gateway = FaultyGateway(desk.gateway)
    impatient = replace(desk, gateway=gateway, take_back_minutes=0)
    for module in ("base", "finish", "refund", "cancellation", "handoff", "replies", "form", "status"):
        monkeypatch.setattr(f"actions.{module}.services", lambda: impatient)
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
    assert quote.decision is not None
    return {
        "order_number": "CC-104233",
        "case_reference": quote.case.reference,
        "decision_id": float(quote.decision.id),
        "answer": "yes",
    }


def cancellation_quoted(desk: Services) -> dict[str, Any]:
    """The slots of a customer who was shown a cancellation."""
    order_of_days_ago(desk, **PLAN)
    quote = quote_cancellation(
        desk, conversation_id="talk", order_number="CC-104233", requested_at=desk.clock(), transcript=[]
    )
    assert quote.decision is not None
    return {
        "order_number": "CC-104233",
        "case_reference": quote.case.reference,
        "decision_id": float(quote.decision.id),
        "answer": "yes",
    }


def turn(action: base.SafeAction, **changes: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The messages and the events of one turn."""
    dispatcher = CollectingDispatcher()
    events = action.turn(a_talk("yes", **changes), dispatcher)
    return dispatcher.messages, events


def test_a_refund_that_was_paid_at_once_is_told_as_paid(desk: Services, faulty: FaultyGateway) -> None:
    messages, _ = turn(FinishRefund(), slots=refund_quoted(desk))
    assert said(messages) == ["utter_refund_paid"]
    assert messages[0]["words"].startswith("Done. Your refund of $44.00 went to your store wallet. Your reference is ")


def test_a_refund_that_waits_for_the_gateway_is_told_as_recorded(desk: Services, faulty: FaultyGateway) -> None:
    faulty.after["refund"] = [Unavailable("ledger_silent")]
    messages, _ = turn(FinishRefund(), slots=refund_quoted(desk))
    assert said(messages) == ["utter_refund_confirmed"]
    recorded, _, processed = messages[0]["words"].partition(". It goes to your store wallet and is processed by ")
    assert recorded.startswith("Done. Your refund of $44.00 is recorded under ")
    assert re.fullmatch(r"[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4}\.", processed)


def test_a_balance_that_changed_before_the_stop_is_shown_at_once(desk: Services, faulty: FaultyGateway) -> None:
    slots = refund_quoted(desk)
    faulty.meanwhile = lambda: changed_order(desk, remaining_balance=Decimal("31.50"))
    messages, events = turn(FinishRefund(), slots=slots)
    assert said(messages) == ["utter_balance_changed"]
    assert {"event": "followup", "name": "refund_form", "timestamp": None} in events
    assert faulty.calls == ["stop_service", "balance"], "no money has moved"


def test_a_cancellation_without_an_answer_of_the_gateway_is_not_told_as_done(
    desk: Services, faulty: FaultyGateway
) -> None:
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    messages, _ = turn(FinishCancellation(), slots=cancellation_quoted(desk))
    assert said(messages) == ["utter_cancel_recorded"]


def test_a_cancellation_that_the_gateway_refuses_is_with_a_person(desk: Services, faulty: FaultyGateway) -> None:
    faulty.before["stop_service"] = [Rejected("unknown_order")]
    messages, _ = turn(FinishCancellation(), slots=cancellation_quoted(desk))
    assert said(messages) == ["utter_under_way"] and ", with a person, " in messages[0]["words"]


def a_renewed_quote(desk: Services, faulty: FaultyGateway) -> dict[str, Any]:
    """A refund that the worker had to quote anew while the customer was away."""
    slots = refund_quoted(desk)
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    turn(FinishRefund(), slots=slots)
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


def run(action: base.SafeAction, slots: dict[str, Any], events: list[dict[str, Any]]) -> list[str]:
    """The responses of an action, run as the action server does."""
    dispatcher = CollectingDispatcher()
    message = {"text": "hello", "intent": {"name": "check_request_status", "confidence": 0.9}, "entities": []}
    tracker = Tracker("talk", slots, message, events, False, None, {}, "action_listen")
    asyncio.run(action.run(dispatcher, tracker, {}))
    return said(dispatcher.messages)


def test_someone_who_comes_back_hears_that_the_figures_changed_and_a_yes_shows_them(
    desk: Services, faulty: FaultyGateway
) -> None:
    slots = a_renewed_quote(desk, faulty)
    now = desk.clock().timestamp()
    user = {"event": "user", "text": "hello", "timestamp": now}
    assert run(ShowStatus(), {}, [user]) == ["utter_cases", "utter_quote_renewed"]

    told = {"event": "bot", "text": "…", "timestamp": now, "metadata": {"utter_action": "utter_quote_renewed"}}
    assert run(ShowStatus(), {}, [told, user]) == ["utter_cases"], "not at every turn"
    assert run(ShowStatus(), {"requested_slot": "email"}, [user]) == ["utter_cases"], "not into another question"

    _, events = turn(AnswerOffer(), responses=[["utter_quote_renewed"]], intent="affirm")
    assert events[-1] == {"event": "followup", "name": "refund_form", "timestamp": None}
    known = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    messages, shown = turn(ValidateRefundForm(), slots={**known, "requested_slot": None}, intent="affirm")
    assert said(messages) == ["utter_refund_quote"] and "you would get $27.72 back." in messages[0]["words"]
    assert " The card is stopped before the money is sent.\nShall I" in messages[0]["words"]
    decision = next(event["value"] for event in shown if event.get("name") == "decision_id")
    messages, _ = turn(FinishRefund(), slots={**slots, "decision_id": decision})
    assert said(messages) == ["utter_refund_paid"] and "Your refund of $27.72 went to" in messages[0]["words"]


def test_a_failure_after_the_yes_does_not_claim_that_nothing_was_done(
    desk: Services, faulty: FaultyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = refund_quoted(desk)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the connection broke after the commit")

    monkeypatch.setattr("actions.refund.confirmed_values", broken)
    assert run(FinishRefund(), slots, []) == ["utter_sorry_unsure"]
    assert case_file(desk, slots["case_reference"]).case.state is CaseState.DONE


def test_the_quote_of_a_plan_says_what_ends_and_when(desk: Services, faulty: FaultyGateway) -> None:
    order_of_days_ago(desk, **PLAN)
    slots = {"order_number": "CC-104233", "refund_reason": "change_of_mind", "refund_destination": "wallet"}
    messages, _ = turn(ValidateRefundForm(), slots=slots, intent="request_refund")
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
    dispatcher = CollectingDispatcher()
    events = Stop().turn(a_talk("actually take it back", intent="nevermind"), dispatcher)
    assert dispatcher.messages == [] and events == [{"event": "followup", "name": "withdraw_form", "timestamp": None}]
    Stop().turn(a_talk("never mind", intent="nevermind"), dispatcher)
    assert said(dispatcher.messages) == ["utter_nothing_to_stop"]


@pytest.mark.parametrize("way", ["no", "stop", "never mind", "take back", "another task", "next session"])
def test_whoever_leaves_a_renewed_quote_is_not_told_that_nothing_was_done(
    desk: Services, faulty: FaultyGateway, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    slots = a_renewed_quote(desk, faulty)
    for module in ("shared", "withdrawal", "session"):
        monkeypatch.setattr(f"actions.{module}.services", base_services(desk, faulty))
    if way in ("no", "stop"):
        messages, _ = turn(FinishRefund(), slots={**slots, "answer": way})
    elif way == "never mind":
        messages, _ = turn(Stop(), slots={**slots, "task": "refund", "requested_slot": "answer"}, requested="answer")
    elif way == "take back":
        messages, _ = turn(FinishWithdrawal(), slots=slots)
    elif way == "another task":
        messages, _ = turn(ValidateCancelForm(), slots={**slots, "task": "refund", "answer": None}, intent="inform")
    else:
        messages, _ = turn(StartSession(), transcript=[{"at": "", "who": "customer", "text": "hello"}])
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


def base_services(desk: Services, faulty: FaultyGateway) -> Any:
    """What the actions ask for their services, with the faulty gateway."""
    return lambda: replace(desk, gateway=faulty, take_back_minutes=0)

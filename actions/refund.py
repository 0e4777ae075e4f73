"""A refund: what is asked for it, its quote, and what comes of the customer's yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from actions.base import Turn, services
from actions.cards import confirmed_refund, refund_quote
from actions.confirming import AGAIN, decided_again
from actions.replies import confirmed_values, reason_buttons, refund_of, sentences, tell_elsewhere, tell_outcome
from bot.cases.case.overview import conversation_requests
from bot.cases.case.requests import order_view, preview_cancellation, preview_refund
from bot.cases.customer.flow import Missing, refund_or_question
from bot.cases.customer.quotes import ConfirmationStatus, Quote
from bot.cases.customer.wording import what_stops
from bot.cases.model import CaseKind, CaseState, CustomerReason
from bot.dialogue.state import State
from bot.policy import Outcome
from bot.policy.facts import Destination, ProductKind
from bot.wording import say
from bot.wording.decisions import explained


def quote(turn: Turn) -> str | None:
    """Reason, destination, quote, each only if it can still change something: what was asked, or None where the outcome
    was told. Raises NotVerified, and GatewayError where the shop does not say how the order stands."""
    state = turn.state
    order = state.order_number
    assert order is not None
    if state.plan == "both":
        asked = _plan(turn, order)
        if asked:
            return asked
        state = turn.state
    found = refund_or_question(
        services(),
        conversation_id=turn.conversation_id,
        order_number=order,
        reason=state.reason,
        reason_words=state.reason_words,
        destination=Destination(state.destination) if state.destination else None,
        requested_at=requested_at(turn),
        transcript=turn.talk.transcript,
    )
    if found is Missing.REASON:
        turn.tell("utter_which_reason", buttons=reason_buttons())
        return "refund_reason"
    if found is Missing.DESTINATION:
        turn.tell("utter_which_destination")
        return "refund_destination"
    return _tell(turn, order, found)


def requested_at(turn: Turn) -> datetime:
    """The moment from which the refund counts (R2)."""
    return turn.state.refund_requested_at or turn.talk.heard.said_at


def _tell(turn: Turn, order: str, found: Quote) -> str | None:
    state = turn.state
    if found.existing or found.case.state is not CaseState.QUOTED:
        tell_outcome(turn.dispatcher, order, found)
        return None
    assert found.decision is not None
    again = "/again" if found.unchanged and turn.aside else ""
    turn.tell(
        f"utter_refund_quote{again}",
        card=refund_quote(order, found.case, found.decision),
        order=order,
        refund=refund_of(found.decision.result),
        # How the customer sees the reason that was understood, since the fee depends on it (R7, R7b).
        with_reason=state.reason is not None,
        reason=say(f"quote_reason_{state.reason.value}") if state.reason else "",
        explanation=explained(found.decision.result),
        stops=what_stops(services(), found.decision.inputs),
        clauses=tuple(found.decision.result["clauses"]),
        destination=(found.case.destination or Destination.WALLET).value,
    )
    turn.state = replace(state, case_reference=found.case.reference, decision_id=found.decision.id)
    return "answer"


def _plan(turn: Turn, order: str) -> str | None:
    """Cancel it and the money back: what each would give, and which comes first (C2)."""
    state = turn.state
    refund = preview_refund(
        services(),
        conversation_id=turn.conversation_id,
        order_number=order,
        reason=(state.reason or CustomerReason.CHANGE_OF_MIND).for_policy,
        destination=None,
        requested_at=requested_at(turn),
    )
    cancellation = preview_cancellation(
        services(), conversation_id=turn.conversation_id, order_number=order, requested_at=requested_at(turn)
    )
    if cancellation.outcome is Outcome.ALREADY_CANCELLED:
        turn.state = replace(state, plan=None)
        return None
    if refund.outcome is Outcome.DECLINE:
        # Told as the decline that it is; the cancellation follows it.
        turn.state = replace(state, plan="refund_first")
        return None
    view = order_view(services(), conversation_id=turn.conversation_id, order_number=order)
    turn.tell(
        f"utter_plan/{view.order.product_kind.value}",
        order=order,
        refund=sentences(refund),
        cancellation=sentences(cancellation),
    )
    return "plan"


def confirmed(turn: Turn) -> str | None:
    """Carry out the yes; the only place that says a refund is recorded. Decides again on fresh data: says what was
    recorded, or AGAIN where the quote has changed. Raises NotVerified."""
    done = decided_again(turn)
    order = turn.state.order_number or ""
    if done.status is ConfirmationStatus.ELSEWHERE:
        tell_elsewhere(turn.dispatcher, order, done.case)
        return None
    if done.case.state is CaseState.QUOTED:
        changed = done.status is ConfirmationStatus.CHANGED
        turn.tell("utter_quote_changed" if changed else "utter_balance_changed")
        return AGAIN
    if done.status is ConfirmationStatus.CHANGED:
        tell_outcome(turn.dispatcher, order, Quote(done.case, done.decision, handoff=done.handoff))
    elif done.case.state in (CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.IN_REVIEW):
        tell_outcome(turn.dispatcher, order, Quote(done.case, None, existing=True))
    else:
        on_return = done.decision.result["outcome"] == Outcome.APPROVE_ON_RETURN.value
        paid = "utter_refund_paid" if done.case.state is CaseState.DONE else "utter_refund_confirmed"
        response = "utter_return_confirmed" if on_return else paid
        card = confirmed_refund(done.case, done.decision)
        turn.tell(response, card=card, **confirmed_values(done.case, done.decision.result))
    return None


def cancellation_after(turn: Turn) -> State | None:
    """With a plan of both, the cancellation that comes now, unless it would spoil a refund that is looked at."""
    state = turn.state
    if state.plan != "refund_first":
        return None
    requests = conversation_requests(services(), conversation_id=turn.conversation_id)
    of_order = [request for request in requests if request.order_number == state.order_number]
    refund = next((request for request in of_order if request.case.kind is CaseKind.REFUND), None)
    if refund is not None and refund.case.state is CaseState.IN_REVIEW:
        turn.tell("utter_not_cancelled_yet")
        return None
    view = order_view(services(), conversation_id=turn.conversation_id, order_number=state.order_number or "")
    is_card = view.order.product_kind is not ProductKind.SUBSCRIPTION
    if is_card and refund is not None and refund.case.state is not CaseState.DECLINED:
        return None
    return State(
        task="cancel",
        order_number=state.order_number,
        email=state.email,
        phone=state.phone,
        cancel_requested_at=state.cancel_requested_at,
        later_orders=state.later_orders,
        later_tasks=state.later_tasks,
    )

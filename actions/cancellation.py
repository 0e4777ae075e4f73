"""A cancellation: its quote, and what comes of the customer's yes."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Turn, services
from actions.cards import cancel_quote, confirmed_cancellation
from actions.confirming import AGAIN, decided_again
from actions.replies import business_day, confirmed_values, tell_elsewhere, tell_outcome
from bot.cases.case.requests import order_view
from bot.cases.customer.quotes import ConfirmationStatus, Quote, quote_cancellation
from bot.cases.model import CaseState
from bot.policy.facts import OrderStatus
from bot.policy.money import Money
from bot.wording import say
from bot.wording.decisions import explained

_CONFIRMED = {
    CaseState.DONE: "utter_cancel_confirmed",
    CaseState.CONFIRMED: "utter_cancel_recorded",
    CaseState.EXECUTING: "utter_cancel_recorded",
}
"""What is said of a confirmed cancellation, by how far it has come."""


def quote(turn: Turn) -> str | None:
    """Quote the cancellation; with money on a card, say what a refund would give instead. What was asked, or None where
    the outcome was told. Raises NotVerified, and GatewayError where the shop does not say how the order stands."""
    order = turn.state.order_number
    assert order is not None
    found = quote_cancellation(
        services(),
        conversation_id=turn.conversation_id,
        order_number=order,
        requested_at=turn.state.cancel_requested_at or turn.talk.heard.said_at,
        transcript=turn.talk.transcript,
    )
    if found.existing or found.case.state is not CaseState.QUOTED:
        _tell_end(turn, order, found)
        return None
    assert found.decision is not None
    turn.state = replace(turn.state, case_reference=found.case.reference, decision_id=found.decision.id)
    card = cancel_quote(order, found.case, found.decision)
    if found.unchanged and turn.aside:
        turn.tell("utter_cancel_quote/again", card=card, order=order)
        return "answer"
    instead = found.refund_instead
    if instead is not None and instead.refund is not None:
        turn.tell("utter_refund_instead", order=order, refund=Money(instead.refund, instead.currency))
    view = order_view(services(), conversation_id=turn.conversation_id, order_number=order)
    if view.order.status is OrderStatus.REFUND_PENDING:
        turn.tell("utter_refund_stays")
    turn.tell(
        "utter_cancel_quote",
        card=card,
        order=order,
        explanation=explained(found.decision.result),
        clauses=tuple(found.decision.result["clauses"]),
    )
    return "answer"


def _tell_end(turn: Turn, order: str, found: Quote) -> None:
    if found.existing or found.decision is None:
        tell_outcome(turn.dispatcher, order, found)
        return
    view = order_view(services(), conversation_id=turn.conversation_id, order_number=order)
    since = business_day(view.cancelled_at) if view.cancelled_at else say("ended_before_records")
    turn.tell("utter_already_cancelled", order=order, since=since, explanation=explained(found.decision.result))


def confirmed(turn: Turn) -> str | None:
    """Carry out the yes; the only place that says a service is cancelled. Decides again on fresh data: says what was
    done, or AGAIN where the quote has changed. Raises NotVerified."""
    done = decided_again(turn)
    order = turn.state.order_number or ""
    if done.status is ConfirmationStatus.ELSEWHERE:
        tell_elsewhere(turn.dispatcher, order, done.case)
        return None
    if done.status is ConfirmationStatus.CHANGED and done.case.state is CaseState.QUOTED:
        turn.tell("utter_quote_changed")
        return AGAIN
    response = _CONFIRMED.get(done.case.state)
    if response is None:
        tell_outcome(turn.dispatcher, order, Quote(done.case, None, existing=True))
    else:
        card = confirmed_cancellation(done.case, done.decision)
        turn.tell(response, card=card, **confirmed_values(done.case, done.decision.result))
    return None

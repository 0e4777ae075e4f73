"""Cases: what a customer asked for, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from bot.policy.facts import Channel, Destination, Reason
from bot.policy.values import Values, values_to_json


class CaseKind(str, Enum):
    """What a case is about; a question is any wish for a person."""

    REFUND = "refund"
    CANCEL = "cancel"
    QUESTION = "question"


class CaseState(str, Enum):
    """How far a case has come."""

    QUOTED = "quoted"
    CONFIRMED = "confirmed"
    EXECUTING = "executing"
    DONE = "done"
    DECLINED = "declined"
    IN_REVIEW = "in_review"
    APPROVED_BY_AGENT = "approved_by_agent"
    REFUSED_BY_AGENT = "refused_by_agent"
    AWAITING_RETURN = "awaiting_return"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


_S = CaseState


MOVES: dict[CaseState, frozenset[CaseState]] = {
    _S.QUOTED: frozenset({_S.CONFIRMED, _S.AWAITING_RETURN, _S.WITHDRAWN, _S.DECLINED, _S.IN_REVIEW}),
    _S.CONFIRMED: frozenset({_S.EXECUTING, _S.DONE, _S.WITHDRAWN, _S.IN_REVIEW}),
    _S.EXECUTING: frozenset({_S.DONE, _S.FAILED, _S.QUOTED}),
    _S.AWAITING_RETURN: frozenset({_S.RECEIVED, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.RECEIVED: frozenset({_S.EXECUTING}),
    _S.IN_REVIEW: frozenset({_S.APPROVED_BY_AGENT, _S.REFUSED_BY_AGENT, _S.AWAITING_RETURN, _S.WITHDRAWN, _S.DONE}),
    _S.APPROVED_BY_AGENT: frozenset({_S.CONFIRMED, _S.AWAITING_RETURN, _S.EXECUTING, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.FAILED: frozenset({_S.IN_REVIEW}),
    _S.DONE: frozenset(),
    _S.DECLINED: frozenset(),
    _S.REFUSED_BY_AGENT: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
"""The moves that a case may make. From executing back to quoted: the balance changed before the service was stopped.
What an agent approved is confirmed by the customer, as a quote is; it is carried out at once only where the customer
had confirmed the very same before. From in review to done: a question that was answered; to awaiting return: a card
that had been given up arrived after all."""


OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
"""States from which a case still moves: at most one such case per order and kind."""


APPROVED_STATES = frozenset(
    {_S.CONFIRMED, _S.EXECUTING, _S.DONE, _S.APPROVED_BY_AGENT, _S.AWAITING_RETURN, _S.RECEIVED}
)
"""A refund case in one of these counts as approved (velocity limit)."""


class CauseCode(str, Enum):
    """Why a case has moved; in parentheses the names of the values that come with it. Codes are stored: one that was
    used keeps its meaning. bot.wording has words for each."""

    ASKED_FOR = "asked_for"
    """The customer asked for it (kind)."""
    ASKED_ELSEWHERE = "asked_elsewhere"
    """It was asked for again in another conversation."""
    DECIDED = "decided"
    """The policy decided it (outcome, clauses: ``precedence`` where none did)."""
    CONFIRMED = "confirmed"
    """The customer's yes to a decision of the policy (decision)."""
    OFFER_CONFIRMED = "offer_confirmed"
    """The customer's yes to what a person decided (decision: of the agent)."""
    OFFER_REFUSED = "offer_refused"
    QUOTE_REFUSED = "quote_refused"
    STOPPED = "stopped"
    """The customer stopped."""
    TURNED_AWAY = "turned_away"
    """The customer turned to another request."""
    SESSION_ENDED = "session_ended"
    TAKEN_BACK = "taken_back"
    """By the customer (state: from which)."""
    QUOTE_UNANSWERED = "quote_unanswered"
    HANDED_OVER = "handed_over"
    """A person is asked (cause: a Cause)."""
    LEFT_TO_PERSON = "left_to_person"
    """A person has to sort it out (because)."""
    AGENT_DECIDED = "agent_decided"
    """Somebody at the desk decided (verdict, decision)."""
    CONFIRMED_BEFORE = "confirmed_before"
    """The customer had confirmed the very same."""
    ANSWERED = "answered"
    VIOLATION = "violation"
    CARD_COMPLETE = "card_complete"
    CARD_INCOMPLETE = "card_incomplete"
    CARD_BACK_OTHERWISE = "card_back_otherwise"
    """The card is back, but its order is not what it was (status)."""
    CARD_OVERDUE = "card_overdue"
    """The card has not come back in time (days)."""
    CARD_LATE = "card_late"
    """The card has arrived after all."""
    CARRIED_OUT = "carried_out"
    PAID = "paid"
    SERVICE_STOPPED = "service_stopped"
    FIGURES_CHANGED = "figures_changed"
    """There is a new quote (decision)."""
    OUTCOME_CHANGED = "outcome_changed"
    """After the stop the policy decides otherwise (outcome)."""
    GATEWAY_FAILED = "gateway_failed"
    """What the gateway did not do (error: its own text)."""
    CHANGED_SINCE_APPROVAL = "changed_since_approval"
    """What a person approved does not hold any more (because)."""
    OTHERWISE_SENT = "otherwise_sent"
    """Another amount may have been sent already."""
    MAY_BE_SENT = "may_be_sent"
    """Money may have been sent already."""
    OTHERWISE_REFUNDED = "otherwise_refunded"
    OTHERWISE_PAID = "otherwise_paid"
    """Another amount was paid for the order."""
    LESS_LEFT = "less_left"
    USED_SINCE = "used_since"
    DISPUTED_SINCE = "disputed_since"
    ENDED_SINCE = "ended_since"
    STATUS_CHANGED = "status_changed"
    """Of the order (status)."""
    ERASED = "erased"
    DEMO_DATA = "demo_data"
    DEMO_TAKEN_OUT = "demo_taken_out"
    IN_WORDS = "in_words"
    """From before there were codes (text)."""


@dataclass(frozen=True)
class MoveCause:
    """Why a case has moved: a code with its values. ``because`` among them is the code of another cause, whose values
    stand beside it."""

    code: CauseCode
    values: Values = field(default_factory=dict)

    def leading_to(self, code: CauseCode) -> MoveCause:
        """This cause as the reason of another one."""
        return MoveCause(code, {**self.values, "because": self.code.value})

    def to_json(self) -> dict[str, Any]:
        """The cause as plain JSON values."""
        return {"code": self.code.value, "values": values_to_json(self.values)}


class CustomerReason(str, Enum):
    """Why a customer wants a refund, as far as it was understood, in the order in which customers are offered them; a
    person sees it beside the customer's words. What is told as ``report_problem/<value>`` is that reason."""

    CHANGE_OF_MIND = "change_of_mind"
    SERVICE_FAULT = "service_fault"
    WRONG_PRODUCT = "wrong_product"  # noqa: V107 (nothing but this list names it)
    BILLING = "billing"
    OTHER = "other"

    @property
    def for_policy(self) -> Reason:
        """What the policy knows it as (R3): all but two go to a person."""
        known = {reason.value: reason for reason in Reason}
        return known.get(self.value, Reason.OTHER)


@dataclass(frozen=True)
class Case:
    """One case as it is now."""

    id: int
    reference: str
    kind: CaseKind
    state: CaseState
    order_id: int | None
    conversation_id: str
    requested_at: datetime
    created_at: datetime
    reason: CustomerReason | None = None
    reason_words: str | None = None
    destination: Destination | None = None
    return_number: str | None = None
    agent_id: int | None = None
    """Who at the desk has taken it."""
    taken_at: datetime | None = None
    channel: Channel = Channel.CHAT
    """How it was asked for first (R2)."""
    tracking_number: str | None = None
    """Of the parcel with the card, as the customer told it; without spaces."""
    return_label: str | None = None
    """The https link of a label for that parcel."""
    reminded_at: datetime | None = None
    """When the customer was last reminded of a card that has not come back."""

    @property
    def on_return(self) -> bool:
        """Whether a card has been promised to come back, and the case still needs it or a person (R5)."""
        return self.return_number is not None and self.state in (CaseState.AWAITING_RETURN, CaseState.IN_REVIEW)


@dataclass(frozen=True)
class LogEntry:
    """One move of a case: who, when, from where to where, and why."""

    at: datetime
    actor: str
    from_state: CaseState | None
    to_state: CaseState
    cause: MoveCause

"""What a conversation remembers, and what is known around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.cases.model import CaseKind, CaseState, CustomerReason

TASKS = ("refund", "cancel", "withdraw", "status")
"""What can be under way: a refund, a cancellation, taking a request back, saying where a request stands."""


@dataclass(frozen=True)
class State:
    """What the customer has said so far of the task under way.

    ``asked`` is the question that waits for an answer (see bot.dialogue.tasks), ``tries`` how often it was answered
    with something else. ``later_orders`` wait for their turn with the same task, ``later_tasks`` with their own, as
    ``task:order`` or ``task:order:address``. ``plan`` is set for someone who wants to cancel and the money back.
    ``proposed`` is a reason that was understood, but is asked back first. The two moments are the first messages that
    asked (R2). ``case_reference`` and ``decision_id`` are the quote that was shown last: a yes can only mean that one.
    ``tracking_number`` is that of a parcel, to be noted once it is known for which order; ``return_topic`` what is
    asked about a card on its way back, to be answered then.
    """

    task: str | None = None
    asked: str | None = None
    tries: int = 0
    order_number: str | None = None
    later_orders: tuple[str, ...] = ()
    later_tasks: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    reason: CustomerReason | None = None
    reason_words: str = ""
    proposed: CustomerReason | None = None
    destination: str | None = None
    plan: str | None = None
    refund_requested_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    case_reference: str | None = None
    decision_id: int | None = None
    tracking_number: str | None = None
    return_topic: str | None = None


@dataclass(frozen=True)
class Request:
    """A request that this conversation may see. ``mine``: it was made in this conversation. ``on_return``: a card was
    promised to come back for it, and it is not settled yet."""

    reference: str
    kind: CaseKind
    state: CaseState
    order_number: str | None
    withdrawable: bool
    mine: bool
    on_return: bool = False


@dataclass(frozen=True)
class Context:
    """What a message is said to.

    ``responses`` are the responses of the bot's earlier turns, each turn a tuple, the newest first. ``requests`` are
    those that the conversation may see, the newest first. ``silence`` is the time since whatever came before.
    """

    state: State
    responses: tuple[tuple[str, ...], ...] = ()
    requests: tuple[Request, ...] = ()
    silence: timedelta = field(default=timedelta(0))

    @property
    def asked(self) -> str | None:
        """The question that waits for an answer."""
        return self.state.asked

    def said_last(self, *responses: str) -> bool:
        """Whether the bot's last turn ended with one of the responses."""
        return bool(self.responses and self.responses[0] and self.responses[0][-1] in responses)

    def said_lately(self, *responses: str) -> bool:
        """Whether one of the responses stands in the bot's last turn."""
        return bool(self.responses and set(responses) & set(self.responses[0]))

    @property
    def last_request(self) -> Request | None:
        """The request of this conversation that was made last, and is more than a quote."""
        made = (r for r in self.requests if r.mine and r.kind is not CaseKind.QUESTION and r.state not in _NOT_MADE)
        return next(made, None)

    @property
    def with_a_person(self) -> bool:
        """Whether something of this conversation waits for a person."""
        return any(request.mine and request.state is CaseState.IN_REVIEW for request in self.requests)

    def return_of(self, order_number: str | None) -> Request | None:
        """The newest request that waits for a card, of that order if one is named."""
        waiting = (r for r in self.requests if r.on_return and order_number in (None, r.order_number))
        return next(waiting, None)

    def in_review(self, order_number: str | None) -> Request | None:
        """The one request of this conversation that a person has to decide, for that order if one is named."""
        found = [
            r
            for r in self.requests
            if r.mine
            and r.kind is not CaseKind.QUESTION
            and r.state is CaseState.IN_REVIEW
            and order_number in (None, r.order_number)
        ]
        return found[0] if len(found) == 1 else None


_NOT_MADE = (CaseState.QUOTED, CaseState.WITHDRAWN)

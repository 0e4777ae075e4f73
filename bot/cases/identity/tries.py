"""How many wrong answers are taken for an order: whoever gives them is counted first.

A conversation has a few, an address a few for one order and some for all. Those of everybody for one order are the last
resort, and lock nobody out: each address that has not proven the order before gets one try at a time, and all of them
together one now and then. Where a code can be mailed, it is asked for instead, also from an address that was wrong too
often. An order that does not exist is counted like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

ADDRESS_TIME = timedelta(hours=1)
ADDRESS_TRIES = 10
"""Wrong answers from one address within ADDRESS_TIME, over all its conversations, before it is locked."""
ADDRESS_ORDER_TRIES = 5
"""Those for one order."""
ORDER_TRIES, ORDER_TIME = 30, timedelta(hours=24)
"""Wrong answers for one order from everybody within that time, before it is guarded."""
ORDER_PACE = timedelta(minutes=3)
"""Between two answers for a guarded order; one address has ADDRESS_TIME between two of its own."""


class Limit(str, Enum):
    """Of what there were too many: wrong answers in a conversation, from an address or for an order, or codes."""

    CONVERSATION = "conversation"
    ADDRESS = "address"
    ORDER = "order"
    CODES = "codes"


@dataclass(frozen=True)
class Tries:
    """The wrong answers that count here, as the times at which they were given, oldest first. ``address_index`` is None
    where addresses are not counted; ``proven`` and ``proven_from_address``: the order was proven before in this
    conversation, or from this address."""

    now: datetime
    allowed: int
    time: timedelta
    address_index: str | None
    conversation: list[datetime]
    address: list[datetime]
    order: list[datetime]
    order_from_here: list[datetime]
    proven: bool
    proven_from_address: bool

    @property
    def left(self) -> int:
        """How many more wrong answers the conversation has."""
        return max(0, self.allowed - len(self.conversation))

    @property
    def guarded(self) -> bool:
        """Whether so many were wrong about the order, or so often from this address, that what is typed proves nothing
        any more where a code can be mailed."""
        return self._order_is_guarded or any(wait > timedelta(0) for wait in self._address_waits)

    def limit(self, *, codes: bool) -> tuple[Limit, timedelta] | None:
        """Why no answer is taken now, and for how long; None if one is. ``codes``: what is guarded asks for a mailed
        code, or the answer is one."""
        waits = [(Limit.CONVERSATION, self._wait(self.conversation, self.allowed, self.time))]
        if not codes:
            waits += [(Limit.ADDRESS, wait) for wait in self._address_waits]
            if self._order_is_guarded:
                waits.append((Limit.ORDER, self._wait(self.order_from_here, 1, ADDRESS_TIME)))
                waits.append((Limit.ORDER, self._wait(self.order, 1, ORDER_PACE)))
        return next(((limit, wait) for limit, wait in waits if wait > timedelta(0)), None)

    @property
    def _order_is_guarded(self) -> bool:
        return len(self.order) >= ORDER_TRIES and not (self.proven or self.proven_from_address)

    @property
    def _address_waits(self) -> list[timedelta]:
        if self.proven or self.address_index is None:
            return []
        return [
            self._wait(self.address, ADDRESS_TRIES, ADDRESS_TIME),
            self._wait(self.order_from_here, ADDRESS_ORDER_TRIES, ADDRESS_TIME),
        ]

    def after(self, passed: bool) -> Tries:
        """With an answer that was given now."""
        if passed:
            return self
        return replace(
            self,
            conversation=[*self.conversation, self.now],
            address=[*self.address, self.now],
            order=[*self.order, self.now],
            order_from_here=[*self.order_from_here, self.now],
        )

    def _wait(self, wrong: list[datetime], allowed: int, time: timedelta) -> timedelta:
        return wrong[-allowed] + time - self.now if len(wrong) >= allowed else timedelta(0)


def count_tries(services: Services, uow: UnitOfWork, conversation_id: str, order_number: str) -> Tries:
    """Count, while nobody else counts for the same address or order."""
    now = services.clock()
    conversation = uow.conversations.find(conversation_id)
    limited = conversation is not None and conversation.address_limited
    address = conversation.address_index if conversation is not None and limited else None
    uow.exclude_others(f"tries from {address or conversation_id}")
    uow.exclude_others(f"tries for {order_number}")
    time = timedelta(minutes=services.verification_minutes)
    in_conversation, from_address = {"conversation_id": conversation_id}, {"address_index": address or ""}
    from_here = from_address if address else in_conversation
    return Tries(
        now=now,
        allowed=services.verification_tries,
        time=time,
        address_index=address,
        conversation=uow.attempts.failed(now - time, **in_conversation),
        address=uow.attempts.failed(now - ADDRESS_TIME, **from_address),
        order=uow.attempts.failed(now - ORDER_TIME, order_number=order_number),
        order_from_here=uow.attempts.failed(now - ADDRESS_TIME, order_number=order_number, **from_here),
        proven=uow.attempts.has_passed(order_number, **in_conversation),
        proven_from_address=uow.attempts.has_passed(order_number, **from_address),
    )

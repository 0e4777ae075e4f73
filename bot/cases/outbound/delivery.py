"""Bringing what is said to the customers of messaging channels: bot, people and system alike, one way for all.

A row of the message log waits until its channel has brought it. Within a conversation rows are brought in order, each
by one worker at a time; whoever dies between the provider's answer and the note of it brings a part twice, never not at
all. What can't be brought becomes a handoff: a person has to reach the customer in another way. The same where a
provider tells only later that it could not bring what it had taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.cases.case.handoff import hand_to_human
from bot.cases.hashes import keyed_hash
from bot.cases.model import Cause, Message
from bot.cases.outbound.outgoing import Outgoing, outgoing
from bot.cases.ports.messages import Messages
from bot.cases.ports.store import Snapshot
from bot.cases.queues import Failure, Retry, Work, work_off
from bot.cases.services import Services
from bot.policy.values import Value
from bot.wording import CodedError, say

RETRY = Retry(lease=timedelta(seconds=60), first=timedelta(seconds=2), longest=timedelta(minutes=15))
"""Of a message; longer in hand than its provider may take for one part. How many attempts are made is a setting."""
LONGEST_WAIT = timedelta(hours=1)
"""The longest that a provider may ask us to wait."""
OLDEST = timedelta(hours=24)
"""A message that waits for longer is given up, however few attempts were made."""

Address = dict[str, Any]
"""Where a conversation's customer is reached; what is in it is the channel's business."""


class DeliveryError(CodedError):
    """Base of what can go wrong when a message is brought; its values hold nothing of a message or of an address.

    ├── Undelivered   nobody knows, or the provider is busy: again later
    └── Undeliverable it will never be taken like this
    """

    group = "fault"


class Undelivered(DeliveryError):
    """Not taken now. ``retry_after``: how many seconds the provider wants to be left alone, if it said so."""

    def __init__(self, code: str, *, retry_after: float | None = None, **values: Value) -> None:
        super().__init__(code, **values)
        self.retry_after = retry_after


class Undeliverable(DeliveryError):
    """Refused for good."""


class Courier(Protocol):
    """Brings messages of one channel."""

    @property
    def channel(self) -> str:
        """The channel's name in the log."""
        ...

    def parts(self, what: Outgoing, address: Address) -> Sequence[Any]:
        """The message as the provider takes it, in as many parts as it needs; the same each time. Nothing is sent."""
        ...

    def send(self, address: Address, part: Any) -> str | None:
        """Hand over one part. The provider's name for it, where the provider may tell later that it could not bring
        it. Raises Undelivered and Undeliverable."""
        ...

    def check(self) -> None:
        """See whether the provider takes our credentials; nothing is sent to anybody. Raises DeliveryError."""
        ...


def set_reply_address(services: Services, conversation_id: str, address: Address) -> None:
    """Keep where a conversation's customer is reached. For channels only."""
    with services.unit_of_work() as uow:
        if uow.conversations.reply_address(conversation_id) != address:
            uow.conversations.set_reply_address(conversation_id, address)
            uow.commit()


def deliver_due(services: Services, courier: Courier, *, attempts: int) -> int:
    """Bring what is due in a channel, at most one message of each conversation; how many were brought."""
    return work_off(services, _Delivery(services, courier, replace(RETRY, attempts=attempts)))


def report_failure(services: Services, channel: str, name: str, error: str) -> None:
    """A provider tells that it could not bring a part that it had taken; ``name`` is its name for it. Once for all
    parts of a message; what was sent by others is none of ours. ``error`` holds nothing of a message or an address."""
    with services.reading() as uow:
        message = uow.messages.sent_as(_part_name(services, channel, name))
    if message is not None and message.failed_at is None:
        _give_up(services, channel, message, error)


def was_sent(services: Services, channel: str, name: str) -> bool:
    """Whether what a provider knows by that ``name`` is a part of a message of ours."""
    with services.reading() as uow:
        return uow.messages.sent_as(_part_name(services, channel, name)) is not None


@dataclass(frozen=True)
class _Delivery(Work[Message]):
    """Bringing the messages of one channel."""

    services: Services
    courier: Courier
    retry: Retry

    def queue(self, uow: Snapshot) -> Messages:
        return uow.messages

    def due(self, uow: Snapshot, now: datetime) -> list[Message]:
        return uow.messages.due(self.courier.channel, now)

    def do(self, message: Message) -> bool:
        services, courier = self.services, self.courier
        with services.reading() as uow:
            address = uow.conversations.reply_address(message.conversation_id)
        if address is None:
            raise Undeliverable("no_address")
        parts = courier.parts(outgoing(message, services.public_url), address)
        for place in range(message.parts_sent, len(parts)):
            name = courier.send(address, parts[place])
            with services.unit_of_work() as uow:
                uow.messages.change(message.id, parts_sent=place + 1, lease_until=services.clock() + self.retry.lease)
                if name is not None:
                    uow.messages.name_part(message.id, _part_name(services, courier.channel, name))
                uow.commit()
        with services.unit_of_work() as uow:
            fresh = uow.messages.find(message.id)
            if fresh is not None and fresh.failed_at is None:  # of its first part that may be known by now
                uow.messages.change(message.id, delivered_at=services.clock(), lease_until=None, next_at=None)
                uow.commit()
        return True

    def failure(self, message: Message, error: Exception) -> Failure:
        """To be asked to wait is no failed attempt."""
        if not isinstance(error, DeliveryError):
            return Failure(str(Undelivered("bringing", error=type(error).__name__)), for_good=self._is_old(message))
        if isinstance(error, Undeliverable) or self._is_old(message):
            return Failure(str(error), for_good=True)
        asked = error.retry_after if isinstance(error, Undelivered) else None
        if asked is None:
            return Failure(str(error))
        return Failure(str(error), wait=min(timedelta(seconds=max(asked, 1.0)), LONGEST_WAIT), counts=False)

    def give_up(self, message: Message, failure: Failure) -> None:
        _give_up(self.services, self.courier.channel, message, failure.error)

    def _is_old(self, message: Message) -> bool:
        return self.services.clock() - message.at > OLDEST


def _give_up(services: Services, channel: str, message: Message, error: str) -> None:
    with services.reading() as uow:
        said = uow.messages.transcript(message.conversation_id)
    facts = {
        "step": say("step_bring_message"),
        "channel": channel,
        "message": message.seq,
        "error": error,
        "attempts": message.attempts,
    }
    hand_to_human(services, conversation_id=message.conversation_id, cause=Cause.FAILURE, transcript=said, facts=facts)
    # Afterwards, so that whoever dies in between does it again.
    with services.unit_of_work() as uow:
        uow.messages.change(message.id, failed_at=services.clock(), delivered_at=None, lease_until=None)
        uow.commit()


def _part_name(services: Services, channel: str, name: str) -> str:
    return keyed_hash(services.hash_key, "sent part", f"{channel}\0{name}")

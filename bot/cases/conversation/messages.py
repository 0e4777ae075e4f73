"""The message log of a conversation: what comes in is stored before anything is done about it, and what is answered is
stored in one transaction with the mark that it was. So nothing is lost, and nothing is said twice, whatever dies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.cases.conversation.choices import ASIDE
from bot.cases.model import Author, Message, MessageKind
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

LEASE = timedelta(seconds=9)
"""How long a customer's message belongs to whoever answers it, without a sign that they still do."""

CROSSED = "crossed"
"""In what Rasa is told of a message: the bot has said something since it was written (``has_crossed``)."""

SEEN = "seen"
"""In the body of a customer's message: the ``seq`` of the last message that they had been shown, if that is known."""

Body = dict[str, Any]
"""``text``, and perhaps ``buttons``, a ``card`` and the ``title`` of a pressed button."""


def answer(services: Services, message: Message, bodies: list[Body], *, delivered: bool) -> list[Message]:
    """Store what the bot answers to a customer's message; what was stored before, where it is answered already.
    ``delivered``: it reaches the customer in the same breath, so that nobody has to bring it."""
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.exclude_others(f"messages {message.conversation_id}")
        assert message.client_id is not None
        known = uow.messages.of_client(message.conversation_id, message.client_id)
        if known is None:
            return []  # erased while it was answered
        if known.answered_at is not None:
            return uow.messages.replies_to(message)
        said = [
            uow.messages.add(
                message.conversation_id,
                Author.BOT,
                body,
                now,
                reply_to=message.seq,
                delivered_at=now if delivered else None,
            )
            for body in bodies
        ]
        uow.messages.change(message.id, answered_at=now, lease_until=None)
        uow.commit()
    return said


def is_known(services: Services, conversation_id: str, client_id: str) -> bool:
    """Whether the customer's message of that name has arrived."""
    with services.reading() as uow:
        return uow.messages.of_client(conversation_id, client_id) is not None


def exchange(
    services: Services, conversation_id: str, client_id: str, body: Body, answers: list[Body], *, delivered: bool = True
) -> list[Message]:
    """Store what a customer sent and what is answered without the bot, such as by a page, both at once; once for each
    ``client_id``. The replies, those of before for a repeat. ``delivered`` as in ``answer``."""
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.exclude_others(f"messages {conversation_id}")
        known = uow.messages.of_client(conversation_id, client_id)
        if known is not None:
            return uow.messages.replies_to(known)
        message = uow.messages.add(conversation_id, Author.CUSTOMER, body, now, client_id=client_id, answered_at=now)
        said = [
            uow.messages.add(
                conversation_id,
                Author.BOT,
                answer,
                now,
                reply_to=message.seq,
                delivered_at=now if delivered else None,
            )
            for answer in answers
        ]
        uow.commit()
    return said


def newest(services: Services, conversation_id: str, limit: int) -> list[Message]:
    """The last messages of a conversation, in order."""
    with services.reading() as uow:
        last = uow.messages.newest([conversation_id]).get(conversation_id, 0)
        return uow.messages.of_conversation(conversation_id, after=max(0, last - limit), limit=limit)


def is_answered(services: Services, message: Message) -> bool:
    """Whether a customer's message has been answered by now, or is no more."""
    with services.reading() as uow:
        fresh = uow.messages.find(message.id)
    return fresh is None or fresh.answered_at is not None


def has_crossed(services: Services, message: Message) -> bool:
    """Whether the bot has said something that whoever wrote a customer's message can't have seen: since it came, or
    after ``seen`` of its body, the ``seq`` of the last message that they had been shown, where that is known."""
    seen = message.body.get(SEEN)
    with services.reading() as uow:
        later = uow.messages.of_conversation(message.conversation_id, after=message.seq if seen is None else seen)
    return any(other.author is Author.BOT and not other.body.get(ASIDE) for other in later)


def replies(services: Services, message: Message) -> list[Message]:
    """What was answered to a customer's message."""
    with services.reading() as uow:
        return uow.messages.replies_to(message)


def keep_in_hand(services: Services, message: Message) -> None:
    """A sign that a customer's message is still being answered."""
    with services.unit_of_work() as uow:
        uow.messages.change(message.id, lease_until=services.clock() + LEASE)
        uow.commit()


def put_back(services: Services, message: Message) -> None:
    """Leave a customer's message to whoever takes up what is not answered."""
    with services.unit_of_work() as uow:
        uow.messages.change(message.id, lease_until=None)
        uow.commit()


def history(services: Services, conversation_id: str, after: int = 0, limit: int = 500) -> list[Message]:
    """What was said in a conversation after that ``seq``."""
    with services.reading() as uow:
        return uow.messages.of_conversation(conversation_id, after, limit)


def say(
    uow: UnitOfWork,
    services: Services,
    conversation_id: str,
    author: Author,
    body: Body,
    *,
    kind: MessageKind = MessageKind.TEXT,
    agent_id: int | None = None,
) -> Message:
    """Say something to the customer of a conversation that answers no message, within the running transaction. It is
    brought to them in their channel."""
    return uow.messages.add(conversation_id, author, body, services.clock(), kind=kind, agent_id=agent_id)


def collect_undelivered(services: Services, conversation_id: str) -> list[Message]:
    """What has not reached the customer yet, for a channel that brings it now."""
    now = services.clock()
    with services.unit_of_work() as uow:
        found = uow.messages.undelivered(conversation_id)
        for message in found:
            uow.messages.change(message.id, delivered_at=now)
        uow.commit()
    return found


def has_person(uow: UnitOfWork, conversation_id: str) -> bool:
    """Whether a person of the desk has the conversation, so that the bot is silent."""
    conversation = uow.conversations.find(conversation_id)
    return conversation is not None and conversation.agent_id is not None

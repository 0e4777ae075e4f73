"""What comes in from customers: stored before anything is done about it, and taken up again where that broke off."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.conversation.messages import LEASE, Body, has_person
from bot.cases.customer.offer_answers import read_offer_answer
from bot.cases.model import Author, Message, MessageKind
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services


@dataclass(frozen=True)
class Received:
    """A customer's message in the log.

    ``new``: it had not arrived before. ``bot``: it has to be answered, and whoever received it has it in hand; False
    for a repeat, and while a person has the conversation, except for a yes or a no to what that person has offered.
    """

    message: Message
    new: bool
    bot: bool


def receive(
    services: Services, conversation_id: str, client_id: str, body: Body, kind: MessageKind = MessageKind.TEXT
) -> Received:
    """Store a customer's message, once for each ``client_id``."""
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.exclude_others(f"messages {conversation_id}")
        known = uow.messages.of_client(conversation_id, client_id)
        if known is not None:
            return Received(known, new=False, bot=False)
        bot = not has_person(uow, conversation_id) or read_offer_answer(uow, conversation_id, body) is not None
        message = uow.messages.add(
            conversation_id,
            Author.CUSTOMER,
            body,
            now,
            kind=kind,
            client_id=client_id,
            lease_until=now + LEASE if bot else None,
            answered_at=None if bot else now,
        )
        uow.commit()
    return Received(message, new=True, bot=bot)


def take_unanswered(services: Services) -> list[tuple[Message, str]]:
    """Customers' messages whose answering was broken off, and their channels; they are now in hand of the caller.

    What was overtaken is left out for good: the customer has written again, and that is answered. Neither does the bot
    answer where a person has the conversation by now.
    """
    now = services.clock()
    taken = []
    with services.unit_of_work() as uow:
        for message in uow.messages.unanswered(now):
            conversation = uow.conversations.find(message.conversation_id)
            if conversation is None or not _is_for_bot(uow, message) or _is_overtaken(uow, message):
                uow.messages.change(message.id, answered_at=now)
            elif (claimed := uow.messages.claim(message.id, now, now + LEASE)) is not None:
                taken.append((claimed, conversation.channel))
        uow.commit()
    return taken


def leave_out_overtaken(services: Services, message: Message) -> bool:
    """Whether a message that was taken up has been overtaken while it waited for its turn; it is left out for good."""
    with services.unit_of_work() as uow:
        if not _is_overtaken(uow, message):
            return False
        uow.messages.change(message.id, answered_at=services.clock(), lease_until=None)
        uow.commit()
    return True


def _is_for_bot(uow: UnitOfWork, message: Message) -> bool:
    talk = message.conversation_id
    return not has_person(uow, talk) or read_offer_answer(uow, talk, message.body, message.seq) is not None


def _is_overtaken(uow: UnitOfWork, message: Message) -> bool:
    later = uow.messages.of_conversation(message.conversation_id, after=message.seq)
    return any(_is_answered(other) for other in later)


def _is_answered(message: Message) -> bool:
    return message.author is Author.CUSTOMER and message.answered_at is not None

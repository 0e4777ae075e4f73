"""Conversations that customers have at a help desk itself, where the bot is one of those who answer.

The help desk has the say on who answers: while it counts a conversation as one of its people, the bot is silent.
"""

from __future__ import annotations

from datetime import timedelta

from bot.cases.agents import connector, external_agent
from bot.cases.helpdesk import DeskRejected, HelpDeskError, InsideDesk, Person
from bot.cases.model import Message, MessageKind
from bot.cases.ports import Services

LEASE = timedelta(minutes=2)
"""How long words belong to whoever brings them."""
PAUSE = 5.0
"""Seconds before words are brought again that could not be."""


def follow(
    services: Services, desk: str, conversation_id: str, *, with_people: bool, who: Person | None = None
) -> None:
    """Let people of the help desk have the conversation, or the bot. What somebody of our own desk has stays theirs."""
    with services.unit_of_work() as uow:
        talk = uow.conversation(conversation_id)
        if talk is None:
            return
        holder = uow.agent(talk.agent_id) if talk.agent_id is not None else None
        if with_people and holder is None:
            agent = external_agent(services, uow, desk, who) if who else connector(services, uow, desk)
            uow.take_conversation(conversation_id, agent.id, None)
        elif not with_people and holder is not None and holder.external:
            uow.give_back(conversation_id, holder.id)
        uow.commit()


def bring_words(services: Services) -> int:
    """Bring what waits to be said to customers at the help desk, in order; how many messages were brought. Who dies
    between bringing and noting it down brings it twice."""
    desk = services.helpdesk
    if not isinstance(desk, InsideDesk) or desk.channel is None:
        return 0
    with services.unit_of_work() as uow:
        uow.exclude_others(f"words {desk.channel}")
        waiting = uow.undelivered([desk.channel])
    brought, stuck = 0, set[str]()
    for message in waiting:
        if message.conversation_id in stuck:
            continue
        if not _lease(services, message) or not _bring(services, desk, message):
            stuck.add(message.conversation_id)
        else:
            brought += 1
    return brought


def _lease(services: Services, message: Message) -> bool:
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.exclude_others(f"words of {message.conversation_id}")
        fresh = uow.message(message.id)
        taken = fresh is None or fresh.delivered_at is not None
        if taken or (fresh and fresh.lease_until is not None and fresh.lease_until > now):
            return False
        uow.change_message(message.id, lease_until=now + LEASE)
        uow.commit()
    return True


def _bring(services: Services, desk: InsideDesk, message: Message) -> bool:
    with services.unit_of_work() as uow:
        talk = uow.conversation(message.conversation_id)
    now = services.clock()
    done = {"delivered_at": now, "lease_until": None}
    try:
        if talk is not None and talk.sender and message.kind is MessageKind.TEXT and message.text:
            desk.say(talk.sender, message.text, message.body.get("buttons") or [])
    except DeskRejected:
        pass  # it never will be taken, and must not hold up what comes after it
    except HelpDeskError as error:
        wait = max(PAUSE, min(float(getattr(error, "retry_after", None) or 0), 900.0))
        done = {"lease_until": now + timedelta(seconds=wait)}
    with services.unit_of_work() as uow:
        uow.change_message(message.id, **done)
        uow.commit()
    return "delivered_at" in done

"""What the desk sees of the requests that were held back, and how one of them comes into the queue after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.case.handoff import new_question, save_handoff
from bot.cases.conversation.messages import say
from bot.cases.desk import texts
from bot.cases.desk.accounts import at_work
from bot.cases.errors import UnknownCase
from bot.cases.identity.strangers import let_in
from bot.cases.model import Agent, Author, Cause, Handoff, HeldRow
from bot.cases.services import Services

SHOWN = timedelta(days=14)
"""How long a request is shown."""
MOST = 200
_WORDS = 3
"""How many of the customer's last messages are shown."""


@dataclass(frozen=True, repr=False)
class HeldRequest:
    """A conversation whose request was held back. ``origin`` is the same for those that came from the same place;
    ``said`` are the customer's last words. Has no text of its own, so that none gets into a log."""

    conversation_id: str
    channel: str
    origin: str
    cause: Cause
    since: datetime
    said: list[str]


@dataclass(frozen=True)
class HeldCount:
    """How many requests were held back, of how many origins, since when."""

    requests: int
    origins: int
    since: datetime


def count_held(services: Services) -> HeldCount | None:
    """For the line above the queue; None where nothing was held back."""
    with services.reading() as uow:
        rows = uow.strangers.held(services.clock() - SHOWN)
    if not rows:
        return None
    return HeldCount(len(rows), len({row.origin for row in rows}), min(row.since for row in rows))


def held_requests(services: Services) -> list[HeldRequest]:
    """What was held back, oldest first; the first MOST."""
    with services.reading() as uow:
        rows = uow.strangers.held(services.clock() - SHOWN)[:MOST]
        found = []
        for row in rows:
            talk = uow.conversations.find(row.conversation_id)
            customer = [
                m.text for m in uow.messages.of_conversation(row.conversation_id) if m.author is Author.CUSTOMER
            ]
            channel = talk.channel if talk is not None else ""
            found.append(
                HeldRequest(row.conversation_id, channel, row.origin, row.cause, row.since, customer[-_WORDS:])
            )
    return found


def put_in_queue(services: Services, agent: Agent, conversation_id: str) -> Handoff:
    """Make a case of a request that was held back, and tell its customer. Raises UnknownCase where it is not held back
    any more, and NotAllowed."""
    with services.unit_of_work() as uow:
        agent = at_work(uow, agent)
        row = _held(uow.strangers.held(services.clock() - SHOWN), conversation_id)
        case = uow.cases.open_question(conversation_id) or new_question(services, uow, conversation_id, row.cause)
        let_in(services, uow, case, None)
        handoff = save_handoff(services, uow, case, row.cause, None, {"held_back": True, "put_in_by": agent.login})
        say(uow, services, conversation_id, Author.BOT, texts.put_in_queue(handoff))
        uow.commit()
    return handoff


def drop_held(services: Services, agent: Agent, origin: str) -> None:
    """Show no more what was held back from there. Raises NotAllowed."""
    with services.unit_of_work() as uow:
        at_work(uow, agent)
        for row in uow.strangers.held(services.clock() - SHOWN):
            if row.origin == origin:
                uow.strangers.settle(row.conversation_id, services.clock())
        uow.commit()


def _held(rows: list[HeldRow], conversation_id: str) -> HeldRow:
    found = next((row for row in rows if row.conversation_id == conversation_id), None)
    if found is None:
        raise UnknownCase("not_held_back")
    return found

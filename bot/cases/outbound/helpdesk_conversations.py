"""Conversations that customers have at a help desk itself, where the bot is one of those who answer.

The help desk has the say on who answers: while it counts a conversation as one of its people, the bot is silent.
"""

from __future__ import annotations

from bot.cases.desk.accounts import connector, external_agent
from bot.cases.ports.helpdesk import Person
from bot.cases.services import Services


def follow(
    services: Services, desk: str, conversation_id: str, *, with_people: bool, who: Person | None = None
) -> None:
    """Let people of the help desk have the conversation, or the bot. What somebody of our own desk has stays theirs."""
    with services.unit_of_work() as uow:
        talk = uow.conversations.find(conversation_id)
        if talk is None:
            return
        holder = uow.agents.get(talk.agent_id) if talk.agent_id is not None else None
        if with_people and holder is None:
            agent = external_agent(services, uow, desk, who) if who else connector(services, uow, desk)
            uow.conversations.take(conversation_id, agent.id, None)
        elif not with_people and holder is not None and holder.external:
            uow.conversations.give_back(conversation_id, holder.id)
        uow.commit()

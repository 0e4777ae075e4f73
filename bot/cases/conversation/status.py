"""Where a conversation stands: who answers in it, and whether a person is waited for."""

from __future__ import annotations

from bot.cases.conversation.hours import hours_notice
from bot.cases.model import Standing
from bot.cases.services import Services


def standing(services: Services, conversation_id: str) -> Standing:
    """How the conversation stands now."""
    with services.reading() as uow:
        return uow.conversations.standing(conversation_id)


def waiting_notice(services: Services, now_standing: Standing) -> str:
    """What a customer who waits for a person is told while nobody is at the desk; else empty."""
    return hours_notice(services) if now_standing.waiting else ""

"""Where a conversation stands: who answers in it, and whether a person is waited for."""

from __future__ import annotations

from bot.cases.conversation.hours import hours_notice
from bot.cases.model import ConversationStatus
from bot.cases.services import Services


def status_of(services: Services, conversation_id: str) -> ConversationStatus:
    """How the conversation stands now."""
    with services.reading() as uow:
        return uow.conversations.status(conversation_id)


def waiting_notice(services: Services, status: ConversationStatus) -> str:
    """What a customer who waits for a person is told while nobody is at the desk; else empty."""
    return hours_notice(services) if status.waiting else ""

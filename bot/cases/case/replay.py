"""Stored decisions, for replaying them against the policy."""

from __future__ import annotations

from bot.cases.model import StoredDecision
from bot.cases.services import Services


def stored_decisions(services: Services) -> list[StoredDecision]:
    """Every stored decision, oldest first."""
    with services.reading() as uow:
        return list(uow.decisions.all())

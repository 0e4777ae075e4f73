"""What customers wrote that the bot did not understand, kept until somebody trains with it or it is erased."""

from __future__ import annotations

import json
from datetime import timezone

from bot.cases.services import Services

LONGEST_GUESS = 40


def remember_misunderstood(services: Services, conversation_id: str, message_id: str, text: str, guess: str) -> None:
    """Keep a message that the bot did not understand, once; ``guess`` is the intent that was nearest. Erased with its
    conversation."""
    with services.unit_of_work() as uow:
        uow.misunderstood.add(conversation_id, message_id, services.clock(), guess[:LONGEST_GUESS], text)
        uow.commit()


def export_misunderstood(services: Services, *, again: bool = False) -> tuple[str, int]:
    """Training candidates as JSON lines ``{"text", "guess", "at"}``, oldest first, and how many they are: those that
    were not exported yet, or all of them. They count as exported from then on."""
    with services.unit_of_work() as uow:
        found = uow.misunderstood.to_export(again=again)
        uow.misunderstood.mark_exported([one.id for one in found], services.clock())
        uow.commit()
    lines = (
        json.dumps(
            {"text": one.text, "guess": one.guess, "at": one.at.astimezone(timezone.utc).isoformat()},
            ensure_ascii=False,
        )
        for one in found
    )
    return "".join(f"{line}\n" for line in lines), len(found)

"""What is signed and can't be read. Its sender is told that it was taken: to refuse it has it sent again for days, or
the webhook switched off. So it is counted, and ``refund-desk doctor`` tells."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.cases.services import Services

logger = structlog.get_logger()


async def count_unread(services: Services, source: str, errors: Sequence[str]) -> None:
    """Count events of a webhook that could not be read. ``errors`` are the kinds of errors, one for each event: nothing
    of what was in it."""
    if not errors:
        return
    logger.warning("webhook.not_readable", source=source, number=len(errors), error=errors[-1])
    await asyncio.to_thread(_count, services, source, errors)


def _count(services: Services, source: str, errors: Sequence[str]) -> None:
    with services.unit_of_work() as uow:
        uow.unread_events.add(source, len(errors), errors[-1], services.clock())
        uow.commit()

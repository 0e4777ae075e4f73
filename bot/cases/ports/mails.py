"""Mails with codes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import DueMail
from bot.cases.ports.queues import Queue


class Mails(Queue[DueMail], Protocol):
    """Codes that wait to be mailed; see bot.store.mails.MailRepository."""

    def add(self, code_id: int, next_at: datetime) -> None: ...
    def due(self, now: datetime) -> list[DueMail]: ...
    def remove(self, mail_id: int) -> None: ...

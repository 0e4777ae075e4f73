"""The audit."""

from __future__ import annotations

from typing import Protocol


class Audit(Protocol):
    """The audit chain and the record of the accounts; see bot.store.audit_trail.AuditRepository."""

    def verify(self) -> tuple[int, list[str]]: ...

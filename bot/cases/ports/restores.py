"""Restores."""

from __future__ import annotations

from typing import Protocol

from bot.cases.model import Restored


class Restores(Protocol):
    """When the store went back to a backup; see bot.store.restore_log.RestoreRepository."""

    def last(self) -> Restored | None: ...

"""The desk."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from bot.cases.model import CaseState, QueueRow


class DeskBoard(Protocol):
    """What waits at the desk, and whether anything has happened there; see bot.store.desk.DeskRepository."""

    def queue(self, states: Collection[CaseState]) -> list[QueueRow]: ...
    def pulse(self) -> tuple[int, ...]: ...
    def case_pulse(self, reference: str) -> tuple[int, ...]: ...

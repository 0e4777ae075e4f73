"""Rows of work that wait to be done."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypeVar


class Waiting(Protocol):
    """A row of work, with how often it was taken in hand."""

    @property
    def id(self) -> int: ...
    @property
    def attempts(self) -> int: ...


Row = TypeVar("Row", bound=Waiting)
Row_co = TypeVar("Row_co", bound=Waiting, covariant=True)


class Queue(Protocol[Row_co]):
    """What waits to be done at its time, by one at a time; see bot.store.queues.QueueRepository."""

    def find(self, row_id: int) -> Row_co | None: ...
    def claim(self, row_id: int, now: datetime, until: datetime) -> Row_co | None: ...
    def put_off(self, row_id: int, next_at: datetime, attempts: int) -> None: ...

"""Work that waits in rows for its time: taken in hand, done, tried again, and in the end given up; one way for all that
is brought to others.

A row is written in the transaction that it belongs to. Whoever finds it due takes it in hand for a while, works outside
of any transaction, and writes what came of it. A process that dies in between leaves a row that somebody else takes
when that while is over: work is done at least once, by any number of processes. Steps that move money have a stricter
claim (bot.cases.payout.execution).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

from bot.cases.ports.queues import Queue, Row
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services


def pause(attempts: int, first: timedelta, longest: timedelta) -> timedelta:
    """The wait after that many attempts, from 1: it doubles from the first to the longest."""
    grown: timedelta = first * 2 ** min(attempts - 1, 30)
    return min(grown, longest)


@dataclass(frozen=True)
class Failure:
    """Why work was not done. ``for_good``: it never will be like this. ``wait``: the pause that the other side asked
    for, in place of ours; ``counts``: whether this was one of the attempts that may be made."""

    error: str
    for_good: bool = False
    wait: timedelta | None = None
    counts: bool = True


@dataclass(frozen=True)
class Retry:
    """``lease``: how long a row belongs to whoever has it in hand; longer than the work on one takes. The pauses
    between attempts grow from ``first`` to ``longest``. After ``attempts`` it is given up; None: never."""

    lease: timedelta
    first: timedelta
    longest: timedelta
    attempts: int | None = None

    def next_at(self, made: int, failure: Failure, now: datetime) -> datetime | None:
        """When work that failed is due again, of which ``made`` counts the attempt that did; None: it is given up."""
        if failure.for_good:
            return None
        if failure.counts and self.attempts is not None and made >= self.attempts:
            return None
        return now + (pause(made, self.first, self.longest) if failure.wait is None else failure.wait)


class Work(ABC, Generic[Row]):
    """One kind of work."""

    retry: Retry

    @abstractmethod
    def queue(self, uow: Snapshot) -> Queue[Row]:
        """Where it waits."""

    @abstractmethod
    def due(self, uow: Snapshot, now: datetime) -> Sequence[Row]:
        """Some rows that are due, those first that are to be done first."""

    @abstractmethod
    def do(self, row: Row) -> bool:
        """Do it, and write down that it is done; False where there was nothing to do any more. Whatever this raises is
        a failed attempt."""

    def failure(self, row: Row, error: Exception) -> Failure:
        """What the error means for the row. A fault of ours is as good as no answer; its text may quote a customer."""
        return Failure(type(error).__name__)

    def put_off(self, uow: UnitOfWork, row: Row, failure: Failure) -> None:
        """What else is written down where it is to be tried again, in the same transaction."""

    @abstractmethod
    def give_up(self, row: Row, failure: Failure) -> None:
        """What becomes of a row that is refused for good, or was tried as often as may be. It has to be out of hand
        afterwards; whoever dies in this does it again."""


def work_off(services: Services, work: Work[Row]) -> int:
    """Do what is due; how many rows were done. One that fails holds up none behind it."""
    with services.reading() as uow:
        due = work.due(uow, services.clock())
    return sum(_take(services, work, row) for row in due)


def _take(services: Services, work: Work[Row], row: Row) -> bool:
    now = services.clock()
    with services.unit_of_work() as uow:
        claimed = work.queue(uow).claim(row.id, now, now + work.retry.lease)
        uow.commit()
    if claimed is None:
        return False
    try:
        return work.do(claimed)
    except Exception as error:
        _failed(services, work, claimed, work.failure(claimed, error))
        return False


def _failed(services: Services, work: Work[Row], row: Row, failure: Failure) -> None:
    next_at = work.retry.next_at(row.attempts, failure, services.clock())
    if next_at is None:
        work.give_up(row, failure)
        return
    with services.unit_of_work() as uow:
        work.queue(uow).put_off(row.id, next_at, row.attempts if failure.counts else row.attempts - 1)
        work.put_off(uow, row, failure)
        uow.commit()

"""Work that waits: when it is due again, who has it in hand, and what becomes of it at last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.cases.model import DueNotice, NoticeKind
from bot.cases.ports.notices import Notices
from bot.cases.ports.store import Snapshot
from bot.cases.queues import Failure, Retry, Work, work_off
from bot.cases.services import Services
from tests.store_builders import Clock

RETRY = Retry(lease=timedelta(minutes=1), first=timedelta(seconds=2), longest=timedelta(seconds=10), attempts=4)
NOW = datetime.fromisoformat("2026-05-05T12:00:00+00:00")


@dataclass
class Errand(Work[DueNotice]):
    """Work that does as it is told, in the order of ``wrong``."""

    services: Services
    wrong: list[Failure | Callable[[], None]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    retry = RETRY

    def queue(self, uow: Snapshot) -> Notices:
        return uow.notices

    def due(self, uow: Snapshot, now: datetime) -> list[DueNotice]:
        return uow.notices.due(now)

    def do(self, row: DueNotice) -> bool:
        wrong = self.wrong.pop(0) if self.wrong else None
        if isinstance(wrong, Failure):
            self.reason = wrong
            raise RuntimeError(wrong.error)
        if wrong is not None:
            wrong()
        self.done.append(row.conversation_id)
        self._remove(row)
        return True

    def failure(self, row: DueNotice, error: Exception) -> Failure:
        return self.reason

    def give_up(self, row: DueNotice, failure: Failure) -> None:
        self.given_up.append(f"{failure.error} {row.attempts}")
        self._remove(row)

    def _remove(self, row: DueNotice) -> None:
        with self.services.unit_of_work() as uow:
            uow.notices.remove(row.id)
            uow.commit()


@pytest.fixture
def errand(services: Services) -> Errand:
    with services.unit_of_work() as uow:
        for talk in ("first", "second"):
            uow.notices.add(NoticeKind.ANSWER, talk, services.clock())
        uow.commit()
    return Errand(services)


@pytest.mark.parametrize(
    ("made", "failure", "seconds"),
    [
        (1, Failure("no answer"), 2),
        (2, Failure("no answer"), 4),
        (3, Failure("no answer"), 8),
        (3, Failure("busy", wait=timedelta(seconds=30)), 30),
        (4, Failure("no answer"), None),
        (4, Failure("busy", wait=timedelta(seconds=30)), None),
        (4, Failure("busy", wait=timedelta(seconds=30), counts=False), 30),
        (1, Failure("refused", for_good=True), None),
    ],
)
def test_when_work_is_due_again(made: int, failure: Failure, seconds: int | None) -> None:
    due = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert RETRY.next_at(made, failure, NOW) == due


def test_pauses_have_an_end_and_without_a_limit_it_goes_on_for_ever() -> None:
    for_ever = Retry(RETRY.lease, RETRY.first, RETRY.longest)
    assert for_ever.next_at(10_000, Failure("no answer"), NOW) == NOW + RETRY.longest


def test_what_is_due_is_done_once_and_the_oldest_first(services: Services, errand: Errand) -> None:
    assert [work_off(services, errand), work_off(services, errand)] == [2, 0]
    assert errand.done == ["first", "second"]


def test_what_fails_waits_its_time_and_holds_up_none_behind_it(
    services: Services, errand: Errand, clock: Clock
) -> None:
    errand.wrong = [Failure("no answer")]
    assert work_off(services, errand) == 1 and errand.done == ["second"]
    clock.passes(seconds=1.9)
    assert work_off(services, errand) == 0
    clock.passes(seconds=0.1)
    assert work_off(services, errand) == 1 and errand.done == ["second", "first"]


def test_what_was_tried_as_often_as_may_be_is_given_up_and_waits_that_were_asked_for_do_not_count(
    services: Services, errand: Errand, clock: Clock
) -> None:
    busy = Failure("busy", wait=timedelta(seconds=30), counts=False)
    errand.wrong = [busy, lambda: None, busy, *[Failure("no answer")] * 4]
    for _ in range(7):
        work_off(services, errand)
        clock.passes(seconds=30)
    assert errand.given_up == ["no answer 4"] and errand.done == ["second"]
    assert work_off(services, errand) == 0


def test_what_is_refused_is_given_up_at_once(services: Services, errand: Errand) -> None:
    errand.wrong = [Failure("refused", for_good=True)]
    work_off(services, errand)
    assert errand.given_up == ["refused 1"] and errand.done == ["second"]


def test_what_somebody_has_in_hand_or_has_put_off_meanwhile_is_left_alone(
    services: Services, errand: Errand, clock: Clock
) -> None:
    def meanwhile() -> None:
        """Another process takes the second, fails, and puts it off."""
        now = services.clock()
        with services.unit_of_work() as uow:
            (second,) = uow.notices.due(now)
            assert uow.notices.claim(second.id, now, now + RETRY.lease) is not None
            uow.notices.put_off(second.id, now + timedelta(seconds=5), 1)
            uow.commit()

    errand.wrong = [meanwhile]
    assert work_off(services, errand) == 1 and errand.done == ["first"]
    clock.passes(seconds=5)
    assert work_off(services, errand) == 1 and errand.done == ["first", "second"]


def test_what_a_process_had_in_hand_when_it_died_is_taken_after_its_lease(
    services: Services, errand: Errand, clock: Clock
) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    errand.wrong = [dies]
    with pytest.raises(KeyboardInterrupt):
        work_off(services, errand)
    assert work_off(services, errand) == 1 and errand.done == ["second"]
    clock.passes(seconds=RETRY.lease.total_seconds())
    assert work_off(services, errand) == 1 and errand.done == ["second", "first"]

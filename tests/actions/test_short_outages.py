"""The database is away for a moment while an action is at work: it is tried again, and nobody is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from actions import base
from bot.cases.services import Services
from tests.actions.talks import run


@contextmanager
def database_away(seconds: float, after: int) -> Iterator[None]:
    """After so many statements more every one fails, for so long."""
    left, until = [after], [0.0]

    def fail(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            until[0] = until[0] or time.monotonic() + seconds
            if time.monotonic() < until[0]:
                raise OperationalError("away", None, Exception("the server closed the connection"))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


def asks_for_a_person() -> list[str]:
    """What the bot says to a wish for a person."""
    return run("human", "talk_to_human")


@pytest.mark.parametrize("after", [0, 3, 9])
def test_a_moment_without_a_database_is_not_told(desk: Services, after: int) -> None:
    with database_away(0.4, after):
        assert asks_for_a_person() == ["utter_handed_over"]
    with desk.unit_of_work() as uow:
        assert len(uow.case_files.all()) == 1


def test_a_longer_one_is_and_nothing_is_half_done(desk: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "OUTAGE_SECONDS", 0.3)
    with database_away(60, 3):
        assert asks_for_a_person() == ["utter_sorry"]
    with desk.unit_of_work() as uow:
        assert uow.case_files.all() == []

"""Reading: nobody is waited for, one state is seen, and nothing is written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from sqlalchemy.exc import DBAPIError

from bot.cases.model import Author, StoredOrder
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from bot.store.unit_of_work import SqlSnapshot
from tests.store_builders import NOW, store_order


@contextmanager
def at_once() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 2, "it waited"


def the_order(services: Services) -> StoredOrder:
    with services.reading() as uow:
        stored = uow.orders.find("CC-104233")
    assert stored is not None
    return stored


def status(services: Services) -> OrderStatus:
    return the_order(services).order.status


@pytest.fixture
def stored(services: Services) -> StoredOrder:
    store_order(services)
    return the_order(services)


def test_who_reads_waits_for_no_writer_and_sees_what_was_before(services: Services, stored: StoredOrder) -> None:
    with services.unit_of_work() as uow:
        uow.orders.change(stored.id, status=OrderStatus.CANCELLED)
        with at_once():
            assert status(services) is OrderStatus.ACTIVE
        uow.commit()
    assert status(services) is OrderStatus.CANCELLED


def test_no_writer_waits_for_who_reads_and_one_state_is_seen(services: Services, stored: StoredOrder) -> None:
    with services.reading() as reading:
        assert reading.orders.number_of(stored.id) == "CC-104233"
        with at_once(), services.unit_of_work() as uow:
            uow.orders.change(stored.id, status=OrderStatus.CANCELLED)
            uow.commit()
        seen = reading.orders.find("CC-104233")
        assert seen is not None and seen.order.status is OrderStatus.ACTIVE


def test_writing_through_it_fails_loudly_and_holds_up_no_later_writer(services: Services, stored: StoredOrder) -> None:
    with services.reading() as uow, pytest.raises(DBAPIError, match=r"read.?only"):
        uow.orders.change(stored.id, status=OrderStatus.CANCELLED)
    with services.reading() as uow, pytest.raises(DBAPIError, match=r"read.?only"):
        uow.messages.add("talk", Author.BOT, {"text": "hello"}, NOW)
    with services.unit_of_work() as writing:  # on the connection of before
        writing.orders.change(stored.id, status=OrderStatus.CANCELLED)
        writing.commit()
    assert status(services) is OrderStatus.CANCELLED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_reads_waits_for_no_other_process_either(services: Services, stored: StoredOrder) -> None:
    with services.reading() as uow:
        assert isinstance(uow, SqlSnapshot)
        files = [engine.url.database for engine in (uow.connection.engine, uow.keys._engine)]
    with ExitStack() as others:
        for file in files:
            other = others.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
            other.execute("BEGIN IMMEDIATE")
        with at_once(), services.reading() as uow:
            assert isinstance(uow, SqlSnapshot)
            uow.keys._cache.clear()
            assert uow.customers.email_of(stored.customer_id) == "alex@example.com"

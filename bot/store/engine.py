"""The database: engines that behave the same for SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from bot.wording import CodedError


class StoreUnavailable(CodedError):
    """The database can't be used: one line that says why."""

    group = "store_error"


_LOCK_SECONDS = 8
_READS_ONLY = "reads_only"


def open_engine(url: str, *, future: bool = True) -> Engine:
    """An engine for the URL; nothing is connected yet. ``future``: in the style of SQLAlchemy 2.

    Raises StoreUnavailable for a URL that is none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable("no_url") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, parsed.database, future)
    return create_engine(
        url,
        future=future,
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=28,  # 32 in all, as many as asyncio has threads at most
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=8000 -c lock_timeout=5000"},
    )


def _sqlite(url: str, database: str | None, future: bool) -> Engine:
    if database and database != ":memory:":
        try:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
            _keep_private(Path(database))
        except OSError as error:
            raise StoreUnavailable("unusable_path", path=database, reason=str(error.strerror)) from None
    engine = create_engine(url, future=future, connect_args={"timeout": _LOCK_SECONDS})

    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own: `begin` below does
        _write_ahead(connection)
        connection.execute("PRAGMA foreign_keys=ON")

    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get(_READS_ONLY, False)
        connection.exec_driver_sql(f"PRAGMA query_only={int(reads_only)}")
        # A transaction that reads first and writes later would fail when another wrote in between.
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def connect_to_read(engine: Engine) -> Connection:
    """A connection whose transactions see the database as it was at their first look, and can't write: the attempt
    raises sqlalchemy.exc.DBAPIError. On SQLite they wait for no writer, and no writer waits for them."""
    connection: Connection = engine.connect()
    if engine.dialect.name == "sqlite":
        return connection.execution_options(**{_READS_ONLY: True})
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _keep_private(file: Path) -> None:
    """Make the file for its owner only, also one that is there, with SQLite's own files beside it. Raises OSError, and
    StoreUnavailable where others can read a file that is not ours to change."""
    # Never a file that is there: whoever closes it gives up all the locks on it that this process has, also SQLite's,
    # and another process then takes away the log of a database that is in use.
    with suppress(FileExistsError, PermissionError):  # SQLite tells
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for path in (file, *(file.with_name(f"{file.name}-{part}") for part in ("wal", "shm"))):
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
        except FileNotFoundError:
            continue
        except PermissionError:
            raise StoreUnavailable("readable_by_others", path=str(path)) from None


def _write_ahead(connection: Any) -> None:
    # While another process does the same to a new file, SQLite answers "locked" at once instead of waiting.
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def empty_write_ahead_log(engine: Engine) -> None:
    """Write SQLite's log into the database file and empty it: it still holds what was deleted or replaced."""
    connection = engine.raw_connection()
    try:
        for _ in range(20):
            busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not busy:
                return
            time.sleep(0.05)  # somebody reads; what stays is overwritten by the next checkpoint
    finally:
        connection.close()


def is_new(url: str) -> bool:
    """Whether it is a file of SQLite that is not there yet; looking at it would make it. Raises StoreUnavailable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable("no_url") from None
    return parsed.get_backend_name() == "sqlite" and bool(parsed.database) and not Path(str(parsed.database)).exists()

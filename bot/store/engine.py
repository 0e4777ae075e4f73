"""The database: engines that behave the same for SQLite and PostgreSQL, and migrations on start."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError


class StoreUnavailable(Exception):
    """The database can't be used; the message says why in one line."""


_LOCK_SECONDS = 8
_MIGRATION_LOCK = 7_310_442  # any number that only we use: an advisory lock of PostgreSQL


def open_engine(url: str, *, future: bool = True) -> Engine:
    """An engine for the URL; nothing is connected yet. ``future``: in the style of SQLAlchemy 2.

    Raises StoreUnavailable for a URL that is none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable("REFUND_DESK_DATABASE_URL is no database URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url, parsed.database, future)
    return create_engine(
        url,
        future=future,
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=4,
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=8000 -c lock_timeout=5000"},
    )


def _sqlite(url: str, database: str | None, future: bool) -> Engine:
    if database and database != ":memory:":
        try:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{database}: {error.strerror}") from None
    engine = create_engine(url, future=future, connect_args={"timeout": _LOCK_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own: `begin` below does
        _write_ahead(connection)
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail when another wrote in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


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


def migrate(engine: Engine, audit_key: bytes) -> None:
    """Bring the schema up to date; safe when several processes start at once. ``audit_key`` chains the rows that were
    there before the audit was. Raises StoreUnavailable."""
    config = Config()
    config.attributes["audit_key"] = audit_key
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable(f"the database can't be used: {reason}") from error

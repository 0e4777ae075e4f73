"""The database: engines that behave the same for SQLite and PostgreSQL, and migrations on start."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

if TYPE_CHECKING:
    from bot.store.keys import Keys


class StoreUnavailable(Exception):
    """The database can't be used; the message says why in one line."""


VERSION_TABLE = "refund_desk_version"
_LOCK_SECONDS = 8
_MIGRATION_LOCK = 7_310_442  # any number that only we use: an advisory lock of PostgreSQL


def open_engine(url: str, *, future: bool = True) -> Engine:
    """An engine for the URL; nothing is connected yet. ``future``: in the style of SQLAlchemy 2.

    Raises StoreUnavailable for a URL that is none.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable("it is no database URL") from None
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
            _keep_private(Path(database))
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
            raise StoreUnavailable(f"{path}: others can read it, and it belongs to somebody else: chmod 600") from None


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


def migrate(engine: Engine, keys: Keys) -> None:
    """Bring the schema up to date; safe when several processes start at once. Raises StoreUnavailable.

    Rows from before there was an audit are chained on the way, and personal data from before there were keys is sealed
    with them; no plain copy of it stays.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["keys"] = keys
    try:
        with engine.connect() as connection, _tables_may_be_made_anew(connection), connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if config.attributes.get("sealed"):
            _wipe(engine)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable(f"the database can't be used: {reason}") from error


def schema_version(engine: Engine) -> tuple[str | None, str, bool]:
    """The version of the schema in the database (None: it is empty), that of this program, and whether this program
    knows the former. Changes nothing. Raises StoreUnavailable."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(VERSION_TABLE):
                return None, str(scripts.get_current_head()), True
            found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable(f"the database can't be used: {reason}") from error
    known = {script.revision for script in scripts.walk_revisions()}
    return found, str(scripts.get_current_head()), found in known


@contextmanager
def _tables_may_be_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making its table anew, which foreign keys forbid while they are checked."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("PRAGMA secure_delete=ON")  # nor does the old table stay readable where it was
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _wipe(engine: Engine) -> None:
    """Write the tables anew: what was replaced or deleted stays in the files until then."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM")
        finally:
            connection.close()
        empty_write_ahead_log(engine)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as anew:
        anew.exec_driver_sql("SET statement_timeout = 0")
        anew.exec_driver_sql("SET lock_timeout = 0")
        anew.exec_driver_sql("VACUUM FULL")
        anew.invalidate()  # its time-out is not that of the others

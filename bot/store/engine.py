"""The database: engines that behave the same for SQLite and PostgreSQL, and migrations on start."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.store.schema import differences

if TYPE_CHECKING:
    from bot.store.keys import Keys


class StoreUnavailable(Exception):
    """The database can't be used; the message says why in one line."""


VERSION_TABLE = "refund_desk_version"
RESTORING = "refund_desk_restoring"
"""A table that is there while a backup is being restored, and stays if that does not end."""
MEND_SCHEMA = "restore a backup, or undo by hand what was changed"
_MOST_SHOWN = 3
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


def migrate(engine: Engine, keys: Keys, *, restoring: bool = False) -> None:
    """Bring the schema up to date; safe when several processes start at once. Raises StoreUnavailable, also for a
    schema that is not what its revision should have: then nothing is changed.

    Rows from before there was an audit are chained on the way, and personal data from before there were keys is sealed
    with them; no plain copy of it stays.
    """
    config = _config()
    config.attributes["keys"] = keys
    scripts = ScriptDirectory.from_config(config)
    with _told_in_one_line(), engine.connect() as connection, _tables_may_be_made_anew(connection), connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # many rows take a while
        if not restoring and inspect(connection).has_table(RESTORING):
            raise StoreUnavailable("a restore did not end here: make the database anew, and restore again")
        found = _revision(connection)
        if found is not None:
            _refuse_other_schemas(connection, scripts, found)
        if found != scripts.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    if config.attributes.get("sealed"):
        with _told_in_one_line():
            _wipe(engine)


def _refuse_other_schemas(connection: Connection, scripts: ScriptDirectory, revision: str) -> None:
    wanted = str(scripts.get_current_head())
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreUnavailable(f"it is of version {revision}, newer than this program ({wanted}): update the program")
    wrong = differences(connection, scripts, revision)
    if wrong:
        raise StoreUnavailable(f"{told_of_differences(revision, wrong)}; {MEND_SCHEMA}")


def told_of_differences(revision: str, wrong: list[str]) -> str:
    """In one line, what is wrong with a schema; not what to do about it."""
    more = f", and {len(wrong) - _MOST_SHOWN} more" if len(wrong) > _MOST_SHOWN else ""
    return f"its schema is not that of version {revision}: {', '.join(wrong[:_MOST_SHOWN])}{more}"


@dataclass(frozen=True)
class SchemaState:
    """How the schema of a database stands. ``found``: its version, None if it is empty; ``wanted``: that of this
    program; ``known``: whether this program knows the former; ``wrong``: how it differs from what its version should
    have."""

    found: str | None
    wanted: str
    known: bool
    wrong: list[str]


def schema_state(engine: Engine) -> SchemaState:
    """How the schema stands. Changes nothing. Raises StoreUnavailable."""
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    with _told_in_one_line(), engine.connect() as connection:
        found = _revision(connection)
        wrong = differences(connection, scripts, found) if found in known else []
    return SchemaState(found, str(scripts.get_current_head()), found is None or found in known, wrong)


def has_sealed_data(engine: Engine) -> bool:
    """Whether the database knows by which keys its personal data is sealed. Raises StoreUnavailable."""
    with _told_in_one_line(), engine.connect() as connection:
        return bool(inspect(connection).has_table("key_store"))


def is_new(url: str) -> bool:
    """Whether it is a file of SQLite that is not there yet; looking at it would make it. Raises StoreUnavailable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable("it is no database URL") from None
    return parsed.get_backend_name() == "sqlite" and bool(parsed.database) and not Path(str(parsed.database)).exists()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _revision(connection: Connection) -> str | None:
    """The version of the schema; None if the database is empty. Raises StoreUnavailable where it has none, or two."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()  # noqa: S608
    if len(found) != 1:
        raise StoreUnavailable(f"its version is not known: {VERSION_TABLE} has {len(found)} rows; {MEND_SCHEMA}")
    return str(found[0])


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable(f"the database can't be used: {reason}") from error
    except (CommandError, ValueError) as error:  # a row that no version of ours has written
        raise StoreUnavailable(f"the database can't be brought up to date: {type(error).__name__}") from error
    except FileNotFoundError as error:
        raise StoreUnavailable(f"{error.filename} is missing: `make schemas` writes it for a new migration") from error


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

"""The schema of the database: brought up to date on start, and compared with what its revision should have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.store.engine import StoreUnavailable, empty_write_ahead_log
from bot.store.keys import Keys
from bot.store.schema import differences

VERSION_TABLE = "refund_desk_version"
RESTORING = "refund_desk_restoring"
"""A table that is there while a backup is being restored, and stays if that does not end."""
_MOST_SHOWN = 3
_MIGRATION_LOCK = 7_310_442  # any number that only we use: an advisory lock of PostgreSQL


def migrate(engine: Engine, keys: Keys, *, restoring: bool = False) -> None:
    """Bring the schema up to date; safe when several processes start at once. Raises StoreUnavailable, also for a
    schema that is not what its revision should have: then nothing is changed.

    Rows from before there was an audit are chained on the way, and personal data from before there were keys is sealed
    with them; no plain copy of it stays.
    """
    config = _config()
    config.attributes["keys"] = keys
    scripts = _scripts()
    with _told_in_one_line(), engine.connect() as connection, _tables_may_be_made_anew(connection), connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # many rows take a while
        if not restoring and inspect(connection).has_table(RESTORING):
            raise StoreUnavailable("restoring")
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
        raise StoreUnavailable("newer", revision=revision, wanted=wanted)
    wrong = differences(connection, scripts, revision)
    if wrong:
        raise StoreUnavailable("other_schema", **told_of_schema(revision, wrong))


def told_of_schema(revision: str, wrong: list[str]) -> dict[str, Any]:
    """What is wrong with a schema: the values of the message ``schema_differs``."""
    more = max(len(wrong) - _MOST_SHOWN, 0)
    return {"revision": revision, "differences": tuple(wrong[:_MOST_SHOWN]), "more": more}


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
    scripts = _scripts()
    known = {script.revision for script in scripts.walk_revisions()}
    with _told_in_one_line(), engine.connect() as connection:
        found = _revision(connection)
        wrong = differences(connection, scripts, found) if found in known else []
    return SchemaState(found, str(scripts.get_current_head()), found is None or found in known, wrong)


def has_sealed_data(engine: Engine) -> bool:
    """Whether the database knows by which keys its personal data is sealed. Raises StoreUnavailable."""
    with _told_in_one_line(), engine.connect() as connection:
        return bool(inspect(connection).has_table("key_store"))


@cache
def _scripts() -> ScriptDirectory:
    """The migrations: to read all of them takes half of what a look at the schema does."""
    return ScriptDirectory.from_config(_config())


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
        raise StoreUnavailable("unknown_version", table=VERSION_TABLE, rows=len(found))
    return str(found[0])


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable("unusable", reason=reason) from error
    except (CommandError, ValueError) as error:  # a row that no version of ours has written
        raise StoreUnavailable("no_upgrade", error=type(error).__name__) from error
    except FileNotFoundError as error:
        raise StoreUnavailable("no_schema_file", path=str(error.filename)) from error


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

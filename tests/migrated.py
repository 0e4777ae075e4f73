"""Empty stores in plenty: migrated once in each test process, then copied. A schema made anew for each test was a
quarter of the whole run."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from bot.bootstrap import bootstrap, keys_of
from bot.cases.services import Services
from bot.settings import Settings
from bot.store.engine import open_engine
from bot.store.schema import description
from bot.store.settings import StoreSettings
from bot.store.tables import metadata
from bot.store.upgrades import VERSION_TABLE, migrate
from tests.store_builders import Clock

# Any database of the server at hand; the tests make their own beside it.
POSTGRES = os.environ.get("POSTGRES_TEST_URL", "postgresql://root@127.0.0.1:5432/postgres")

_config = Config()
_config.set_main_option("script_location", "bot:store/migrations")
REVISIONS = [script.revision for script in ScriptDirectory.from_config(_config).walk_revisions()][::-1]
"""All revisions of the schema, the first one first."""

_folders: list[tempfile.TemporaryDirectory[str]] = []
_numbers = itertools.count(1)


def copy_home(home: Path, database: str = "refund-desk.db") -> None:
    """Put a secret, its keys, and a migrated, empty SQLite store of that name into a data folder."""
    home.mkdir(parents=True, exist_ok=True)
    for entry in Path(_home(), "data").iterdir():
        shutil.copy(entry, home / (database if entry.name == "refund-desk.db" else entry.name))


def sqlite_store(home: Path) -> str:
    """The URL of a migrated, empty SQLite store, whose keys are put into this data folder. It is at the same place each
    time, so that SQLAlchemy need not compile each statement anew for each test."""
    store = Path(_home()) / "store"
    shutil.rmtree(store, ignore_errors=True)  # with the log of the last one
    copy_home(home, "unused.db")
    store.mkdir()
    (home / "unused.db").rename(store / "test.db")
    return f"sqlite:///{store}/test.db"


def alembic_config(settings: Settings) -> Config:
    """What Alembic is run with, but for the connection."""
    config = Config()
    config.set_main_option("script_location", "bot:store/migrations")
    config.attributes["keys"] = keys_of(settings)
    return config


def at_revision(database_url: str, revision: str, home: Path, statements: Sequence[str]) -> None:
    """Make a database as that migration left it, and put rows into it; the keys are those of the data folder."""
    config = alembic_config(Settings(home=home, database_url=database_url))
    engine = open_engine(database_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def changes_of_revisions(database_url: str, home: Path) -> dict[str, list[str]]:
    """What each migration changes in an empty database, by the name of its file in ``bot.store.schema.FOLDER``."""
    config = alembic_config(Settings(home=home, database_url=database_url))
    engine = open_engine(database_url)
    changes: dict[str, list[str]] = {}
    before: set[str] = set()
    for revision in REVISIONS:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            after = {line for line in description(connection) if not line.startswith(f"{VERSION_TABLE}:")}
        lines = [*(f"- {line}" for line in sorted(before - after)), *(f"+ {line}" for line in sorted(after - before))]
        changes[f"{revision}.{engine.dialect.name}.txt"] = lines
        before = after
    engine.dispose()
    return changes


def a_shop(clock: Clock, folder: str) -> Services:
    """Services over ``sqlite_store``, whose keys are in this folder."""
    return bootstrap(Settings(home=Path(folder), database_url=sqlite_store(Path(folder))), clock)


class Postgres:
    """The PostgreSQL server of this machine, and a migrated database of this process on it that is emptied rather than
    made anew: each drop of a database makes the server write everything to the disk.

    Raises sqlalchemy.exc.OperationalError where there is no server."""

    def __init__(self) -> None:
        self._server = sa.create_engine(
            POSTGRES, future=True, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
        )
        self._do("SELECT 1")
        self._name = f"refund_desk_test_{os.getpid()}"
        self._migrated: Engine | None = None
        self._schema = ""
        self._rows: dict[str, Sequence[Any]] = {}

    def close(self) -> None:
        """Drop what was made."""
        self._drop_migrated()
        self._server.dispose()

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a new, empty database, dropped at the end."""
        name = f"{self._name}_{next(_numbers)}"
        self._create(name)
        try:
            yield _url(name)
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def migrated(self) -> str:
        """The URL of the migrated database, with the rows of the migrations alone; ``copy_home`` has its keys."""
        if self._migrated is not None and not self._emptied():
            self._drop_migrated()  # a test has changed the schema
        if self._migrated is None:
            self._create(self._name)
            self._migrated = sa.create_engine(_url(self._name), future=True)
            _migrate(Settings(home=Path(_home(), "data"), database_url=_url(self._name)))
            with self._migrated.begin() as connection:
                self._schema = _schema(connection)
                found = {name: connection.execute(sa.select(table)) for name, table in metadata.tables.items()}
                self._rows = {name: rows for name, result in found.items() if (rows := result.mappings().all())}
        return _url(self._name)

    def _emptied(self) -> bool:
        assert self._migrated is not None
        self._do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'")
        self._migrated.dispose()
        with self._migrated.begin() as connection:
            if _schema(connection) != self._schema:
                return False
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # rows may only be added
            for table in metadata.sorted_tables:
                connection.execute(table.delete())  # quicker than TRUNCATE, which makes new files
            connection.execute(sa.text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"))
            for table, rows in self._rows.items():
                connection.execute(metadata.tables[table].insert(), rows)
        return True

    def _create(self, name: str) -> None:
        self._do(f"CREATE DATABASE {name} TEMPLATE template0")
        self._do(f"ALTER DATABASE {name} SET synchronous_commit = off")  # nobody cuts the power in a test

    def _drop_migrated(self) -> None:
        if self._migrated is not None:
            self._migrated.dispose()
            self._migrated = None
            self._do(f"DROP DATABASE {self._name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(sa.text(statement))


def _schema(connection: Connection) -> str:
    columns = (
        "SELECT relname || attname || format_type(atttypid, atttypmod) || attnotnull FROM pg_attribute "
        "JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace"
    )
    triggers = "SELECT tgrelid::regclass || tgname || tgenabled::text FROM pg_trigger"
    constraints = "SELECT conrelid::regclass || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    version = f"SELECT version_num FROM {VERSION_TABLE}"
    queries = " UNION ALL ".join(f"({query})" for query in (columns, triggers, constraints, version))
    found = connection.execute(sa.text(f"SELECT md5(string_agg(x, ',' ORDER BY x)) FROM ({queries}) AS all_of_it(x)"))
    return str(found.scalar_one())


@lru_cache
def _home() -> str:
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)  # it goes with the process
    _migrate(Settings(home=Path(folder.name, "data")))
    return folder.name


def _migrate(settings: Settings) -> None:
    engine = open_engine(settings[StoreSettings].database_url)
    migrate(engine, keys_of(settings))
    engine.dispose()  # or SQLite keeps its log beside the file


def _url(name: str) -> str:
    return sa.engine.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)

"""Services over a fresh database, for every test once on SQLite and once on PostgreSQL, with a clock of its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.ports import Services
from bot.settings import Settings
from tests.store_builders import Clock

# Any database of the server at hand; the tests make their own beside it.
POSTGRES = os.environ.get("POSTGRES_TEST_URL", "postgresql://root@127.0.0.1:5432/postgres")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests must not reach them."""
    for name in list(os.environ):
        if name.startswith("REFUND_DESK_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of our own on the PostgreSQL server of this machine, dropped at the end."""
    name = f"refund_desk_test_{os.getpid()}"
    server = sa.create_engine(POSTGRES, future=True, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with server.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    except sa.exc.OperationalError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs PostgreSQL at {POSTGRES}: {error.orig}")
        warnings.warn("NO POSTGRESQL: the tests on it are skipped. Start it, or set POSTGRES_TEST_URL.", stacklevel=1)
        pytest.skip("no PostgreSQL server")
    yield sa.engine.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    """The database of our own, emptied."""
    engine = sa.create_engine(postgres_url, future=True)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A bare connection to the database, without the store."""
    engine = sa.create_engine(database_url, future=True)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """Noon of a plain Wednesday in New York."""
    return Clock()


@pytest.fixture
def services(database_url: str, clock: Clock, tmp_path: Path) -> Services:
    """The services over the empty, migrated database."""
    return bootstrap(Settings(home=tmp_path, database_url=database_url), clock)

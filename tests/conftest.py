"""Services over a fresh database, for every test once on SQLite and once on PostgreSQL, with a clock of its own."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import certifi
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import PROCESS, bootstrap
from bot.cases.services import Services
from bot.settings import Settings
from bot.store.engine import open_engine
from bot.wording import catalogue
from tests.migrated import POSTGRES, Postgres, copy_home, sqlite_store
from tests.store_builders import Clock

# Files that are gone with the test need no disk: waiting for it was a third of the time of tests with databases.
MEMORY, ENOUGH = Path("/dev/shm"), 2 * 1024**3


if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None


# Nothing here speaks TLS, and httpx reads a hundred and more certificates for each of the tests' requests: 30 ms.
if "SSL_CERT_FILE" not in os.environ:
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as one_certificate:
        one_certificate.write(Path(certifi.where()).read_text().partition("-----END")[0])
        one_certificate.write("-----END CERTIFICATE-----\n")
    os.environ["SSL_CERT_FILE"] = one_certificate.name
    atexit.register(Path(one_certificate.name).unlink, missing_ok=True)

FIRST = ("messaging", "e2e", "attacks/test_hostile", "browser", "faults", "attacks", "helpdesks")
"""What takes longest, so that no worker is left with it at the end."""

ONE_BROWSER = "tests/browser"
"""Two at once would be slow and get in each other's way."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is started for a package or a module is started once: its tests go to one worker. Others go to whichever is
    free."""
    for item in items:
        folder, _, module = item.nodeid.partition("::")[0].rpartition("/")
        found = [fixture for fixtures in item._fixtureinfo.name2fixturedefs.values() for fixture in fixtures]
        scopes = {fixture.scope for fixture in found if fixture.baseid}
        if "package" in scopes or folder == ONE_BROWSER:
            item.add_marker(pytest.mark.xdist_group(folder))
        elif "module" in scopes:
            item.add_marker(pytest.mark.xdist_group(f"{folder}/{module}"))
    items.sort(key=_place)
    gc.freeze()  # what is imported stays: looking through it again and again takes a tenth of the time
    gc.set_threshold(20_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many have passed of what tests record as a property, by kind: for the model card, too."""
    counts: dict[str, Counter[tuple[str, object]]] = {"passed": Counter(), "failed": Counter()}
    for outcome, count in counts.items():
        for report in terminalreporter.getreports(outcome):
            count.update(report.user_properties if report.when == "call" else ())
    for subject in sorted({subject for count in counts.values() for subject, _ in count}):
        kinds = sorted({kind for count in counts.values() for of, kind in count if of == subject})
        terminalreporter.write_line(f"\n| {subject} | run | passed |\n| --- | --- | --- |")
        for kind in kinds:
            passed = counts["passed"][subject, kind]
            terminalreporter.write_line(f"| {kind} | {passed + counts['failed'][subject, kind]} | {passed} |")


def _place(item: pytest.Item) -> int:
    return next((place for place, part in enumerate(FIRST) if item.nodeid.startswith(f"tests/{part}")), len(FIRST))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests must not reach them, nor ``--demo`` the next test."""
    monkeypatch.setattr(PROCESS, "demo", False)
    for name in list(os.environ):
        if name.startswith("REFUND_DESK_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_words_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message or value that is missing is an error, and not only logged."""

    def fail(problem: str) -> None:
        raise AssertionError(f"missing: {problem}")

    monkeypatch.setattr(catalogue, "on_missing", fail)


@pytest.fixture(scope="session", autouse=True)
def one_engine_for_each_database() -> Iterator[None]:
    """Statements are compiled once for each engine: a fifth of the time of a test with a database of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.bootstrap.open_engine", lru_cache(maxsize=8)(open_engine))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this machine."""
    try:
        server = Postgres()
    except sa.exc.OperationalError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs PostgreSQL at {POSTGRES}: {error.orig}")
        warnings.warn("NO POSTGRESQL: the tests on it are skipped. Start it, or set POSTGRES_TEST_URL.", stacklevel=1)
        pytest.skip("no PostgreSQL server")
    yield server
    server.close()


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of our own on the PostgreSQL server."""
    with postgres.empty() as url:
        yield url


@pytest.fixture
def migrated() -> None:
    """Whoever asks for it has ``database_url`` migrated, and its keys in ``tmp_path``."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database: empty, unless the test asks for ``migrated``."""
    migrated = "migrated" in request.fixturenames
    if request.param == "sqlite":
        return sqlite_store(tmp_path) if migrated else f"sqlite:///{tmp_path}/test.db"
    if not migrated:
        return str(request.getfixturevalue("empty_postgres_url"))
    copy_home(tmp_path, "unused.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.migrated()


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
def services(migrated: None, database_url: str, clock: Clock, tmp_path: Path) -> Services:
    """The services over the migrated database, with nothing in it."""
    return bootstrap(Settings(home=tmp_path, database_url=database_url), clock)

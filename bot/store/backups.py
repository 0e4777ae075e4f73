"""Backups: the database, the keys and the secret, each in a folder of its own, so that they can go to different places.

    DIR/data/database.db or database.dump, manifest.json
    DIR/keys/keys.db or keys.dump, manifest.json
    DIR/secret/secret

The keys are copied after the data: the key of each row was there before the row, so none is missing; and one that was
forgotten in between is an erasure that a restore finishes. A manifest is signed with a key made of the secret, and is
written when all else is on the disk: a backup without it is none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import platform
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy
from sqlalchemy import func, inspect, select, text
from sqlalchemy.engine import Connection, Engine, make_url

from bot.store import postgres_tools
from bot.store import tables as t
from bot.store.engine import StoreUnavailable, open_engine
from bot.store.keys import Keys, backup_key
from bot.store.unit_of_work import SqlSnapshot
from bot.store.upgrades import schema_state, told_of_schema
from bot.wording import CodedError, say

FORMAT = 1
DATA, KEYS, SECRET = "data", "keys", "secret"
MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1_000_000
_TABLES = (*t.metadata.tables.values(), t.events)


class BackupError(CodedError):
    """A backup can't be made, or one can't be used: one line that says why."""

    group = "backup_error"


@dataclass(frozen=True)
class Manifest:
    """What is in a part of a backup. ``part`` is DATA or KEYS; ``made_at`` when the backup was begun, in UTC;
    ``installation`` the fingerprint of the keys, by which parts know each other; ``settings`` the names of the
    variables that were set, never their values."""

    format: int
    part: str
    made_at: str
    installation: str
    dialect: str
    revision: str
    file: str
    size: int
    sha256: str
    rows: dict[str, int]
    versions: dict[str, str]
    settings: list[str]

    @property
    def time(self) -> datetime:
        """When the backup was begun."""
        return datetime.fromisoformat(self.made_at)

    def signed(self, key: bytes) -> str:
        """As the file has it."""
        return json.dumps({**asdict(self), "mac": _mac(asdict(self), key)}, indent=2, sort_keys=True) + "\n"


def read_manifest(folder: Path, part: str, key: bytes) -> Manifest:
    """The manifest of a part. Raises BackupError."""
    path = folder / part / MANIFEST
    try:
        with open_file(path) as file:
            values = json.loads(file.read(_LARGEST_MANIFEST))
        mac = values.pop("mac")
        if not isinstance(mac, str) or not hmac.compare_digest(mac.encode(), _mac(values, key).encode()):
            raise BackupError("manifest_changed", path=str(path))
        manifest = Manifest(**values)
    except FileNotFoundError:
        raise BackupError("no_manifest", path=str(path)) from None
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise BackupError("unreadable_manifest", path=str(path)) from None
    if manifest.format != FORMAT or manifest.part != part:
        raise BackupError("other_manifest", path=str(path), part=part, format=FORMAT)
    return manifest


def back_up(
    folder: Path, *, database_url: str, keys_url: str, keys: Keys, secret: str, settings: list[str]
) -> tuple[Manifest, Manifest]:
    """Make a backup while the bot may be running; what it holds. Raises BackupError, and StoreUnavailable: then nothing
    is left of it."""
    engine, keys_engine = open_engine(database_url), open_engine(keys_url)
    state = schema_state(engine)
    if state.found is None:
        raise BackupError("nothing_there")
    if not state.known or state.wrong:
        wrong = state.wrong or [say("schema_newer")]
        raise BackupError("other_schema", **told_of_schema(state.found, wrong))
    with SqlSnapshot(engine, keys) as uow:
        if not uow.personal.keys_fit():
            raise BackupError("keys_of_no_database")
    at = datetime.now(timezone.utc)
    common: dict[str, Any] = {
        "format": FORMAT,
        "installation": keys.fingerprint,
        "versions": {"python": platform.python_version(), "sqlalchemy": sqlalchemy.__version__},
        "settings": settings,
        "made_at": at.isoformat(),
    }
    with _emptied_on_failure(folder):
        keys.mark_backup(at)
        for part in (DATA, KEYS, SECRET):
            (folder / part).mkdir(mode=0o700)
        parts = []
        for part, of, source in ((DATA, engine, database_url), (KEYS, keys_engine, keys_url)):
            sqlite = of.dialect.name == "sqlite"
            file = folder / part / f"{'database' if part == DATA else 'keys'}.{'db' if sqlite else 'dump'}"
            rows = _copy_sqlite(source, file) if sqlite else _dump_postgresql(of, source, file)
            values: dict[str, Any] = {
                "part": part,
                "dialect": of.dialect.name,
                "revision": state.found if part == DATA else "",
            }
            size, digest = size_and_digest(file)
            values |= {"file": file.name, "size": size, "sha256": digest, "rows": rows}
            parts.append(Manifest(**common, **values))
        write_private(folder / SECRET / "secret", f"{secret}\n")
        for manifest in reversed(parts):  # that of the data is the last
            write_private(folder / manifest.part / MANIFEST, manifest.signed(backup_key(secret)))
            _to_disk(folder / manifest.part)
    return parts[0], parts[1]


def open_file(path: Path) -> BinaryIO:
    """A file of a backup for reading, and no link to another. Raises FileNotFoundError and BackupError."""
    if path.parent.is_symlink():
        raise BackupError("folder_is_link", path=str(path.parent))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise BackupError("file_is_link", path=str(path)) from None
        raise BackupError("unusable_path", path=str(path), reason=str(error.strerror)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BackupError("no_file", path=str(path))
    return os.fdopen(descriptor, "rb")


def write_private(path: Path, content: str) -> None:
    """A new file for its owner only, on the disk when this returns. Raises OSError."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def size_and_digest(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file, which is on the disk then."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
        os.fsync(file.fileno())
        return file.tell(), digest.hexdigest()


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has that is there."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in _TABLES
        if table.name in there
    }


def _copy_sqlite(url: str, into: Path) -> dict[str, int]:
    # One transaction that reads; writers go on. What was deleted is not copied.
    os.close(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    source = Path(str(make_url(url).database)).absolute().as_uri() + "?mode=rw"
    try:
        with closing(sqlite3.connect(source, uri=True, timeout=60, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(into),))
    except sqlite3.Error as error:
        raise StoreUnavailable("copy_failed", reason=str(error)) from error
    engine = sqlalchemy.create_engine(f"sqlite:///{into}", future=True)
    try:
        with engine.connect() as copied:
            return row_counts(copied)
    finally:
        engine.dispose()


def _dump_postgresql(engine: Engine, url: str, into: Path) -> dict[str, int]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        snapshot: str = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        rows = row_counts(connection)
        postgres_tools.dump(url, server_version(connection), snapshot, into)
        return rows


def server_version(connection: Connection) -> int:
    """The major version of a PostgreSQL server."""
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


@contextmanager
def _emptied_on_failure(folder: Path) -> Iterator[None]:
    """Make the folder, or take an empty one; what was begun in it goes if it does not end well."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError("folder_not_empty", path=str(folder))
    except OSError as error:
        raise BackupError("unusable_path", path=str(folder), reason=str(error.strerror)) from None
    try:
        yield
    except BaseException as error:
        for part in (DATA, KEYS, SECRET):
            shutil.rmtree(folder / part, ignore_errors=True)
        if isinstance(error, OSError):
            path = str(error.filename or folder)
            raise BackupError("unusable_path", path=path, reason=str(error.strerror)) from None
        raise


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mac(values: dict[str, Any], key: bytes) -> str:
    return hmac.new(key, json.dumps(values, sort_keys=True).encode(), hashlib.sha256).hexdigest()

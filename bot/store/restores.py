"""Restoring a backup: into an empty place, and so that the bot knows that it went back.

First everything is looked at; then the keys, the secret and the data are put in place, the data last. The data are
migrated, what was erased since is erased again, and the restore is written down (``after_restore``), before anything
can start on them: on SQLite beside the place where the database is to be, on PostgreSQL behind a table that stops every
start.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.cases.model import Restored
from bot.cases.ports.audit import AuditProblem
from bot.store import postgres_tools
from bot.store import tables as t
from bot.store.backups import (
    DATA,
    KEYS,
    SECRET,
    BackupError,
    Manifest,
    open_file,
    read_manifest,
    row_counts,
    server_version,
    write_private,
)
from bot.store.engine import StoreUnavailable, is_new, open_engine
from bot.store.keys import Keys, backup_key, open_keys
from bot.store.unit_of_work import SqlUnitOfWork
from bot.store.upgrades import RESTORING, migrate, schema_state


@dataclass(frozen=True)
class Restoring:
    """What came of a restore: the backup of the data, how many customers and conversations were erased again, and what
    the audit chain finds wrong."""

    data: Manifest
    erased: tuple[int, int]
    problems: list[AuditProblem]


def secret_of(folder: Path) -> str | None:
    """The secret of a backup; None if that part is not there. Raises BackupError."""
    try:
        with open_file(folder / SECRET / "secret") as file:
            return str(file.read(10_000).decode("utf-8").strip())
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise BackupError("secret_no_text", path=str(folder / SECRET / "secret")) from None


def restore(
    folder: Path, *, database_url: str, keys_url: str, secret: str, secret_file: Path | None, at: datetime
) -> Restoring:
    """Restore a backup into an empty database. Keys that are in place already are used as they are, and know what was
    erased since; else those of the backup. ``secret_file`` is where the secret is to be written, if anywhere.

    Raises BackupError and StoreUnavailable.
    """
    data = read_manifest(folder, DATA, backup_key(secret))
    _check_target(data, database_url, "REFUND_DESK_DATABASE_URL")
    if _tables_in(database_url):
        raise BackupError("database_not_empty")
    in_place = bool(_tables_in(keys_url))
    try:
        with _checked(folder, data) as file:
            if not in_place:
                _restore_keys(folder, data, keys_url, secret)
            keys = open_keys(keys_url, secret, new=False)
            if keys.fingerprint != data.installation:
                raise BackupError("keys_there_foreign")
            known = keys.last_backup()
            if known is None or known < data.time:
                raise BackupError("keys_there_older")
            if secret_file is not None and not secret_file.exists():
                secret_file.parent.mkdir(parents=True, exist_ok=True)
                write_private(secret_file, f"{secret}\n")
            return _put_data(data, file, database_url, keys, at)
    except OSError as error:
        raise BackupError("unusable_path", path=str(error.filename), reason=str(error.strerror)) from None


def _restore_keys(folder: Path, data: Manifest, url: str, secret: str) -> None:
    of_keys = read_manifest(folder, KEYS, backup_key(secret))
    _check_target(of_keys, url, "REFUND_DESK_KEYS_URL")
    if of_keys.installation != data.installation:
        raise BackupError("keys_foreign")
    if of_keys.time < data.time:
        raise BackupError("keys_older", keys_at=of_keys.made_at, data_at=data.made_at)
    with _checked(folder, of_keys) as file:
        _put_keys(of_keys, file, url)


def _put_data(data: Manifest, file: BinaryIO, url: str, keys: Keys, at: datetime) -> Restoring:
    if data.dialect == "sqlite":
        place = Path(str(make_url(url).database))
        with _beside(place) as beside:
            _write(file, beside)
            engine = open_engine(f"sqlite:///{beside}")
            try:
                return _finish(engine, data, keys, at)
            finally:
                engine.dispose()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {RESTORING} (id INTEGER)"))
    try:
        _load(engine, url, file)
    except StoreUnavailable:
        with engine.begin() as connection:  # nothing was put in
            connection.execute(text(f"DROP TABLE {RESTORING}"))
        raise
    return _finish(engine, data, keys, at)


def _finish(engine: Engine, data: Manifest, keys: Keys, at: datetime) -> Restoring:
    """All that has to be done before a start may use the data."""
    with engine.connect() as connection:
        found = row_counts(connection)
    if found != data.rows or schema_state(engine).found != data.revision:
        raise BackupError("restored_otherwise")
    migrate(engine, keys, restoring=True)
    with SqlUnitOfWork(engine, keys) as uow:
        if not uow.personal.keys_fit():
            raise BackupError("keys_of_other_data")
        problems = uow.audit.verify()[1]
        erased = uow.personal.finish_erasures(at)
        for table in (t.agent_sessions, t.agent_links):  # what was ended or used since is not good again
            uow.connection.execute(table.delete())
        uow.restores.add(Restored(at, data.time))
        uow.connection.execute(text(f"DROP TABLE IF EXISTS {RESTORING}"))
        uow.commit()
    return Restoring(data, erased, problems)


def _put_keys(of_keys: Manifest, file: BinaryIO, url: str) -> None:
    if of_keys.dialect == "sqlite":
        with _beside(Path(str(make_url(url).database))) as beside:
            _write(file, beside)
    else:
        _load(open_engine(url), url, file)


def _load(engine: Engine, url: str, file: BinaryIO) -> None:
    with engine.connect() as connection:
        version = server_version(connection)
    postgres_tools.load(url, version, file)


def _check_target(manifest: Manifest, url: str, variable: str) -> None:
    named = "sqlite" if url.startswith("sqlite") else "postgresql"
    if manifest.dialect != named:
        told = {"part": manifest.part, "dialect": manifest.dialect, "variable": variable, "named": named}
        raise BackupError("other_dialect", **told)


def _tables_in(url: str) -> list[str]:
    if is_new(url):
        return []
    if url.startswith("sqlite"):
        return _tables_in_file(Path(str(make_url(url).database)))
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return list(inspect(connection).get_table_names())
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailable("unusable", reason=reason) from error
    finally:
        engine.dispose()


def _tables_in_file(file: Path) -> list[str]:
    # Not as ours, which would change it.
    try:
        with closing(sqlite3.connect(file.absolute().as_uri() + "?mode=rw", uri=True)) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    except sqlite3.Error as error:
        raise StoreUnavailable("unusable_file", path=str(file), reason=str(error)) from error


@contextmanager
def _checked(folder: Path, manifest: Manifest) -> Iterator[BinaryIO]:
    """A file of a backup, open, after it was found to be what its manifest says."""
    path = folder / manifest.part / manifest.file
    try:
        opened = open_file(path)
    except FileNotFoundError:
        raise BackupError("no_such_file", path=str(path)) from None
    with opened as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
        if (file.tell(), digest.hexdigest()) != (manifest.size, manifest.sha256):
            raise BackupError("file_changed", path=str(path), size=file.tell(), was=manifest.size)
        file.seek(0)
        os.lseek(file.fileno(), 0, os.SEEK_SET)  # a program that is given the file reads on from there
        yield file


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Where a file of SQLite is made ready before it takes its place, all at once."""
    beside = place.with_name(f"{place.name}.restoring")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove(beside)
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        _remove(place)
        beside.replace(place)
    finally:
        _remove(beside)


def _remove(place: Path) -> None:
    for path in (place, *(place.with_name(f"{place.name}-{part}") for part in ("wal", "shm"))):
        path.unlink(missing_ok=True)


def _write(file: BinaryIO, into: Path) -> None:
    with os.fdopen(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)

"""PostgreSQL's own programs, which write and read its dumps. No password is on a command line or in an environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import URL, make_url

from bot.store.engine import StoreUnavailable


def dump(url: str, server_version: int, snapshot: str, into: Path) -> None:
    """Write what a snapshot of the database holds to a file, for its owner only. Raises StoreUnavailable."""
    program = _program("pg_dump", server_version)
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={into}")
    _run([program, *options], url, None)


def load(url: str, server_version: int, dumped: BinaryIO) -> None:
    """Put a dump into a database: all of it or nothing. Raises StoreUnavailable."""
    program = _program("pg_restore", server_version)
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _run([program, *options], url, dumped)


def _program(name: str, server_version: int) -> str:
    path = shutil.which(name)
    if path is None:
        raise StoreUnavailable("no_program", program=name, version=server_version)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"\) (\d+)", said)
    if version is None or int(version[1]) < server_version:
        found = version[1] if version else "unknown"
        raise StoreUnavailable("old_program", program=name, found=found, version=server_version)
    return path


def _run(command: list[str], url: str, stdin: BinaryIO | None) -> None:
    with _connection(make_url(url)) as (database, passwords):
        ours = {name: value for name, value in os.environ.items() if not name.startswith("REFUND_DESK_")}
        done = subprocess.run(  # noqa: S603
            [*command, f"--dbname={database}"],
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**ours, "PGPASSFILE": passwords, "LC_ALL": "C"},
            umask=0o077,
            check=False,
        )
    if done.returncode:
        program, said = Path(command[0]).name, done.stderr.decode("utf-8", "replace").strip().splitlines()
        if not said:
            raise StoreUnavailable("program_failed", program=program)
        reason = said[0].partition("error: ")[2] or said[0]
        raise StoreUnavailable("program_failed_because", program=program, reason=reason)


@contextmanager
def _connection(url: URL) -> Iterator[tuple[str, str]]:
    """The database's address without its password, and the name of a file that has it."""
    password = url.password or url.query.get("password")
    query = {name: value for name, value in url.query.items() if name != "password"}
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    if password is None:
        yield address.render_as_string(), os.environ.get("PGPASSFILE", str(Path.home() / ".pgpass"))
        return
    with tempfile.TemporaryDirectory() as folder:  # for its owner only
        file = Path(folder, "passwords")
        escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as passwords:
            passwords.write(f"*:*:*:*:{escaped}\n")
        yield address.render_as_string(), str(file)

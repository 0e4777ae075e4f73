"""The services of the actions over an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.base import services
from bot.cases.services import Services
from tests.migrated import copy_home


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The services that the actions of this process find, with a data folder of their own."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    monkeypatch.setenv("REFUND_DESK_BUSINESS_HOURS", "always")  # or the bot would say other things by night
    services.cache_clear()
    copy_home(tmp_path)
    yield services()
    services.cache_clear()

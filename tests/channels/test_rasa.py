"""The seams of Rasa that the server patches: they must still be where they were."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import rasa
from rasa.core.actions import action
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import rasa_patches
from bot.channels.tracker_store import SafeTrackerStore


def test_the_patches_are_written_for_the_rasa_that_is_installed() -> None:
    assert rasa.__version__ == rasa_patches.PATCHED_RASA
    assert action.DEFAULT_REQUEST_TIMEOUT
    for name in ("on_tracker_store_error", "on_tracker_store_retrieve_error"):
        assert hasattr(FailSafeTrackerStore, name)
    assert hasattr(action.RemoteAction, "_validate_action_result")


def test_an_error_of_the_database_is_not_answered_from_a_blank_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    rasa_patches.apply()
    inner = SafeTrackerStore(Domain.empty())
    store = FailSafeTrackerStore(inner)
    tracker = DialogueStateTracker.from_events("talk", [UserUttered("hello")])
    asyncio.run(store.save(tracker))
    kept = asyncio.run(store.retrieve("talk"))
    assert kept is not None and kept.latest_message is not None and kept.latest_message.text == "hello"
    with inner.engine.begin() as connection:
        connection.execute(text("DROP TABLE events"))
    with pytest.raises(SQLAlchemyError):
        asyncio.run(store.retrieve("talk"))
    with pytest.raises(SQLAlchemyError):
        asyncio.run(store.save(tracker))

"""The seams of Rasa that the server patches: they must still be where they were."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import rasa
from rasa.core.actions import action
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.http import rasa_patches
from bot.http.tracker_store import SafeTrackerStore


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


def test_sessions_are_read_and_counted_as_rasa_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several sessions the last one, or all of them; of a conversation without one, everything."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    ours = SafeTrackerStore(Domain.empty())
    theirs = SQLTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.db"))
    turns = {
        "plain": [UserUttered("a", timestamp=1.0), UserUttered("b", timestamp=2.0)],
        "sessions": [
            UserUttered("a", timestamp=1.0),
            SessionStarted(timestamp=2.0),
            UserUttered("b", timestamp=3.0),
            SessionStarted(timestamp=4.0),
            UserUttered("c", timestamp=4.0),
            UserUttered("d", timestamp=5.0),
        ],
    }
    for talk, events in turns.items():
        for event in events:
            for store in (ours, theirs):
                tracker = asyncio.run(store.retrieve(talk)) or DialogueStateTracker.from_events(talk, [])
                tracker.update(event)
                asyncio.run(store.save(tracker))

    def texts(store: SQLTrackerStore, talk: str, read: str) -> list[str]:
        tracker = asyncio.run(getattr(store, read)(talk))
        return [event.as_dict().get("text") or event.type_name for event in tracker.events]

    for talk in turns:
        for read in ("retrieve", "retrieve_full_tracker"):
            assert texts(ours, talk, read) == texts(theirs, talk, read)
    assert texts(ours, "sessions", "retrieve") == ["session_started", "c", "d"]
    assert texts(ours, "sessions", "retrieve_full_tracker")[0] == "a"
    assert asyncio.run(ours.retrieve("nobody")) is None

"""Conversations in the database of the settings, each sealed under a key of its own; an error there is an error, not
a blank conversation."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import structlog
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import bindparam, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.bootstrap import keys_of
from bot.settings import load_settings
from bot.store.engine import open_engine
from bot.store.keys import conversation
from bot.store.settings import StoreSettings

_MOST_REMEMBERED = 10_000
logger = structlog.get_logger()

# Made once: Rasa makes its queries anew and loads objects, which costs a third of a turn.
_event = SQLTrackerStore.SQLEvent.__table__.c
_session_start = (
    select(func.max(_event.timestamp))
    .where(_event.sender_id == bindparam("sender_id"), _event.type_name == SessionStarted.type_name)
    .scalar_subquery()
)
_in_session = _event.timestamp >= func.coalesce(_session_start, 0)
# Events of an erased conversation, which its present key has not sealed, are neither read nor counted: of a tracker's
# events those beyond the count are saved.
_readable = _event.sender_id == bindparam("sender_id"), _event.data.startswith(bindparam("prefix"))
_ALL_EVENTS = select(_event.data).where(*_readable).order_by(_event.id)
_EVENTS_OF_SESSION = _ALL_EVENTS.where(_in_session)
_COUNT_OF_SESSION = select(func.count()).where(*_readable, _in_session)


class SafeTrackerStore(SQLTrackerStore):
    """Rasa's SQL store on an engine with time-outs and a check of the connection before its use.

    What an event holds is sealed on its way into the database, and opened on its way out.
    """

    def __init__(self, domain: Domain | None = None, event_broker: Any = None, **kwargs: Any) -> None:
        """Called by Rasa with the entry of endpoints.yml, which holds nothing else."""
        super(SQLTrackerStore, self).__init__(domain, event_broker, **kwargs)
        settings = load_settings()
        self._keys = keys_of(settings)
        self._read_with: dict[str, str | None] = {}
        self.engine = open_engine(settings[StoreSettings].database_url, future=False)
        self.sessionmaker = sessionmaker(bind=self.engine)
        event.listen(self.sessionmaker, "before_flush", self._seal)
        self.Base.metadata.create_all(self.engine)

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        """The conversation since its last session began, or all of it; None if there is none that can be read."""
        subject = conversation(sender_id)
        if len(self._read_with) >= _MOST_REMEMBERED:
            self._read_with.clear()
        self._read_with[sender_id] = prefix = self._keys.prefix(subject)
        if prefix is None:
            return None
        query = _ALL_EVENTS if fetch_events_from_all_sessions else _EVENTS_OF_SESSION
        with self.engine.begin() as connection:
            rows = connection.execute(query, {"sender_id": sender_id, "prefix": prefix}).scalars().all()
        events = [json.loads(self._keys.open(subject, data)) for data in rows]
        return DialogueStateTracker.from_dict(sender_id, events, self.domain.slots) if events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Called by Rasa at the end of a turn. What was erased during the turn is not written down again."""
        subject = conversation(tracker.sender_id)
        before = self._read_with.get(tracker.sender_id)
        if before is not None and self._keys.prefix(subject) != before:
            logger.warning("conversation.erased_during_turn")
            return
        await super().save(tracker)
        self._read_with[tracker.sender_id] = self._keys.prefix(subject)

    def _seal(self, session: Session, context: Any, instances: Any) -> None:
        for row in session.new:
            if isinstance(row, self.SQLEvent):
                row.data = self._keys.seal(conversation(row.sender_id), row.data)

    def _additional_events(self, session: Session, tracker: DialogueStateTracker) -> Iterator[Event]:
        marks = {"sender_id": tracker.sender_id, "prefix": self._keys.prefix(conversation(tracker.sender_id))}
        known = session.execute(_COUNT_OF_SESSION, marks).scalar_one() if marks["prefix"] else 0
        return itertools.islice(tracker.events, known, len(tracker.events))

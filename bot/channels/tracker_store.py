"""Conversations in the database of the settings, each sealed under a key of its own; an error there is an error, not
a blank conversation."""

from __future__ import annotations

from typing import Any

import structlog
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import event
from sqlalchemy.orm import Query, Session, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value

from bot.bootstrap import keys_of
from bot.settings import load_settings
from bot.store.engine import open_engine
from bot.store.keys import conversation

_MOST_REMEMBERED = 10_000
logger = structlog.get_logger()


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
        self.engine = open_engine(settings.database_url, future=False)
        self.sessionmaker = sessionmaker(bind=self.engine)
        event.listen(self.sessionmaker, "before_flush", self._seal)
        event.listen(self.sessionmaker, "loaded_as_persistent", self._open)
        self.Base.metadata.create_all(self.engine)

    async def _retrieve(self, sender_id: str, *args: Any, **kwargs: Any) -> DialogueStateTracker | None:
        if len(self._read_with) >= _MOST_REMEMBERED:
            self._read_with.clear()
        self._read_with[sender_id] = self._keys.prefix(conversation(sender_id))
        return await super()._retrieve(sender_id, *args, **kwargs)

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

    def _open(self, session: Session, row: Any) -> None:
        if isinstance(row, self.SQLEvent):
            set_committed_value(row, "data", self._keys.open(conversation(row.sender_id), row.data))

    def _event_query(self, session: Session, sender_id: str, fetch_events_from_all_sessions: bool) -> Query[Any]:
        """The events that the conversation's present key has sealed: those of an erased conversation are neither
        read nor counted (Rasa saves the events beyond the number of those that it finds)."""
        query = super()._event_query(session, sender_id, fetch_events_from_all_sessions)
        prefix = self._keys.prefix(conversation(sender_id))
        return query.filter(self.SQLEvent.data.startswith(prefix or "no key", autoescape=True))

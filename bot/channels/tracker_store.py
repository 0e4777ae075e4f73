"""Conversations in the database of the settings; an error there is an error, not a blank conversation."""

from __future__ import annotations

from typing import Any

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from sqlalchemy.orm import sessionmaker

from bot.settings import load_settings
from bot.store.engine import open_engine


class SafeTrackerStore(SQLTrackerStore):
    """Rasa's SQL store on an engine with time-outs and a check of the connection before its use."""

    def __init__(self, domain: Domain | None = None, event_broker: Any = None, **kwargs: Any) -> None:
        """Called by Rasa with the entry of endpoints.yml, which holds nothing else."""
        super(SQLTrackerStore, self).__init__(domain, event_broker, **kwargs)
        self.engine = open_engine(load_settings().database_url, future=False)
        self.sessionmaker = sessionmaker(bind=self.engine)
        self.Base.metadata.create_all(self.engine)

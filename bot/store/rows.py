"""What the repositories share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from bot.store.keys import Forgotten, Keys, conversation

ERASED = "[erased]"
"""What is shown in place of words that were erased."""
ERASED_FACTS = {"erased": ERASED}


class Repository:
    """Rows of some tables, within the transaction of a unit of work."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.connection = connection
        self.keys = keys

    def opened(self, conversation_id: str, sealed: str | None, erased: Any) -> Any:
        """What was sealed under the conversation's key; ``erased`` if it is no more."""
        if sealed is None:
            return erased
        try:
            return self.keys.open(conversation(conversation_id), sealed)
        except Forgotten:
            return erased


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Enum members as the texts that the columns hold."""
    return {key: getattr(value, "value", value) for key, value in values.items()}


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> Any:
    """Insert a row, unless there is one that it may not stand beside; its id, None where there is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    done = connection.execute(insert(table).values(**values).on_conflict_do_nothing())
    return done.inserted_primary_key[0] if done.rowcount == 1 else None


def exclude_others(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name, and hold it to the end. SQLite excludes them anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def within(column: Any, since: datetime, until: datetime) -> Any:
    """From the first moment up to, and without, the last."""
    return and_(column >= since, column < until)

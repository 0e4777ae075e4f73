"""What the parts of a unit of work share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


class Rows(ABC):
    """Rows of some tables, within the transaction of a unit of work."""

    @property
    @abstractmethod
    def connection(self) -> Connection:
        """The connection of the running transaction."""


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Enum members as the texts that the columns hold."""
    return {key: getattr(value, "value", value) for key, value in values.items()}


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> int | None:
    """Insert a row, unless there is one that it may not stand beside; its id."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    done = connection.execute(insert(table).values(**values).on_conflict_do_nothing())
    if done.rowcount != 1:
        return None
    key: int = done.inserted_primary_key[0]
    return key

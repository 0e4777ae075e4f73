"""What the parts of a unit of work share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

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

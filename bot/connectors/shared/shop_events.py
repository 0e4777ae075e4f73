"""What a shop system posts when something has happened to an order. An event is a hint, no more: the order is read from
the sender's API, so that repeated, late and reordered events, too, leave what is true now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class ShopEventPost(Protocol):
    """The webhook of a shop system."""

    name: str
    """In the path and in logs."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Whether the shop system has sent this; ``now`` in seconds since 1970. Nothing of the body is believed
        before."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Callable[[], bool] | None:
        """What takes the event, and says whether it was news; None for an event that is nothing to us. May raise
        what UNREADABLE lists, as what takes it may."""
        ...


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises ValueError for anything else."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found

"""How the Rasa server calls the action server: again, as long as a customer has patience, where it was away.

A call that was refused never arrived. One that broke off may have been carried out, in full or in part: what actions
write they write once for each message, so it may be made again, too. One that was answered with an error, or not in
time, is not: whoever is late may still be at work.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any

import stamina
from aiohttp import ClientConnectionError, ClientPayloadError, ServerTimeoutError
from rasa.utils.endpoints import EndpointConfig

PATIENCE = 10.0
"""Seconds after the start of a turn for which it waits for an action server that is away, over all its calls."""

_until: ContextVar[float] = ContextVar("until")


def begin_turn() -> None:
    """The patience of the running turn's customer begins."""
    _until.set(time.monotonic() + PATIENCE)


class ActionServer(EndpointConfig):
    """The action server as Rasa knows it."""

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Called by Rasa for every action."""
        left = _until.get(0.0) - time.monotonic()
        async for attempt in stamina.retry_context(
            on=was_away,
            attempts=None if left > 0 else 1,
            timeout=max(left, 0.0),
            wait_initial=0.1,
            wait_max=0.4,
            wait_jitter=0.1,
        ):
            with attempt:
                return await super().request(*args, **kwargs)
        raise AssertionError("the last attempt returns or raises")


def was_away(error: Exception) -> bool:
    """Whether nobody was there to answer a call, or whoever was there has gone before the answer was whole."""
    return isinstance(error, (ClientConnectionError, ClientPayloadError)) and not isinstance(error, ServerTimeoutError)

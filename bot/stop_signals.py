"""How a server of ours ends at SIGTERM or Ctrl-C: first what it has to do, then Sanic's own end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from sanic import Sanic

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def end_gently(app: Sanic, first: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Await ``first`` at a signal, then end: whoever is still connected has ``seconds`` to get the rest of an answer. A
    second signal ends the process at once."""
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = seconds

    async def end() -> None:
        try:
            await first()
        finally:
            app.stop()

    async def listen(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        def told() -> None:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            app.ctx.ending = loop.create_task(end())  # kept, or it might be collected

        # In the place of Sanic's own, which are there by now.
        for number in SIGNALS:
            loop.add_signal_handler(number, told)

    app.register_listener(listen, "after_server_start")

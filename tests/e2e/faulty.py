"""Processes that are killed, and a customer with patience."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.running import Customer, Process, Site

PROCESSES = {"actions": "actions", "server": "bot.http.app", "worker": "bot.worker"}
"""The processes of a bot, and what the kernel calls them (15 characters) where tests.e2e.preloaded has started them."""


def pid_of(site: Site, name: str) -> int | None:
    """The process id of one of the bot's processes; None while it is down."""
    parent = site.process.pid
    for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with suppress(OSError):  # it has just ended
            if Path(f"/proc/{word}/comm").read_text().strip() == PROCESSES[name]:
                return int(word)
    return None


def kill(site: Site, name: str) -> None:
    """Kill one of the bot's processes, as a crash does; the supervisor starts it again."""
    until = time.monotonic() + 30
    while (pid := pid_of(site, name)) is None:
        assert time.monotonic() < until, f"{name} was not started again"
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)


def kill_after(site: Site, name: str, seconds: float) -> threading.Thread:
    """Kill a process while something else is going on."""
    thread = threading.Timer(seconds, kill, (site, name))
    thread.start()
    return thread


@dataclass
class PatientCustomer:
    """Writes again when nothing comes back, and when the bot apologises; ``heard`` is all that was answered."""

    customer: Customer
    process: Process
    heard: list[str] = field(default_factory=list)

    def says(self, text: str, wanted: str = "", seconds: float = 60) -> str:
        """Send a message until the answer holds what is wanted, or is no apology. The answer."""
        until = time.monotonic() + seconds
        while True:
            try:
                answer = self.customer.says(text)
            except httpx.HTTPError:
                answer = None  # nobody answers the telephone: the server is not up yet
            if answer is not None:
                self.heard.append(answer)
                if (wanted in answer) if wanted else ("sorry" not in answer.lower()):
                    return answer
            assert self.process.poll() is None, "the bot has ended"
            assert time.monotonic() < until, f"{text!r} was never answered as it should be: {self.heard[-3:]}"
            time.sleep(0.3)

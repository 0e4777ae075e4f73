"""What goes wrong with the running service, one thing after another: processes that are killed or stopped, the whole of
it stopped and started, and the database away."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.e2e.faulty import PROCESSES, pid_of
from tests.e2e.running import wait_for
from tests.outages.database import CuttableWay
from tests.outages.service import Service

KILL, STOP = "kill", "stop"
RUN, DATABASE = "run", "database"
QUICK = 3.0
"""Seconds within which whatever was down must be back, so that no customer is told to be sorry."""
_SIGNALS = {KILL: signal.SIGKILL, STOP: signal.SIGTERM}


@dataclass
class Outage:
    """What was done to which parts (of PROCESSES, or ``run``, or ``database``), and when, by ``time.monotonic()``.
    ``back`` is when everything answered again, ``ended`` when what was stopped had ended."""

    how: str
    parts: tuple[str, ...]
    began: float
    ended: float = 0.0
    back: float = float("inf")

    @property
    def seconds(self) -> float:
        """From the beginning until everything answered."""
        return self.back - self.began

    def __str__(self) -> str:
        return f"{self.how} {'+'.join(self.parts)}: {self.seconds:.1f} s"


@dataclass
class Breaker:
    """Breaks a service until told to stop. The same seed breaks the same things after the same pauses."""

    service: Service
    seed: int
    pauses: tuple[float, float]
    way: CuttableWay | None = None
    outages: list[Outage] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._break)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """End with everything up. Raises what broke the breaker."""
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _break(self) -> None:
        try:
            for pause, how, parts, seconds in plan(self.seed, self.pauses, with_database=self.way is not None):
                if self._stop.wait(pause):
                    return
                outage = Outage(how, parts, time.monotonic())
                self.outages.append(outage)
                self._do(outage, seconds)
                outage.back = time.monotonic()
        except Exception as error:
            self.error = error

    def _do(self, outage: Outage, seconds: float) -> None:
        if outage.parts == (DATABASE,):
            assert self.way is not None
            self.way.cut()
            time.sleep(seconds)
            self.way.mend()
        elif outage.parts == (RUN,):
            self.service.end(_SIGNALS[outage.how])
            outage.ended = time.monotonic()
            self.service.start()
        else:
            hit = {name: pid_of(self.service, name) for name in outage.parts}
            for pid in hit.values():
                if pid is not None:
                    os.kill(pid, _SIGNALS[outage.how])
            self._await_others(hit)
        wait_for(self.service.url, self.service.process)

    def _await_others(self, hit: dict[str, int | None]) -> None:
        until = time.monotonic() + 60
        while any(pid_of(self.service, name) in (None, pid) for name, pid in hit.items()):
            assert time.monotonic() < until, f"not started again: {hit}"
            time.sleep(0.02)


def plan(
    seed: int, pauses: tuple[float, float], *, with_database: bool
) -> Iterator[tuple[float, str, tuple[str, ...], float]]:
    """Without end: after how many seconds, what is done to which parts, and for how many seconds where it lasts."""
    rng = random.Random(seed)
    names = list(PROCESSES)
    while True:
        how = rng.choice([KILL, KILL, STOP])
        kinds, weights = [1, 2, RUN, DATABASE], [6, 2, 2, 2 if with_database else 0]
        kind = rng.choices(kinds, weights)[0]
        parts = tuple(rng.sample(names, kind)) if isinstance(kind, int) else (str(kind),)
        yield rng.uniform(*pauses), how if kind != DATABASE else "cut", parts, rng.uniform(0.5, 4)

"""Stops and short outages, measured on a site that is started as an operator does; for ``make outages``.

How long a stop takes with listeners and with four yes under way, and what that costs; what becomes of customers while a
process is killed again and again. Exit status 1 if anybody was told sorry, given to a person, or lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.cases.model import CaseState
from tests.e2e.faulty import PROCESSES
from tests.e2e.listening import listen
from tests.e2e.running import Customer, Site, asking, children_of, running_site
from tests.e2e.test_faults import STEPS
from tests.e2e.test_stops import gone, saying_yes

MODULES = {"actions": "actions", "server": "bot.http.app", "worker": "bot.worker"}


@dataclass
class Tally:
    """What became of conversations. ``away`` are the seconds for which a killed process was away."""

    finished: int = 0
    sorry: int = 0
    persons: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    away: list[float] = field(default_factory=list)

    def told(self) -> str:
        """In one line."""
        away = f"{len(self.away)} kills, away for {max(self.away, default=0):.1f} s at most"
        return (
            f"{self.finished} conversations finished, {self.sorry} apologies, {self.persons} cases for a person, "
            f"{len(self.wrong)} wrong; slowest answer {self.slowest:.1f} s; {away}"
        )


def main() -> int:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long processes are killed at random")
    parser.add_argument("--listeners", type=int, nargs="*", default=[0, 100])
    parser.add_argument("--database", default="", help="URL of an empty database (default: SQLite)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="processes that are back at once, as those of the tests")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    settings = {"database_url": args.database} if args.database else {}
    bad = 0
    with tempfile.TemporaryDirectory() as home:
        for listeners in args.listeners:
            bad += stop(Path(home), settings, listeners)
        with running_site(Path(home), preloaded=args.quick, **settings) as site:
            bad += report("20 conversations, the action server killed 4 times", four_kills(site, rng))
            bad += report(
                f"{args.seconds:.0f} s of killing the action server", killing(site, rng, args.seconds, "actions")
            )
            bad += report(f"{args.seconds:.0f} s of killing any of the three", killing(site, rng, args.seconds))
    return 1 if bad else 0


def report(what: str, tally: Tally) -> int:
    """Print it; how much of it should not be."""
    print(f"{what}: {tally.told()}", flush=True)
    for problem in tally.wrong:
        print(f"  {problem}")
    return tally.sorry + tally.persons + len(tally.wrong)


def stop(home: Path, settings: dict[str, str], listeners: int) -> int:
    """Stop the site under four yes; how many of their customers were not served by that or the next start."""
    with running_site(home, preloaded=False, **settings) as site:
        streams = listen(site.url, listeners, f"of-{listeners:04}")
        buyers, threads = saying_yes(site)
        everything = [site.process.pid, *children_of(site.process.pid)]
        site.process.terminate()
        took = gone(everything, 60)
        for thread in threads:
            thread.join()
        clean = sum(stream.rest().endswith("retry: 5000\n\n") for stream in streams)
    answered = sum(buyer.answers[0][0] == 200 for buyer in buyers)
    bad = 0
    with running_site(home, preloaded=False, **settings) as site:
        for buyer in buyers:
            try:
                buyer.is_served(site)
            except AssertionError as error:
                print(f"  {error}")
                bad += 1
    print(
        f"stop with {listeners} listeners and 4 yes under way: {took:.2f} s; {clean} streams ended cleanly; {answered} "
        f"yes answered before, {4 - answered} after the next start, {bad} lost",
        flush=True,
    )
    return bad + listeners - clean


def four_kills(site: Site, rng: random.Random) -> Tally:
    """Twenty conversations, and a kill of the action server after each fifth of what they say."""
    tally, said, lock = Tally(), 0, threading.Lock()

    def after_message() -> None:
        nonlocal said
        with lock:
            said += 1
            due = said in (20, 40, 60, 80)
        if due:
            threading.Timer(rng.uniform(0, 0.1), kill, (site, "actions", tally)).start()

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda _: converse(site, tally, after_message), range(20)):
            pass
    return tally


def killing(site: Site, rng: random.Random, seconds: float, *names: str) -> Tally:
    """Conversations of four customers at a time while processes are killed."""
    tally, until = Tally(), time.monotonic() + seconds

    def customer(_: int) -> None:
        while time.monotonic() < until:
            converse(site, tally, lambda: None)

    with ThreadPoolExecutor(4) as pool:
        talking = [pool.submit(customer, number) for number in range(4)]
        while time.monotonic() < until:
            time.sleep(rng.uniform(1, 6))
            kill(site, rng.choice(names or tuple(MODULES)), tally)
        for one in talking:
            one.result()
    return tally


def converse(site: Site, tally: Tally, after_message: object) -> None:
    """One customer from the wish to the yes, and what came of it."""
    number, email = site.order()
    buyer, heard = site.customer(), list[str]()
    try:
        for text, wanted in STEPS:
            since = time.monotonic()
            heard.append(insist(buyer, text.format(number=number, email=email)))
            assert wanted in heard[-1] or "sorry" in heard[-1], f"{text}: {heard[-1]}"
            tally.slowest = max(tally.slowest, time.monotonic() - since)
            after_message()  # type: ignore[operator]
    except AssertionError as error:
        tally.wrong.append(str(error))
        return
    tally.sorry += sum("sorry" in said for said in heard)
    files = site.cases(buyer)
    tally.persons += sum(file.case.state is CaseState.IN_REVIEW for file in files)
    ends = [file.case.state for file in files if file.case.state is not CaseState.IN_REVIEW]
    if len(files) > len(ends):
        return  # with a person
    if len(ends) != 1 or ends[0] not in (CaseState.CONFIRMED, CaseState.EXECUTING, CaseState.DONE):
        tally.wrong.append(f"{number}: {[state.value for state in ends]}")
    tally.finished += 1


def insist(buyer: Customer, text: str) -> str:
    """Send a message until it is answered, under one name: as the chat does."""
    until, name = time.monotonic() + 120, uuid.uuid4().hex
    while True:
        try:
            return buyer.says(text, message_id=name)
        except httpx.HTTPError:
            assert time.monotonic() < until, f"{text!r} was never answered"
            time.sleep(0.3)


def kill(site: Site, name: str, tally: Tally) -> None:
    """Kill a process, and wait until the bot can answer again."""
    pid = pid_of(site, name)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    since = time.monotonic()
    while pid_of(site, name) in (None, pid) or not _is_well(site):
        if time.monotonic() - since > 120:
            tally.wrong.append(f"{name} did not come back")
            return
        time.sleep(0.05)
    tally.away.append(time.monotonic() - since)


def pid_of(site: Site, name: str) -> int | None:
    """The process id of one of the bot's processes, however it was started; None while it is down."""
    for pid in Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            known = Path(f"/proc/{pid}/comm").read_text().strip()
            if words[1:3] == ["-m", MODULES[name]] or known == PROCESSES[name]:
                return int(pid)
    return None


def _is_well(site: Site) -> bool:
    try:
        return asking.get(f"{site.url}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())

"""Simulated customers talk to the real bot: ``simulate.py [--scenarios 200] [--runs 8] [--seed 1] [--http 40]``.

Each scenario is run several times with other words and slips. Most conversations are played in process, with the real
model, actions and database but no servers between them; as many as ``--http`` says over HTTP to a running bot.
Only the end in the database counts, against what the policy gives for the true facts. A wrong end is shrunk to the
plainest conversation that still goes wrong, and printed; ``--keep FILE`` writes these as stories for
tests/conversations.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import structlog
import yaml
from rich.progress import track

from tests.e2e.running import Site, running_site
from tests.simulation.choices import Choices, simplest
from tests.simulation.runs import Run, Shop, Verdict, run
from tests.simulation.scenarios import Scenario

Task = tuple[int, int]
"""A conversation: the number of its scenario, and the seed of its words."""
CHUNK = 8
"""How many conversations a process takes at once."""


def main() -> int:
    """Run, print the figures, shrink what went wrong; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=200)
    parser.add_argument("--runs", type=int, default=8, help="conversations of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--http", type=int, default=40, help="how many of them are played over HTTP")
    parser.add_argument("--jobs", type=int, default=2, help="processes, and conversations over HTTP at the same time")
    parser.add_argument("--shrink", type=int, default=5, help="how many wrong conversations to shrink")
    parser.add_argument("--show", action="store_true", help="print the unresolved conversations, too")
    parser.add_argument("--keep", type=Path, help="write the shrunk conversations as stories")
    args = parser.parse_args()
    tasks = tasks_of(args.scenarios, args.runs, args.seed)
    # A sample over all scenarios.
    over_http = tasks[:: max(1, len(tasks) // args.http)][: args.http] if args.http else []
    in_process = [task for task in tasks if task not in set(over_http)]
    found: list[tuple[int, Run]] = []
    with ExitStack() as stack:
        homes = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if in_process:
            begun = time.monotonic()
            found += played_in_process(in_process, args.seed, args.jobs)
            minutes = (time.monotonic() - begun) / 60
            print(f"in process             {len(found)} conversations, {len(found) / minutes:.0f} a minute")
        if over_http:
            site = stack.enter_context(running_site(homes / "site"))
            begun = time.monotonic()
            found += played(site, over_http, args.seed, args.jobs)
            minutes = (time.monotonic() - begun) / 60
            print(f"over HTTP              {len(over_http)} conversations, {len(over_http) / minutes:.0f} a minute")
        print("\n".join(summary(found)))
        wrong = [done for _, done in found if done.verdict is Verdict.WRONG]
        for done in [done for _, done in found if done.verdict is Verdict.UNRESOLVED and args.show]:
            print(f"\n--- unresolved: {told(done)}")
        if wrong:
            shop = stack.enter_context(quiet_shop(homes / "shop"))
            stories = [
                story_of(shrunk(shop, done), f"Found {i}") for i, done in enumerate(wrong[: args.shrink], start=1)
            ]
            if args.keep and stories:
                args.keep.parent.mkdir(parents=True, exist_ok=True)
                args.keep.write_text(
                    yaml.dump({"version": "3.1", "stories": stories}, sort_keys=False, width=1000), "utf-8"
                )
    return 1 if wrong else 0


def tasks_of(scenarios: int, runs: int, seed: int) -> list[Task]:
    """All conversations. The same seed gives the same customers."""
    return [(number, (seed * 1_000_003 + number) * 101 + i + 1) for number in range(scenarios) for i in range(runs)]


def played(site: Site, tasks: list[Task], seed: int, jobs: int) -> list[tuple[int, Run]]:
    """The conversations over HTTP, some at the same time."""
    with ThreadPoolExecutor(jobs) as pool:
        runs = pool.map(lambda task: one(site, task, seed), tasks)
        return list(track(runs, "Over HTTP", len(tasks), disable=not sys.stderr.isatty()))


def one(shop: Shop, task: Task, seed: int) -> tuple[int, Run]:
    """One conversation."""
    number, words = task
    scenario = Scenario.choose(Choices(seed=seed * 1_000_003 + number))
    return number, run(shop, scenario, Choices(seed=words))


def played_in_process(tasks: list[Task], seed: int, jobs: int) -> list[tuple[int, Run]]:
    """The conversations without servers, in as many processes, each with a database of its own."""
    chunks = [(tasks[i : i + CHUNK], seed) for i in range(0, len(tasks), CHUNK)]
    if jobs == 1:
        _open_shop()
        return list(chain.from_iterable(map(_chunk, chunks)))
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _open_shop) as pool:
        done = track(pool.map(_chunk, chunks), "In process", len(chunks), disable=not sys.stderr.isatty())
        return list(chain.from_iterable(done))


@contextmanager
def quiet_shop(home: Path) -> Iterator[Shop]:
    """A shop in this process, which logs nothing."""
    from tests.simulation.in_process import shop_in_process  # Rasa takes seconds to load

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with shop_in_process(home) as shop:
        yield shop


_shops: list[Shop] = []
_open = ExitStack()


def _open_shop() -> None:
    home = _open.enter_context(tempfile.TemporaryDirectory())
    _shops.append(_open.enter_context(quiet_shop(Path(home))))


def _chunk(of: tuple[list[Task], int]) -> list[tuple[int, Run]]:
    tasks, seed = of
    return [one(_shops[0], task, seed) for task in tasks]


def summary(found: list[tuple[int, Run]]) -> list[str]:
    """Verdicts, pass^k, unresolved, and messages."""
    verdicts = Counter(done.verdict for _, done in found)
    by_scenario: dict[int, list[Verdict]] = {}
    for number, done in found:
        by_scenario.setdefault(number, []).append(done.verdict)
    runs = max(map(len, by_scenario.values()))
    never_wrong = sum(Verdict.WRONG not in of for of in by_scenario.values())
    all_right = sum(set(of) == {Verdict.RIGHT} for of in by_scenario.values())
    goals = Counter((done.scenario.goal, done.verdict) for _, done in found)
    lines = [
        f"conversations          {len(found)} ({len(by_scenario)} scenarios, {runs} runs each)",
        f"messages each          {sum(len(done.messages) for _, done in found) / len(found):.1f}",
        f"right                  {verdicts[Verdict.RIGHT]}",
        f"unresolved             {verdicts[Verdict.UNRESOLVED]} ({verdicts[Verdict.UNRESOLVED] / len(found):.1%})",
        f"wrong                  {verdicts[Verdict.WRONG]}",
        f"pass^{runs} on outcomes     {never_wrong / len(by_scenario):.1%} (no run of a scenario ends wrong)",
        f"pass^{runs} without a person {all_right / len(by_scenario):.1%} (and none needlessly with a person)",
        "",
    ]
    for goal in sorted({goal for goal, _ in goals}):
        counts = ", ".join(f"{goals[goal, verdict]} {verdict.value}" for verdict in Verdict if goals[goal, verdict])
        lines.append(f"{goal:28} {counts}")
    return lines


def shrunk(site: Shop, failed: Run) -> Run:
    """The plainest conversation that still goes wrong; printed."""

    def again(made: list[int]) -> Run:
        return run(site, failed.scenario, Choices(made))

    made = simplest(failed.made, lambda plainer: again(plainer).verdict is Verdict.WRONG)
    plainest = again(made)
    print(f"\n--- wrong: {told(plainest if plainest.verdict is Verdict.WRONG else failed)}", flush=True)
    return plainest if plainest.verdict is Verdict.WRONG else failed


def told(done: Run) -> str:
    """A run to read."""
    wanted = [" or ".join(sorted(any_of)) for any_of in done.expected.required]
    head = f"{done.scenario}\nended {done.ends}, expected {wanted}, allowed {sorted(done.expected.allowed)}"
    return "\n".join([head, *done.transcript])


def story_of(done: Run, name: str) -> dict[str, Any]:
    """The run as a story of which the steps are to be recorded once it goes right."""
    orders: dict[str, Any] = dict(zip(done.numbers, ({**changes} for changes in done.scenario.orders), strict=True))
    ends = [" or ".join(sorted(any_of)) for any_of in done.expected.required]
    steps = [{"user": message} for message in done.messages]
    return {"story": name, "metadata": {"orders": orders, "ends": ends}, "steps": steps}


if __name__ == "__main__":
    sys.exit(main())

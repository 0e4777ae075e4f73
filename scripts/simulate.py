"""Simulated customers talk to the real bot over HTTP: ``simulate.py [--scenarios 200] [--runs 8] [--seed 1]``.

Each scenario is run several times with other words and slips. Only the end in the database counts, against what the
policy gives for the true facts. A wrong end is shrunk to the plainest conversation that still goes wrong, and printed;
``--keep FILE`` writes these as stories for tests/conversations.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from rich.progress import track

from tests.e2e.running import Site, running_site
from tests.simulation.choices import Choices, simplest
from tests.simulation.runs import Run, Verdict, run
from tests.simulation.scenarios import Scenario


def main() -> int:
    """Run, print the figures, shrink what went wrong; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=200)
    parser.add_argument("--runs", type=int, default=8, help="conversations of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4, help="conversations at the same time")
    parser.add_argument("--shrink", type=int, default=5, help="how many wrong conversations to shrink")
    parser.add_argument("--show", action="store_true", help="print the unresolved conversations, too")
    parser.add_argument("--keep", type=Path, help="write the shrunk conversations as stories")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, running_site(Path(home)) as site:
        found = list(simulated(site, args.scenarios, args.runs, args.seed, args.jobs))
        print("\n".join(summary(found)))
        wrong = [done for _, done in found if done.verdict is Verdict.WRONG]
        for done in [done for _, done in found if done.verdict is Verdict.UNRESOLVED and args.show]:
            print(f"\n--- unresolved: {told(done)}")
        stories = [story_of(shrunk(site, done), f"Found {i}") for i, done in enumerate(wrong[: args.shrink], start=1)]
        if args.keep and stories:
            args.keep.parent.mkdir(parents=True, exist_ok=True)
            args.keep.write_text(
                yaml.dump({"version": "3.1", "stories": stories}, sort_keys=False, width=1000), "utf-8"
            )
    return 1 if wrong else 0


def simulated(site: Site, scenarios: int, runs: int, seed: int, jobs: int) -> list[tuple[int, Run]]:
    """Each run with the number of its scenario. The same seed gives the same customers."""
    tasks = []
    for number in range(scenarios):
        scenario = Scenario.choose(Choices(seed=seed * 1_000_003 + number))
        tasks += [(number, scenario, (seed * 1_000_003 + number) * 101 + i + 1) for i in range(runs)]

    def one(task: tuple[int, Scenario, int]) -> tuple[int, Run]:
        number, scenario, words = task
        return number, run(site, scenario, Choices(seed=words))

    with ThreadPoolExecutor(jobs) as pool:
        return list(track(pool.map(one, tasks), "Conversations", len(tasks), disable=not sys.stderr.isatty()))


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


def shrunk(site: Site, failed: Run) -> Run:
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

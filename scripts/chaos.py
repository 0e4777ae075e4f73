"""Random crashes of customers and workers, many more than the tests afford; for ``make chaos``.

With ``--service``: the whole service, whose processes are killed, stopped and started while simulated customers talk.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, track

from bot.settings import PROJECT
from tests.faults.chaos import crash_scenarios
from tests.outages.service_chaos import Plan, live

RESULTS = PROJECT / "results" / "chaos"


def main() -> int:
    """Crash, judge, report; exit status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--database", default="", help="URL of an empty database (default: SQLite)")
    parser.add_argument("--service", action="store_true", help="the running service, with customers who talk")
    parser.add_argument("--conversations", type=int, default=1_000, help="with --service: how many")
    parser.add_argument("--customers", type=int, default=50, help="with --service: how many talk at once")
    args = parser.parse_args()
    return _service(args) if args.service else _crashes(args)


def _crashes(args: argparse.Namespace) -> int:
    seeds = range(args.seed, args.seed + args.scenarios)
    with tempfile.TemporaryDirectory() as folder:
        url = args.database or f"sqlite:///{folder}/chaos.db"
        shown = track(seeds, "Crashing", console=Console(stderr=True), disable=bool(os.getenv("CI")))
        tally = crash_scenarios(Path(folder), url, shown)
    print(tally.summary())
    for problem in tally.wrong:
        print(problem)
    return 1 if tally.wrong else 0


def _service(args: argparse.Namespace) -> int:
    plan = Plan(args.conversations, args.customers, args.seed, database_url=args.database)
    hidden = bool(os.getenv("CI"))
    with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True), disable=hidden) as shown:
        task = shown.add_task("Talking", total=args.conversations)
        report = live(plan, Path(folder), RESULTS, lambda: shown.advance(task))
    print(report.summary())
    wrong = [": ".join(what) for what in report.findings.all] + report.broken
    for problem in wrong[:50]:
        print(problem)
    print(f"More in {RESULTS.relative_to(PROJECT)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

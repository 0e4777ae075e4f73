"""Random crashes of customers and workers, many more than the tests afford; for ``make chaos``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.faults.chaos import crash_scenarios


def main() -> int:
    """Crash, judge, report; exit status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--database", default="", help="URL of an empty database (default: SQLite)")
    args = parser.parse_args()
    seeds = range(args.seed, args.seed + args.scenarios)
    with tempfile.TemporaryDirectory() as folder:
        url = args.database or f"sqlite:///{folder}/chaos.db"
        shown = track(seeds, "Crashing", console=Console(stderr=True), disable=bool(os.getenv("CI")))
        tally = crash_scenarios(Path(folder), url, shown)
    print(tally.summary())
    for problem in tally.wrong:
        print(problem)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

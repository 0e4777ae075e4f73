"""Known faults, put into a copy of the code one by one, and which test catches each; for ``make mutants``.

The faults are those of tests/mutants/*.yml. Each takes out one protection: where its test was lost, it survives.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "mutants"
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "BROKEN"
_PYTHON = str(ROOT / ".venv" / "bin" / "python")
_PYTEST = [_PYTHON, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "-rfE", "--tb=no", "--no-header"]
_OF_THE_MODEL = ("bot/nlu/", "data/", "config.yml", "domain.yml")
_FRESH = "from bot import training as t; t._FINGERPRINT.write_text(t.fingerprint())"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.M)


class Refused(Exception):
    """Nothing can be tried like this; a line for each reason."""


@dataclass(frozen=True)
class Fault:
    """What takes out one protection: ``before`` stands once in ``file``, and becomes ``after``. ``tests`` are modules
    or folders, ``select`` is pytest's ``-k`` (empty: all of them). ``name`` is the area and the id."""

    name: str
    protection: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    select: str = ""

    def problem(self, root: Path) -> str | None:
        """Why it can't be put into the code there, in one line; None if it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.name}: there is no {self.file}"
        times = path.read_text("utf-8").count(self.before)
        return None if times == 1 else f"{self.name}: what it replaces stands {times} times in {self.file}"


@dataclass(frozen=True)
class Outcome:
    """What came of a run of tests, by which test or how, and how long it took."""

    state: str
    by: str
    seconds: float


def read_faults() -> list[Fault]:
    """All faults, area by area, in the order of their files."""
    found = []
    for path in sorted(FAULTS.glob("*.yml")):
        for values in YAML(typ="safe").load(path):
            name, tests = f"{path.stem}/{values.pop('id')}", tuple(values.pop("tests").split())
            found.append(Fault(name=name, tests=tests, **values))
    return found


class Copy:
    """The code of a revision in a folder of its own, with the model of this one."""

    def __init__(self, folder: Path, revision: str, timeout: float) -> None:
        """Raises Refused, also where the tests would not run the copy."""
        self.folder, self._timeout = folder, timeout
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REFUND_DESK_", "PYTEST"))}
        # In CI nothing is skipped for want of a server, and Hypothesis always looks at the same examples.
        self._env = {**kept, "PYTHONPATH": str(folder), "CI": "true", "COLUMNS": "1000"}
        self._do("git", "worktree", "add", "--detach", str(folder), revision, cwd=ROOT)
        for path in (ROOT / "models").glob("refund-desk.*"):
            shutil.copy2(path, folder / "models")
        self.code = self._do(_PYTHON, "-c", "import bot; print(bot.__file__)").strip()
        if Path(self.code).parent.parent != folder:
            raise Refused(f"the tests would run {self.code}, not the copy in {folder}")
        self._do(_PYTHON, "-m", "bot", "train")  # does nothing where the model is of the same sources

    def close(self) -> None:
        """Take it away."""
        self._do("git", "worktree", "remove", "--force", str(self.folder), cwd=ROOT)

    def tried(self, fault: Fault) -> Outcome:
        """Run a fault's tests with it in the code."""
        path = self.folder / fault.file
        sound = path.read_text("utf-8")
        try:
            self._write(path, sound.replace(fault.before, fault.after))
            return self.tested(fault.tests, fault.select)
        finally:
            self._write(path, sound)

    def tested(self, tests: Sequence[str], select: str) -> Outcome:
        """Run tests up to the first that fails."""
        command = [*_PYTEST, *tests, *(["-k", select] if select else [])]
        started = time.monotonic()
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            process = subprocess.Popen(command, cwd=self.folder, env=self._env, start_new_session=True, **streams)
            try:
                status = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                return Outcome(CAUGHT, f"a time-out after {self._timeout:.0f} s", time.monotonic() - started)
            finally:
                _end(process)
            output.seek(0)
            said = output.read()
        seconds, failed = time.monotonic() - started, _FAILED.search(said)
        if status == 1 and failed:
            return Outcome(CAUGHT, failed[1], seconds)
        last = said.strip().rpartition("\n")[2]
        return Outcome(SURVIVED, "", seconds) if status == 0 else Outcome(BROKEN, f"{status}: {last[:200]}", seconds)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, "utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)  # it goes by whole seconds and sizes
        if str(path.relative_to(self.folder)).startswith(_OF_THE_MODEL):
            self._do(_PYTHON, "-c", _FRESH)  # the model is not trained anew for a fault

    def _do(self, *command: str, cwd: Path | None = None) -> str:
        done = subprocess.run(command, cwd=cwd or self.folder, env=self._env, capture_output=True, text=True)
        if done.returncode:
            raise Refused(f"{' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a run that hangs take down what it has started, and then end what is left of it."""
    for number, patience in ((signal.SIGINT, 30.0), (signal.SIGKILL, 10.0)):
        try:
            if process.poll() is None:
                os.killpg(process.pid, number)
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def check_sound(copy: Copy, faults: Sequence[Fault]) -> None:
    """Run all tests that are asked, without any fault. Raises Refused where one fails."""
    asked: dict[tuple[str, ...], set[str]] = {}
    for fault in faults:
        asked.setdefault(fault.tests, set()).add(fault.select)
    for tests, words in asked.items():
        outcome = copy.tested(tests, "" if "" in words else " or ".join(f"({one})" for one in sorted(words)))
        print(f"sound     {' '.join(tests):80} {outcome.seconds:6.1f} s", flush=True)
        if outcome.state is not SURVIVED:
            raise Refused(f"without any fault: {outcome.by}")


def table(tried: Sequence[tuple[Fault, Outcome]]) -> str:
    """The outcomes as Markdown."""
    rows = [
        f"| {fault.name} | {fault.protection} | `{fault.file}` | {f'`{outcome.by}`' if outcome.by else '**nothing**'} |"
        for fault, outcome in tried
    ]
    head = ["| fault | protection | file | caught by |", "| --- | --- | --- | --- |"]
    return "\n".join(["# Faults and the tests that catch them", "", "Written by `make mutants`.", "", *head, *rows, ""])


def try_all(faults: Sequence[Fault], revision: str, jobs: int, timeout: float) -> list[tuple[Fault, Outcome]]:
    """Put the faults into copies of a revision, one after the other in each. Raises Refused."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        free: SimpleQueue[Copy] = SimpleQueue()
        for number in range(jobs):
            copy = Copy(Path(folder).resolve() / f"copy-{number}", revision, timeout)
            stack.callback(copy.close)
            free.put(copy)
            print(f"testing   {copy.code}", flush=True)
        if problems := [problem for fault in faults if (problem := fault.problem(copy.folder))]:
            raise Refused("\n".join(problems))
        check_sound(copy, faults)

        def try_one(fault: Fault) -> Outcome:
            copy = free.get()
            try:
                return copy.tried(fault)
            finally:
                free.put(copy)

        tried = []
        with ThreadPoolExecutor(jobs) as pool:
            for fault, outcome in zip(faults, pool.map(try_one, faults), strict=True):
                print(f"{outcome.state:9} {fault.name:50} {outcome.seconds:6.1f} s  {outcome.by}", flush=True)
                tried.append((fault, outcome))
        return tried


def main() -> int:
    """Try the faults; exit status 1 if any survived, 2 if they can't be tried."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("-k", default="", metavar="WORDS", help="only faults whose area or id holds one of the words")
    parser.add_argument("--at", default="HEAD", metavar="REV", help="the revision to try them at (default: HEAD)")
    parser.add_argument("--jobs", type=int, choices=range(1, 9), default=1, help="copies that are tried side by side")
    parser.add_argument("--timeout", type=float, default=300, help="seconds after which a run counts as hanging")
    parser.add_argument("--write", action="store_true", help="write the table to tests/mutants/CAUGHT.md")
    args = parser.parse_args()
    faults = [one for one in read_faults() if not args.k or any(word in one.name for word in args.k.split())]
    try:
        tried = try_all(faults, args.at, args.jobs, args.timeout)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    count = {state: sum(outcome.state is state for _, outcome in tried) for state in (CAUGHT, SURVIVED, BROKEN)}
    broken = f", {count[BROKEN]} broken" if count[BROKEN] else ""
    print(f"{len(tried)} put in, {count[CAUGHT]} caught, {count[SURVIVED]} survived{broken}")
    if args.write:
        (FAULTS / "CAUGHT.md").write_text(table(tried), "utf-8")
    return 0 if count[CAUGHT] == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Known faults, put into a copy of the code one by one, and which test catches each; for ``make mutants``.

The faults are those of tests/mutants/*.yml. Each takes out one protection; a test that was lost shows as a fault that
survives. Beside this revision any other can be asked with ``--at``, as long as it has the same lines of code.
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
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "mutants"
TABLE = FAULTS / "CAUGHT.md"
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "BROKEN"
_PYTHON = ROOT / ".venv" / "bin" / "python"
_OF_THE_MODEL = ("bot/nlu/", "data/", "config.yml", "domain.yml")
_FRESH = "from bot import training as t; t._FINGERPRINT.write_text(t.fingerprint())"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.M)


class Refused(Exception):
    """Something can't be tried; a line for each reason."""


@dataclass(frozen=True)
class Fault:
    """What takes out one protection: ``before`` stands once in ``file``, and becomes ``after``. ``tests`` are modules
    or folders, ``select`` is pytest's ``-k`` (empty: all of them)."""

    id: str
    protection: str
    file: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    tests: tuple[str, ...]
    select: str = ""
    area: str = ""

    @property
    def name(self) -> str:
        """The area and the id."""
        return f"{self.area}/{self.id}"

    def problem(self, root: Path) -> str | None:
        """Why it can't be put into the code there, in one line; None if it can."""
        path = root / self.file
        times = path.read_text("utf-8").count(self.before) if path.is_file() else 0
        if times == 1:
            return None
        said = f"stands there {times} times" if path.is_file() else "is no file"
        return f"{self.name}: {self.file}: {'what is to be replaced ' if path.is_file() else ''}{said}"


@dataclass(frozen=True)
class Outcome:
    """What came of a run of tests, and by which test or how."""

    state: str
    by: str
    seconds: float


def read_faults(folder: Path = FAULTS) -> list[Fault]:
    """All faults, area by area, in the order of their files."""
    reader = YAML(typ="safe")
    found = []
    for path in sorted(folder.glob("*.yml")):
        for values in reader.load(path):
            tests = tuple(values.pop("tests").split())
            found.append(Fault(area=path.stem, tests=tests, **values))
    return found


class Copy:
    """The code of a revision in a folder of its own, and what a fault in it does."""

    def __init__(self, folder: Path, revision: str, timeout: float) -> None:
        self.folder, self._timeout = folder, timeout
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REFUND_DESK_", "PYTEST"))}
        # In CI nothing is skipped for want of a server, and Hypothesis always looks for the same examples.
        self._env = {**kept, "PYTHONPATH": str(folder), "CI": "true", "COLUMNS": "1000"}
        _git("worktree", "add", "--detach", "--force", str(folder), revision)
        for path in (ROOT / "models").glob("refund-desk.*"):
            shutil.copy2(path, folder / "models")

    def prepare(self) -> str:
        """Make sure that the copy is what is tested, and its model current; where its code is."""
        found = self._python("-c", "import bot; print(bot.__file__)").strip()
        if not found.startswith(f"{self.folder}/"):
            raise Refused(f"the tests would run {found}, not the copy in {self.folder}")
        self._python("-m", "bot", "train")
        return found

    def close(self) -> None:
        """Take it away."""
        _git("worktree", "remove", "--force", str(self.folder))

    def tried(self, fault: Fault) -> Outcome:
        """Run a fault's tests with it in the code."""
        path = self.folder / fault.file
        sound = path.read_text("utf-8")
        try:
            self._write(path, sound.replace(fault.before, fault.after), fault)
            outcome = self.tested(fault.tests, fault.select)
        finally:
            self._write(path, sound, fault)
        return outcome

    def tested(self, tests: Sequence[str], select: str) -> Outcome:
        """Run tests up to the first that fails."""
        command = [str(_PYTHON), "-m", "pytest", *tests, *(["-k", select] if select else [])]
        command += ["-x", "-q", "-n0", "-p", "no:cacheprovider", "-rfE", "--tb=no", "--no-header"]
        started = time.monotonic()
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self._env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
            try:
                status = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                return Outcome(CAUGHT, f"a time-out after {self._timeout:.0f} s", time.monotonic() - started)
            finally:
                _end(process)
            output.seek(0)
            said = output.read()
        seconds = time.monotonic() - started
        failed = _FAILED.search(said)
        if status == 1 and failed:
            return Outcome(CAUGHT, failed[1], seconds)
        if status == 0:
            return Outcome(SURVIVED, "", seconds)
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
        return Outcome(BROKEN, f"pytest ended with status {status}: {last[:200]}", seconds)

    def _write(self, path: Path, text: str, fault: Fault) -> None:
        path.write_text(text, "utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)  # it goes by whole seconds and sizes
        if fault.file.startswith(_OF_THE_MODEL):
            self._python("-c", _FRESH)  # the model need not be trained anew for a fault beside it

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(_PYTHON), *arguments], cwd=self.folder, env=self._env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refused(f"python {' '.join(arguments)} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a run that hangs take down what it has started; then end whatever is left of it."""
    for number, patience in ((signal.SIGINT, 30.0), (signal.SIGKILL, 10.0)):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip())


def check_sound(copy: Copy, faults: Sequence[Fault]) -> None:
    """Run all tests that are asked about without any fault. Raises Refused where one fails."""
    selections: dict[tuple[str, ...], set[str]] = {}
    for fault in faults:
        selections.setdefault(fault.tests, set()).add(fault.select)
    for tests, words in selections.items():
        select = "" if "" in words else " or ".join(f"({one})" for one in sorted(words))
        outcome = copy.tested(tests, select)
        print(f"sound     {' '.join(tests):60} {outcome.seconds:6.1f} s", flush=True)
        if outcome.state is not SURVIVED:
            raise Refused(f"without any fault, {' '.join(tests)}: {outcome.by}")


def table(tried: Sequence[tuple[Fault, Outcome]]) -> str:
    """The outcomes as Markdown."""
    rows = [
        f"| {fault.name} | {fault.protection} | `{fault.file}` | {f'`{o.by}`' if o.state is CAUGHT else o.state} |"
        for fault, o in tried
    ]
    head = "| fault | protection | file | caught by |\n| --- | --- | --- | --- |"
    return "\n".join(["# Faults and the tests that catch them", "", "Written by `make mutants`.", "", head, *rows, ""])


def main() -> int:
    """Try the faults; exit status 1 if any survived."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("-k", default="", metavar="WORDS", help="only faults whose area or id holds one of the words")
    parser.add_argument("--at", default="HEAD", metavar="REV", help="the revision to try them at (default: HEAD)")
    parser.add_argument("--jobs", type=int, default=1, help="copies that are worked on side by side")
    parser.add_argument("--timeout", type=float, default=300, help="seconds after which a run counts as hanging")
    parser.add_argument("--write", action="store_true", help=f"write the table to {TABLE.relative_to(ROOT)}")
    args = parser.parse_args()
    faults = [one for one in read_faults() if not args.k or any(word in one.name for word in args.k.split())]
    tried: list[tuple[Fault, Outcome]] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        free: SimpleQueue[Copy] = SimpleQueue()
        try:
            for number in range(max(1, args.jobs)):
                copy = Copy(Path(folder).resolve() / f"copy-{number}", args.at, args.timeout)
                stack.callback(copy.close)
                print(f"testing   {copy.prepare()}", flush=True)
                free.put(copy)
            problems = [problem for fault in faults if (problem := fault.problem(copy.folder))]
            if problems or not faults:
                raise Refused("\n".join(problems) or f"no fault is called {args.k}")
            check_sound(copy, faults)
        except Refused as refused:
            print(refused, file=sys.stderr)
            return 2

        def try_one(fault: Fault) -> Outcome:
            copy = free.get()
            try:
                return copy.tried(fault)
            finally:
                free.put(copy)

        with ThreadPoolExecutor(args.jobs) as pool:
            for fault, outcome in zip(faults, pool.map(try_one, faults), strict=True):
                print(f"{outcome.state:9} {fault.name:60} {outcome.seconds:6.1f} s  {outcome.by}", flush=True)
                tried.append((fault, outcome))
    count = {state: sum(outcome.state is state for _, outcome in tried) for state in (CAUGHT, SURVIVED, BROKEN)}
    broken = f", {count[BROKEN]} broken" if count[BROKEN] else ""
    print(f"{len(tried)} put in, {count[CAUGHT]} caught, {count[SURVIVED]} survived{broken}")
    if args.write:
        TABLE.write_text(table(tried), "utf-8")
    return 0 if count[CAUGHT] == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())

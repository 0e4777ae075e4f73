"""``refund-desk doctor``: looks at the set-up, and says what is wrong and what to do. It changes nothing.

What it looks at of a connector is in the connector's folder: ``check.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from bot.wording import say

if TYPE_CHECKING:
    from bot.connectors.shared.checks import CheckResult
    from bot.settings import Settings

_MODULES = (
    "bot.commands.doctor_basics",
    "bot.commands.doctor_connectors",
)


Check = Callable[["Settings"], Iterator["CheckResult"]]
"""Looks at a part of the set-up. It may wait some seconds for an answer, and raises nothing that it can foresee."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor``."""
    parser = subparsers.add_parser("doctor", help="check the set-up and say what to do")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--demo", action="store_true", help="check the set-up of the demo")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from bot.bootstrap import PROCESS

    PROCESS.demo = args.demo
    findings: list[CheckResult] = []
    examined = examine()
    while True:
        with contextlib.redirect_stdout(sys.stderr):  # what libraries say meanwhile is no part of the answer
            finding = next(examined, None)
        if finding is None:
            break
        findings.append(finding)
        if not args.json:
            mark = say("doctor_ok" if finding.ok else "doctor_problem")
            print(f"{mark:7}  {_about(finding):12} {finding.says}")
            if finding.fix:
                print(f"{'':22}-> {finding.fix}", flush=True)
    problems = [finding for finding in findings if not finding.ok]
    if args.json:
        rows = [{**asdict(finding), "about": _about(finding), "ok": finding.ok} for finding in findings]
        print(json.dumps(rows, indent=2))
    elif problems:
        print(say("doctor_problems", problems=len(problems), checks=len(findings)))
    else:
        print(say("doctor_all_well"))
    return 2 if problems else 0


def _about(finding: CheckResult) -> str:
    return say("doctor_about", about=finding.about)


def examine() -> Iterator[CheckResult]:
    """All findings. While a setting is broken nothing else can be looked at."""
    from bot.connectors.shared.checks import CheckResult
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        for one in (error, *error.others):
            fix = say("doctor_fix_name") if one.code == "unknown" else say("doctor_correct", what=one.variable)
            yield CheckResult("settings", str(one), fix)
        return
    yield CheckResult("settings", say("doctor_settings"))
    for name in _MODULES:
        checks: tuple[tuple[str, Check], ...] = importlib.import_module(name).CHECKS
        for about, check in checks:
            try:
                yield from check(settings)
            except Exception as error:
                # A text of ours or a library's could hold a secret: only its kind is shown.
                yield CheckResult(about, say("doctor_broke", error=type(error).__name__), say("doctor_fix_broke"))

"""``refund-desk audit``: whether the record of decisions, moves and accounts is whole."""

from __future__ import annotations

import argparse

from bot.commands import open_services
from bot.wording import say


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``audit`` and its verb."""
    audit = subparsers.add_parser("audit", help="check the record of decisions, moves and accounts")
    verbs = audit.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser(
        "verify",
        help="find changed and missing rows, and accounts that are not as recorded; exit status 1 if there are any",
    )
    parser.set_defaults(run=_verify)


def _verify(args: argparse.Namespace) -> int:
    with open_services().reading() as uow:
        rows, problems = uow.audit.verify()
    for problem in problems:
        print(problem)
    print(say("audit_verified", rows=rows, problems=len(problems)))
    return 1 if problems else 0

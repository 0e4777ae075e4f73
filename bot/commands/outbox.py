"""``refund-desk outbox``: what is being carried out."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from bot.commands import open_services
from bot.wording import say

if TYPE_CHECKING:
    from bot.cases.model import OutboxStep


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``outbox`` and its verb."""
    outbox = subparsers.add_parser("outbox", help="show what is being carried out")
    verbs = outbox.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("list", help="list the steps that wait, and those that were given to a person")
    parser.add_argument("--all", action="store_true", help="also those that are done or dropped")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_list)


def _list(args: argparse.Namespace) -> int:
    from bot.cases.model import StepState

    with open_services().reading() as uow:
        rows = [
            {"reference": file.case.reference, "order_number": file.order_number, **step_values(step)}
            for file in uow.case_files.all()
            for step in file.steps
            if args.all or step.state in (StepState.WAITING, StepState.DEAD)
        ]
    if args.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    for row in [] if args.json else rows:
        tried = say("outbox_tried", attempts=row["attempts"], next_at=row["next_at"][:19])
        print(f"{row['reference']}  {row['step']:13} {row['state']:8} {tried}  {row['error'] or ''}".rstrip())
    return 0


def step_values(step: OutboxStep) -> dict[str, Any]:
    """A step as JSON values."""
    return {
        "step": step.step.value,
        "state": step.state.value,
        "idempotency_key": step.key,
        "decision": step.decision_id,
        "payload": step.payload,
        "attempts": step.attempts,
        "next_at": step.next_at.isoformat(),
        "error": step.error,
        "result": step.result,
    }

"""``refund-desk cases``: what customers asked for and what came of it."""

from __future__ import annotations

import argparse
import json
import unicodedata
from typing import TYPE_CHECKING, Any

from bot.commands import CommandError, open_services
from bot.commands.outbox import step_values
from bot.policy.money import plain
from bot.policy.values import values_from_json
from bot.wording.causes import cause_words
from bot.wording.decisions import with_sentences

if TYPE_CHECKING:
    from bot.cases.model import AgentDecision, CaseFile

_RESULT_KEYS = (
    "outcome",
    "base",
    "fee",
    "refund",
    "currency",
    "process_by",
    "service_stops_at",
    "agreement_ends_on",
    "next_charge_on",
    "balance_lost",
    "clauses",
    "policy_version",
    "explanation",
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``cases`` and its verbs."""
    cases = subparsers.add_parser("cases", help="list cases, show one")
    verbs = cases.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("list", help="list the cases, newest first")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--state", help="only those in this state")
    parser.set_defaults(run=_list)
    parser = verbs.add_parser("show", help="show one case with its log, decisions and handoff")
    parser.add_argument("id", metavar="ID", help="its reference, such as RD-7K3M9P, or its number")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_show)


def _list(args: argparse.Namespace) -> int:
    from bot.cases.model import CaseState

    states = [state.value for state in CaseState]
    if args.state and args.state not in states:
        raise CommandError("no_such_state", state=args.state, states=tuple(states))
    with open_services().reading() as uow:
        rows = [summary(file) for file in uow.case_files.all() if not args.state or file.case.state == args.state]
    if args.json:
        print(harmless(json.dumps(rows, indent=2, ensure_ascii=False)))
    for row in [] if args.json else rows:
        sums = f"{row['refund']} {row['currency']}" if row["refund"] else ""
        print(f"{row['reference']}  {row['kind']:9} {row['state']:18} {row['order_number'] or '-':10} {sums}")
    return 0


def _show(args: argparse.Namespace) -> int:
    with open_services().reading() as uow:
        wanted = args.id.strip().upper()
        file = uow.case_files.find(wanted)
        if file is None and wanted.isdecimal():
            file = next((file for file in uow.case_files.all() if str(file.case.id) == wanted), None)
    if file is None:
        raise CommandError("no_case", case=args.id)
    data = details(file)
    if args.json:
        print(harmless(json.dumps(data, indent=2, ensure_ascii=False)))
        return 0
    for key, value in data.items():
        if isinstance(value, (list, dict)):
            value = json.dumps(value, indent=2, ensure_ascii=False)
        elif isinstance(value, str):
            value = value.replace("\n", "\\n")  # a customer's line can't pass for one of ours
        print(harmless(f"{key:18} {value if value is not None else '-'}"))
    return 0


def harmless(text: str) -> str:
    """The text with what a terminal would obey, or would not show, written out; in JSON that changes nothing."""
    return "".join(_written_out(char) if _is_obeyed(char) else char for char in text)


def _is_obeyed(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _written_out(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def summary(file: CaseFile) -> dict[str, Any]:
    """A case and its newest decision as JSON values; sums are decimal strings."""
    case = file.case
    result = with_sentences(file.decisions[-1].result) if file.decisions else {}
    return {
        "id": case.id,
        "reference": case.reference,
        "kind": case.kind.value,
        "state": case.state.value,
        "order_number": file.order_number,
        "conversation_id": case.conversation_id,
        "requested_at": case.requested_at.isoformat(),
        "created_at": case.created_at.isoformat(),
        "reason": case.reason.value if case.reason else None,
        "reason_words": case.reason_words,
        "destination": case.destination.value if case.destination else None,
        "return_number": case.return_number,
        "tracking_number": case.tracking_number,
        "return_label": case.return_label,
        **{key: result.get(key) for key in _RESULT_KEYS},
    }


def agent_decision_values(decision: AgentDecision) -> dict[str, Any]:
    """What an agent decided as JSON values, with what a second person said of it."""
    currency = decision.currency or ""
    return {
        "id": decision.id,
        "at": decision.at.isoformat(),
        "agent": decision.agent_name,
        "verdict": decision.verdict.value,
        "base": plain(decision.base, currency),
        "fee": plain(decision.fee, currency),
        "refund": plain(decision.refund, currency),
        "currency": decision.currency,
        "destination": decision.destination.value if decision.destination else None,
        "reason": decision.reason,
        "beside_decision": decision.decision_id,
        "needs_second": decision.needs_second,
        "second": decision.second_name,
        "second_agrees": decision.second_agrees,
    }


def _spoken(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a handoff, with the decisions and causes among them in words."""
    return {name: _in_words(name, fact) for name, fact in facts.items()}


def _in_words(name: str, fact: Any) -> Any:
    if name in ("decision", "preview"):
        return with_sentences(fact)
    if name in ("error", "return") and isinstance(fact, dict):
        return cause_words(fact["code"], values_from_json(fact["values"]))
    return fact


def details(file: CaseFile) -> dict[str, Any]:
    """A case with everything that belongs to it."""
    handoff = file.handoff
    return {
        **summary(file),
        "log": [
            {
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "from": entry.from_state.value if entry.from_state else None,
                "to": entry.to_state.value,
                "cause": cause_words(entry.cause.code.value, entry.cause.values),
                **entry.cause.to_json(),
            }
            for entry in file.log
        ],
        "decisions": [
            {
                "id": decision.id,
                "decided_at": decision.decided_at.isoformat(),
                "policy_version": decision.policy_version,
                "inputs": decision.inputs,
                "result": with_sentences(decision.result),
            }
            for decision in file.decisions
        ],
        "agent_decisions": [agent_decision_values(decision) for decision in file.agent_decisions],
        "notes": [{"at": note.at.isoformat(), "agent": note.agent_name, "text": note.text} for note in file.notes],
        "steps": [step_values(step) for step in file.steps],
        "handoff": None
        if handoff is None
        else {
            "cause": handoff.cause.value,
            "created_at": handoff.created_at.isoformat(),
            "answer_by": handoff.answer_by.isoformat(),
            "facts": _spoken(handoff.facts),
            "transcript": handoff.transcript,
        },
    }

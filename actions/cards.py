"""What a channel that can may show beside the words: the figures of a quote or a case as a small table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actions.base import services
from actions.replies import day, figures
from bot.cases.case.clause_links import clause_links
from bot.cases.customer.receipts import receipt_path
from bot.cases.customer.wording import DESTINATIONS, base_name
from bot.cases.model import Case, StoredDecision
from bot.wording.formats import spoken


def refund_quote(order_number: str, case: Case, decision: StoredDecision) -> dict[str, Any]:
    """The sums of a refund that waits for a yes (R10)."""
    return _card("quote", f"Refund for order {order_number}", case, decision, _refund_rows(case, decision))


def cancel_quote(order_number: str, case: Case, decision: StoredDecision) -> dict[str, Any]:
    """What a cancellation that waits for a yes means."""
    return _card("quote", f"Cancel order {order_number}", case, decision, _cancel_rows(decision.result))


def confirmed_refund(case: Case, decision: StoredDecision) -> dict[str, Any]:
    """A refund on record."""
    rows = [row for row in _refund_rows(case, decision) if row["label"] not in ("Paid", "Remaining balance", "Fee")]
    if case.return_number:
        rows.append(_row("Return number", case.return_number))
    return _with_receipt(_card("case", "Your refund", case, decision, rows), case)


def confirmed_cancellation(case: Case, decision: StoredDecision) -> dict[str, Any]:
    """A cancellation on record."""
    return _with_receipt(_card("case", "Your cancellation", case, decision, _cancel_rows(decision.result)), case)


def _with_receipt(card: dict[str, Any], case: Case) -> dict[str, Any]:
    card["card"]["receipt"] = receipt_path(services(), case.reference)
    return card


def _card(kind: str, title: str, case: Case, decision: StoredDecision, rows: list[dict[str, Any]]) -> dict[str, Any]:
    clauses = clause_links(decision.result["clauses"], decision.policy_version)
    return {"card": {"type": kind, "title": title, "rows": rows, "clauses": clauses, "reference": case.reference}}


def _refund_rows(case: Case, decision: StoredDecision) -> list[dict[str, Any]]:
    result = decision.result
    told = figures(result)
    process_by = told["process_by"] or "after the card is back"
    return [
        _row(base_name(result["clauses"]), told["base"]),
        _row("Fee", told["fee"]),
        _row("Refund", told["refund"], strong=True),
        _row("Goes to", DESTINATIONS[case.destination]),
        _row("Processed by", process_by),
    ]


def _cancel_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    lost, currency = result.get("balance_lost"), result["currency"]
    rows = [
        _row("Service stops", "at once", strong=True),
        _row("Billing ends", day(result.get("agreement_ends_on"))),
        _row("First charge not taken", day(result.get("next_charge_on"))),
        _row("Balance lost", spoken(Decimal(lost), currency) if lost and Decimal(lost) else ""),
        _row("Refund", spoken(Decimal(result["refund"]), currency)),
    ]
    return [row for row in rows if row["value"]]


def _row(label: str, value: str, *, strong: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, **({"strong": True} if strong else {})}

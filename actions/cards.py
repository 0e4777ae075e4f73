"""What a channel that can may show beside the words: the figures of a quote or a case as a small table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from actions.base import services
from bot.cases.case.clause_links import clause_links
from bot.cases.case.sending import read_sending
from bot.cases.customer.receipts import receipt_path
from bot.cases.customer.wording import base_rows, destination_words
from bot.cases.model import Case, StoredDecision
from bot.policy.parsing import parse_order
from bot.wording import say
from bot.wording.formats import spoken, spoken_date


def refund_quote(order_number: str, case: Case, decision: StoredDecision) -> dict[str, Any]:
    """The sums of a refund that waits for a yes (R10)."""
    rows = [*_sum_rows(decision), *_refund_rows(case, decision)]
    return _card("quote", say("card_refund_for", order=order_number), case, decision, rows)


def cancel_quote(order_number: str, case: Case, decision: StoredDecision) -> dict[str, Any]:
    """What a cancellation that waits for a yes means."""
    return _card("quote", say("card_cancel_order", order=order_number), case, decision, _cancel_rows(decision.result))


def confirmed_refund(case: Case, decision: StoredDecision) -> dict[str, Any]:
    """A refund on record."""
    rows = _refund_rows(case, decision)
    sending = read_sending(services(), case)
    rows += [_row(label, value) for label, value in sending.rows()] if sending is not None else []
    return _with_receipt(_card("case", say("card_your_refund"), case, decision, rows), case)


def confirmed_cancellation(case: Case, decision: StoredDecision) -> dict[str, Any]:
    """A cancellation on record."""
    return _with_receipt(
        _card("case", say("card_your_cancellation"), case, decision, _cancel_rows(decision.result)), case
    )


def _with_receipt(card: dict[str, Any], case: Case) -> dict[str, Any]:
    card["card"]["receipt"] = receipt_path(services(), case.reference)
    return card


def _card(kind: str, title: str, case: Case, decision: StoredDecision, rows: list[dict[str, Any]]) -> dict[str, Any]:
    clauses = clause_links(decision.result["clauses"], decision.policy_version)
    return {"card": {"type": kind, "title": title, "rows": rows, "clauses": clauses, "reference": case.reference}}


def _sum_rows(decision: StoredDecision) -> list[dict[str, Any]]:
    """How the refund comes about."""
    result, order = decision.result, parse_order(decision.inputs["order"])
    base = base_rows(result["clauses"], Decimal(result["base"]), order)
    return [*(_row(label, value) for label, value in base), _row(say("label_fee"), _sum(result, "fee"))]


def _refund_rows(case: Case, decision: StoredDecision) -> list[dict[str, Any]]:
    return [
        _row(say("label_refund"), _sum(decision.result, "refund"), strong=True),
        _row(say("label_goes_to"), destination_words(case.destination)),
        _row(say("label_processed_by"), _day(decision.result.get("process_by")) or say("quote_after_return")),
    ]


def _cancel_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    lost = result.get("balance_lost")
    rows = [
        _row(say("label_service_stops"), say("quote_at_once"), strong=True),
        _row(say("label_billing_ends"), _day(result.get("agreement_ends_on"))),
        _row(say("label_first_charge"), _day(result.get("next_charge_on"))),
        _row(say("label_balance_lost"), _sum(result, "balance_lost") if lost and Decimal(lost) else ""),
        _row(say("label_refund"), _sum(result, "refund")),
    ]
    return [row for row in rows if row["value"]]


def _sum(result: dict[str, Any], key: str) -> str:
    return spoken(Decimal(result[key]), result["currency"])


def _day(text: str | None) -> str:
    """An ISO date as a customer reads it; empty where there is none."""
    return spoken_date(date.fromisoformat(text)) if text else ""


def _row(label: str, value: str, *, strong: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, **({"strong": True} if strong else {})}

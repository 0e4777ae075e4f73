"""Replies that agents send often, filled with the figures of the case. To add one, add a row and its messages."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.case.review import process_by
from bot.cases.desk.views import DeskCase, desk_case
from bot.cases.services import Services
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import DEFAULT, say
from bot.wording.decisions import explained

_REPLIES = [
    ("hello", "hello_name", {"first_name", "reference"}),
    ("hello", "hello", {"reference"}),
    ("more", "more", set[str]()),
    ("figures", "figures", {"order", "before_fee", "fee", "with_fee", "refund"}),
    ("when", "when", {"order", "process_by"}),
    ("stopped", "stopped", {"clauses", "explanation"}),
    ("return", "return", {"order", "return_number", "with_sending", "sending"}),
    ("paid", "paid", {"order", "paid", "remaining"}),
    ("else", "else", set[str]()),
]
"""The codes of title and text, and the values of the text, in the order in which they are offered. Of those with one
title the first that can be filled counts; one with a gap that the case can't fill is not offered."""


@dataclass(frozen=True)
class CannedReply:
    """A reply that is ready to be sent."""

    title: str
    text: str


def canned(services: Services, reference: str) -> list[CannedReply]:
    """The replies that fit the case. Raises UnknownCase."""
    values = _values(services, desk_case(services, reference))
    filled: dict[str, str] = {}
    for title, text, gaps in _REPLIES:
        if title not in filled and gaps <= values.keys():
            filled[title] = say(f"canned_{text}", DEFAULT, **{name: values[name] for name in gaps})
    return [CannedReply(say(f"canned_{title}_title"), text) for title, text in filled.items()]


def _values(services: Services, desk: DeskCase) -> dict[str, Value]:
    values: dict[str, Value] = {"reference": desk.case.reference}
    if desk.customer_name:
        values["first_name"] = desk.customer_name.split()[0]
    if desk.sending:
        values |= desk.sending.values
    if desk.stopped_by and desk.file.decisions:
        values["clauses"] = tuple(desk.stopped_by)
        values["explanation"] = explained(desk.file.decisions[-1].result)
    order, suggested = desk.order, desk.suggestion
    if order is None:
        return values
    values |= {"order": order.number, "paid": Money(order.amount_paid, order.currency)}
    if order.remaining_balance is not None:
        values["remaining"] = Money(order.remaining_balance, order.currency)
    if suggested.refund and suggested.fee is not None:
        sums = {"before_fee": suggested.refund + suggested.fee, "fee": suggested.fee, "refund": suggested.refund}
        values |= {name: Money(amount, order.currency) for name, amount in sums.items()}
        values["with_fee"] = bool(suggested.fee)
        with services.reading() as uow:
            stored = uow.orders.find(order.number)
        assert stored is not None
        values["process_by"] = process_by(services, stored)
    return values

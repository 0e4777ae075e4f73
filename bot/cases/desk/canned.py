"""Replies that agents send often, filled with the figures of the case. To add one, add a row."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter

from bot.cases.case.review import process_by
from bot.cases.desk.views import DeskCase, desk_case
from bot.cases.services import Services
from bot.wording.decisions import explained
from bot.wording.formats import spoken, spoken_date

_REPLIES = [
    ("Hello", "Hello {first_name}, I'm looking at {reference} now. One moment, please."),
    ("Hello", "Hello, I'm looking at {reference} now. One moment, please."),
    ("Asking for more", "Could you tell me what went wrong, and when you last tried it?"),
    ("What you would get", "By our terms the refund for {order} is {refund}, after a fee of {fee}."),
    ("When it comes", "Once you have said yes, the refund for {order} is processed by {process_by}."),
    ("Why it stopped", "Our terms stopped your request at {clauses}: {explanation}"),
    (
        "Return the card",
        "Please send the card of {order} back, complete, with {return_number} on the parcel.",
    ),
    ("What was paid", "For {order} you paid {paid}; {remaining} is left on the card."),
    ("Anything else", "Is there anything else that I can do for you?"),
]
"""Title and text, in the order in which they are offered. Of those with one title the first that can be filled counts;
one with a gap that the case can't fill is not offered."""


@dataclass(frozen=True)
class CannedReply:
    """A reply that is ready to be sent."""

    title: str
    text: str


def canned(services: Services, reference: str) -> list[CannedReply]:
    """The replies that fit the case. Raises UnknownCase."""
    values = _values(services, desk_case(services, reference))
    filled: dict[str, str] = {}
    for title, text in _REPLIES:
        gaps = {name for _, name, _, _ in Formatter().parse(text) if name}
        if title not in filled and gaps <= values.keys():
            filled[title] = text.format_map(values)
    return [CannedReply(title, text) for title, text in filled.items()]


def _values(services: Services, desk: DeskCase) -> dict[str, str]:
    values = {"reference": desk.case.reference}
    if desk.customer_name:
        values["first_name"] = desk.customer_name.split()[0]
    if desk.case.return_number:
        values["return_number"] = desk.case.return_number
    if desk.stopped_by and desk.file.decisions:
        values["clauses"] = ", ".join(desk.stopped_by)
        values["explanation"] = explained(desk.file.decisions[-1].result)
    order, suggested = desk.order, desk.suggestion
    if order is None:
        return values
    values |= {"order": order.number, "paid": spoken(order.amount_paid, order.currency)}
    if order.remaining_balance is not None:
        values["remaining"] = spoken(order.remaining_balance, order.currency)
    if suggested.refund and suggested.fee is not None:
        values |= {"refund": spoken(suggested.refund, order.currency), "fee": spoken(suggested.fee, order.currency)}
        with services.reading() as uow:
            stored = uow.orders.find(order.number)
        assert stored is not None
        values["process_by"] = spoken_date(process_by(services, stored))
    return values

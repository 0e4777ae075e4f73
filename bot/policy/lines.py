"""What is taken of an order of lines: pieces, each an order of its own that the clauses are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.policy.facts import Order, OrderLine
from bot.policy.money import is_known, share_of

Choice = Sequence[tuple[str, int]]
"""Ids of lines, each with a quantity of at least 1."""


@dataclass(frozen=True)
class Piece:
    """A line, or a part of its quantity, as an order of its own: without lines, and without extras unless it was given
    its share of them."""

    line_id: str
    quantity: int
    order: Order


def pieces_of(order: Order, choice: Choice) -> list[Piece]:
    """What ``choice`` takes of the order's lines, in their order; all of them where it is empty.

    Raises ValueError for a line that the order has not, or for more of one than it has.
    """
    wanted = dict(choice) or {line.id: line.quantity for line in order.lines}
    unknown = wanted.keys() - {line.id for line in order.lines}
    if unknown:
        raise ValueError(f"no such line: {min(unknown)}")
    parts = [part_of(line, wanted[line.id], order.currency) for line in order.lines if line.id in wanted]
    return [Piece(part.id, part.quantity, _as_order(order, part)) for part in parts]


def part_of(line: OrderLine, quantity: int, currency: str) -> OrderLine:
    """``quantity`` pieces of a line with their share of its amounts, each rounded half up to the minor unit.

    Raises ValueError for more than the line has, or less than one.
    """
    if not 1 <= quantity <= line.quantity:
        raise ValueError(f"line {line.id} has {line.quantity}, not {quantity}")
    if quantity == line.quantity or not is_known(currency):
        return replace(line, quantity=quantity)

    def share(amount: Decimal) -> Decimal:
        return share_of(amount, Decimal(quantity), Decimal(line.quantity), currency)

    return replace(
        line,
        quantity=quantity,
        amount_paid=share(line.amount_paid),
        tax=share(line.tax),
        original_balance=None if line.original_balance is None else share(line.original_balance),
        remaining_balance=None if line.remaining_balance is None else share(line.remaining_balance),
        refunded=share(line.refunded),
    )


def with_extras(pieces: Sequence[Piece], order: Order) -> list[Piece]:
    """The pieces with the order's shipping charges and fees shared among them by price, rounded half up; the last takes
    the rest. They are for a request that takes back the whole order unused (R7, R7b)."""
    total = sum((piece.order.amount_paid for piece in pieces), Decimal(0))
    left = order.extras
    shared = []
    for place, piece in enumerate(pieces, start=1):
        price = piece.order.amount_paid
        share = left if place == len(pieces) else min(left, share_of(order.extras, price, total, order.currency))
        left -= share
        given = replace(piece.order, amount_paid=price + share, extras=share)
        shared.append(replace(piece, order=given))
    return shared


def _as_order(order: Order, line: OrderLine) -> Order:
    return replace(
        order,
        product=line.product,
        product_kind=line.product_kind,
        shipped=line.shipped,
        amount_paid=line.amount_paid,
        original_balance=line.original_balance,
        remaining_balance=line.remaining_balance,
        used=line.used,
        charge=line.charge,
        status=line.status,
        extras=Decimal(0),
        # Of a single line is what the order names no line for.
        refunded=line.refunded + (order.refunded if len(order.lines) == 1 else Decimal(0)),
        lines=(),
    )

"""An export of another system, mapped to our fields by what its module says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import Any

from bot.policy.parsing import InvalidInput, shown
from bot.store.exports.columns import NEEDED, OURS, columns_refused
from bot.store.exports.problems import ImportRefused, RowSkipped, named

STATED = "product product_kind shipped currency payment_method charge used dispute_open".split()
"""The fields that may be stated for a whole file; the others belong to one order."""
PARTLY_REFUNDED = "partly_refunded"
"""A status that none of our orders has: what is left of it nobody can tell by the export."""
_REQUIRED = [*(column for column in NEEDED if column != "customer.name"), "shipped"]
_UNTOLD = ("original_balance", "remaining_balance", "dispute_open", "charge", "used")
"""Fields that an order can be imported without; those of an order that is known then stay as they are."""
_BOOLEANS = ("shipped", "used", "dispute_open")
_FLAGS = {"true": True, "false": False, "yes": True, "no": False}
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?", re.ASCII)

Row = Mapping[str, str]
Refine = Callable[[Sequence[Row], dict[str, Any]], None]
"""Takes the rows of an order and our fields as their columns have them, and makes our values of these. Raises
RowSkipped and InvalidInput."""


@dataclass(frozen=True)
class Found:
    """What stands in a row: the fields of an order of ours, or why it is none. ``untold`` are the fields that the file
    does not tell. ``row`` counts from 1, without the line of the columns."""

    row: int
    data: Any = None
    untold: frozenset[str] = frozenset()
    problem: InvalidInput | RowSkipped | None = None
    number: str = ""


@dataclass(frozen=True)
class Export:
    """An export as a system writes it. ``marks`` are columns that it always has. ``sources`` are the columns of our
    fields: the first that is there and not empty counts. ``grouped``: an order may have several rows, under one number,
    one after the other. ``local_times``: its times are those of the shop's time zone, without an offset."""

    name: str
    marks: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    refine: Refine
    grouped: bool = False
    local_times: bool = False


@dataclass(frozen=True)
class Stated:
    """What whoever imports an export knows of all its orders: fields as texts, and the time zone of times without
    offset."""

    fields: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None


def mapped(
    export: Export, columns: Sequence[str], rows: Iterable[list[str]], stated: Stated, name: str
) -> Iterator[Found]:
    """The orders of the table of an export. Raises ImportRefused for a table that is none of it, or that lacks what no
    order can do without."""
    if not set(export.marks) <= set(columns):
        theirs = {column for columns in export.sources.values() for column in columns}
        raise columns_refused(name, columns, export.marks, known={*theirs, *OURS})
    told = {ours for ours, theirs in export.sources.items() if any(column in columns for column in theirs)}
    if export.local_times and stated.zone is None:
        told.discard("placed_at")
    told |= {*stated.fields, *(column for column in columns if column in OURS)}
    missing = [ours for ours in _REQUIRED if ours not in told]
    if missing:
        hints = [f"--set {ours}=…" for ours in missing if ours in STATED]
        if "placed_at" in missing and export.local_times:
            hints.append("--time-zone ZONE")
        raise ImportRefused(
            "untold", name=name, format=export.name, missing=tuple(missing), hints=tuple(hints), stated=bool(hints)
        )
    return _orders(export, columns, rows, stated)


def _orders(export: Export, columns: Sequence[str], rows: Iterable[list[str]], stated: Stated) -> Iterator[Found]:
    column = next(column for column in (*export.sources["number"], "number") if column in columns)
    at = columns.index(column)
    numbered = enumerate(rows, start=1)
    key: Callable[[tuple[int, list[str]]], object] = (
        (lambda one: one[1][at] if len(one[1]) > at else "") if export.grouped else (lambda one: one[0])
    )
    for _, group in groupby(numbered, key):
        lines = list(group)
        number = lines[0][1][at] if len(lines[0][1]) > at else ""
        if any(len(line) != len(columns) for _, line in lines):
            problem = InvalidInput("columns", f"are {len(columns)}, and the row has another number of them")
            yield Found(lines[0][0], problem=problem, number=number)
            continue
        yield one_order(export, lines[0][0], [dict(zip(columns, line, strict=True)) for _, line in lines], stated)


def one_order(export: Export, row: int, rows: Sequence[Row], stated: Stated) -> Found:
    """The order that stands in one or more rows of an export."""
    theirs: dict[str, Any] = {
        ours: next((rows[0][column] for column in columns if rows[0].get(column)), None)
        for ours, columns in export.sources.items()
    }
    number = theirs.get("number") or ""
    try:
        export.refine(rows, theirs)
        if export.local_times and theirs.get("placed_at") is not None:
            theirs["placed_at"] = None if stated.zone is None else moment(theirs["placed_at"], stated.zone)
        own = {column: rows[0][column] for column in OURS if rows[0].get(column)}
        data = {**stated.fields, **{ours: value for ours, value in theirs.items() if value is not None}, **own}
        return _found(row, {ours: _flag(ours, value) for ours, value in data.items()})
    except (RowSkipped, InvalidInput) as problem:
        return Found(row, problem=problem, number=number)


def _found(row: int, data: dict[str, Any]) -> Found:
    number = str(data.get("number", ""))
    is_plan = data.get("product_kind") == "subscription"
    of_plan = () if not is_plan else ("charge",) if data.get("charge") == "renewal" else ("charge", "used")
    missing = [ours for ours in [*_REQUIRED, *of_plan] if data.get(ours) is None]
    if missing:
        raise RowSkipped("untold", missing=tuple(missing))
    if data["status"] == PARTLY_REFUNDED:
        if is_plan:
            raise RowSkipped("partly_refunded")
        # Of a card that held something a person decides what is left, also where the store has it as unrefunded.
        data |= {"status": "active", "remaining_balance": None}
    untold = {ours for ours in _UNTOLD if ours not in data}
    if data["status"] == "active":
        untold.add("status")  # it tells that the order was paid, not that a service runs that has ended here
    # As our connector does, the address stands where no name is told.
    data.setdefault("customer.name", data["customer.email"])
    customer = {part: data.pop(f"customer.{part}", None) for part in ("name", "email", "phone")}
    return Found(row, {**data, "customer": customer}, frozenset(untold), number=number)


def _flag(ours: str, value: Any) -> Any:
    return _FLAGS.get(value.lower(), value) if ours in _BOOLEANS and isinstance(value, str) else value


# What the modules of the exports need


def moment(text: str, zone: tzinfo | None = None) -> str:
    """A time such as ``2026-11-20 10:14:58``, with an offset such as `` -0500`` or in ``zone``, in ISO 8601. Raises
    InvalidInput."""
    for seconds in (":%S", ""):
        try:
            read = datetime.strptime(text if zone is None else f"{text} +0000", f"%Y-%m-%d %H:%M{seconds} %z")
        except ValueError:
            continue
        return (read if zone is None else read.replace(tzinfo=zone)).isoformat()
    raise InvalidInput("placed_at", f"is no time as this export writes it: {shown(text)}")


def amount(column: str, text: str | None) -> Decimal:
    """A sum of money as exports write it; an empty one is 0. Raises InvalidInput."""
    if not text:
        return Decimal(0)
    if not _NUMBER.fullmatch(text):
        raise InvalidInput(named(column), f'must be a decimal such as "50.00", not {shown(text)}')
    return Decimal(text)


def status_in(known: Mapping[str, str], status: str | None) -> str:
    """Our status for theirs, in any case; ``unpaid`` in ``known`` is none. Raises RowSkipped for what was not paid, and
    for a status that nobody knows: it may forbid a refund."""
    ours = known.get((status or "").lower())
    if ours is None:
        raise RowSkipped("unknown_status", status=named(status or ""))
    if ours == "unpaid":
        raise RowSkipped("not_paid", status=named(status or ""))
    return ours


def with_refund(status: str, paid: Decimal, refunded: Decimal) -> str:
    """The status of an order of which so much was given back."""
    if status != "active" or not refunded:
        return status
    return "refunded" if refunded >= paid else PARTLY_REFUNDED

"""Orders from a file into the store: the whole file or nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot import order_numbers
from bot.cases.identity.addresses import plain_address
from bot.cases.model import Contact
from bot.policy.facts import Order, OrderStatus
from bot.policy.money import in_use
from bot.policy.parsing import InvalidInput, parse_order, shown
from bot.policy.values import Value
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from bot.wording import DEFAULT, CodedError, say

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LONGEST = {"product": t.orders.c.product.type.length, "payment_method": t.orders.c.payment_method.type.length}
_LONGEST_NAME, _LONGEST_PHONE = 200, 50
_TURNS = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
"""Characters that turn the direction of the text after them."""
_FIELDS = frozenset(Order.__dataclass_fields__)
_CUSTOMER_FIELDS = frozenset({"name", "email", "phone"})
_BOOLEANS = {"true": True, "false": False, "": None}
_MOST_PROBLEMS = 20
_OURS = frozenset({OrderStatus.REFUNDED, OrderStatus.CANCELLED})
"""What an order stays once a case of ours made it so, whatever a file says."""


class ImportRefused(CodedError):
    """The file can't be imported, and nothing was. ``rows`` is what is wrong with which row: the text has a line for
    each, up to the 20th."""

    group = "import_error"

    def __init__(self, code: str, rows: Mapping[int, InvalidInput] | None = None, **values: Value) -> None:
        super().__init__(code, **values)
        self.rows = dict(rows or {})

    def text(self, language: str = DEFAULT) -> str:
        """What a person is told."""
        lines = [say("import_row", language, row=row, problem=str(problem)) for row, problem in self.rows.items()]
        more = len(lines) - _MOST_PROBLEMS
        rest = [say("import_more_rows", language, more=more)] if more > 0 else []
        return "\n".join([super().text(language), *lines[:_MOST_PROBLEMS], *rest])


@dataclass(frozen=True)
class OrderRow:
    """One order of the file."""

    order: Order
    customer: Contact


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    new: int
    updated: int


def read_orders(data: bytes, name: str) -> list[OrderRow]:
    """The orders of a JSON or CSV file. Raises ImportRefused, naming every bad row and field."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefused("not_text", name=name) from None
    if not text.strip():
        raise ImportRefused("empty", name=name)
    objects = _csv_objects(text, name) if name.lower().endswith(".csv") else _json_objects(text, name)
    return read_order_rows(objects, name)


def read_order_rows(objects: Sequence[Any], name: str) -> list[OrderRow]:
    """The orders of JSON objects; ``name`` says where they come from. Raises ImportRefused."""
    rows: list[OrderRow] = []
    problems: dict[int, InvalidInput] = {}
    seen: set[str] = set()
    for number, data_row in enumerate(objects, start=1):
        try:
            row = _order_row(data_row)
            if row.order.number in seen:
                raise InvalidInput("number", f"{row.order.number} stands in the file twice")
            seen.add(row.order.number)
            rows.append(row)
        except InvalidInput as error:
            problems[number] = error
    if problems:
        raise ImportRefused("bad_rows", problems, name=name)
    if not rows:
        raise ImportRefused("no_orders", name=name)
    return rows


def import_orders(uow: SqlUnitOfWork, rows: list[OrderRow]) -> Imported:
    """Add or update the orders within the running transaction. Raises ImportRefused for an order that has an
    open case: what was quoted must not change behind the customer's back by a file; and for one of the demo, whose
    requests must not become those of a real order."""
    new = 0
    for number, row in enumerate(rows, start=1):
        known = uow.orders.lock(row.order.number)
        values = _columns(row.order)
        if known is None:
            uow.connection.execute(t.orders.insert().values(**values, **uow.customers.order_columns(row.customer)))
            new += 1
            continue
        if known.demo:
            raise ImportRefused("of_demo", row=number, order=row.order.number)
        open_case = select(t.cases.c.reference).where(
            t.cases.c.order_id == known.id, t.cases.c.state.in_(t.OPEN_STATE_NAMES), t.cases.c.state != "quoted"
        )
        reference = uow.connection.execute(open_case).scalars().first()
        if reference:
            raise ImportRefused("open_case", row=number, order=row.order.number, reference=reference)
        if known.order.status in _OURS:
            # A file that was written before our refund or cancellation must not make a second one possible.
            done = select(t.cases.c.id).where(t.cases.c.order_id == known.id, t.cases.c.state == "done")
            if uow.connection.execute(done).first():
                values["status"] = known.order.status.value
        values |= uow.orders.contact_columns(known, row.customer)
        uow.connection.execute(t.orders.update().where(t.orders.c.id == known.id).values(**values))
    return Imported(new, len(rows) - new)


def _order_row(data: Any) -> OrderRow:
    if not isinstance(data, Mapping):
        raise InvalidInput("order", "must be a JSON object")
    unknown = sorted(str(key) for key in data.keys() - _FIELDS - {"customer"})
    if unknown:
        raise InvalidInput(_named(unknown[0]), "is not a field of an order")
    order = parse_order(data)
    numbers = order_numbers.in_use()
    if not numbers.is_number(order.number):
        raise InvalidInput("number", f"must be an order number such as {numbers.example}, not {shown(order.number)}")
    if not in_use(order.currency, order.placed_at):
        raise InvalidInput("currency", f"is no currency code of the day of the order: {shown(order.currency)}")
    for field, longest in _LONGEST.items():
        if len(getattr(order, field)) > longest:
            raise InvalidInput(field, f"must have at most {longest} characters")
    return OrderRow(order, _contact(data.get("customer")))


def _named(field: str) -> str:
    """The name of an unknown field: as it stands, unless a terminal would obey it."""
    return field if field.isprintable() and len(field) <= 50 else shown(field)


def _contact(data: Any) -> Contact:
    if not isinstance(data, Mapping):
        raise InvalidInput("customer", "is missing" if data is None else "must be a JSON object")
    unknown = sorted(str(key) for key in data.keys() - _CUSTOMER_FIELDS)
    if unknown:
        raise InvalidInput(f"customer.{_named(unknown[0])}", "is not a field of a customer")
    name, email, phone = data.get("name"), data.get("email"), data.get("phone")
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput("customer.name", "must be a text that is not empty")
    if len(name) > _LONGEST_NAME or not _is_plain(name):
        raise InvalidInput("customer.name", f"must be a printable text of at most {_LONGEST_NAME} characters")
    if not isinstance(email, str) or len(email) > 254 or not _EMAIL.fullmatch(email.strip()) or not _is_plain(email):
        raise InvalidInput("customer.email", f"must be an e-mail address, not {shown(email)}")
    if phone is not None and (not isinstance(phone, str) or len(phone) > _LONGEST_PHONE or not _is_plain(phone)):
        raise InvalidInput("customer.phone", f"must be a phone number as a text, not {shown(phone)}")
    return Contact(name.strip(), plain_address(email), phone or None)


def _is_plain(text: str) -> bool:
    """Whether a text has nothing that a terminal would obey or that no database takes; format characters that names
    are written with are allowed."""
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _TURNS for char in text.strip())


def _columns(order: Order) -> dict[str, Any]:
    values = {name: getattr(order, name) for name in _FIELDS}
    return {name: getattr(value, "value", value) for name, value in values.items()}


def _json_objects(text: str, name: str) -> list[Any]:
    try:
        data = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ImportRefused("json_too_deep", name=name) from None
    except ValueError as error:  # a JSONDecodeError, a key that stands twice, or a number of thousands of digits
        raise ImportRefused("json_broken", name=name, problem=str(error)) from None
    if isinstance(data, Mapping) and set(data) == {"orders"}:
        data = data["orders"]
    if isinstance(data, Mapping):
        data = [data]
    if not isinstance(data, list):
        raise ImportRefused("no_list", name=name)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a key that stands twice: which of two sums is meant, nobody can tell."""
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise ValueError(f"{shown(key)} stands twice in one object")
        data[key] = value
    return data


def _csv_objects(text: str, name: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="(extra)", strict=True)
    try:
        columns = list(reader.fieldnames or ())
        twice = next((column for column in columns if columns.count(column) > 1), None)
        if twice is not None:
            raise ImportRefused("column_twice", name=name, column=shown(twice))
        return [_csv_object(row) for row in reader]
    except csv.Error as error:
        raise ImportRefused("csv_broken", name=name, line=reader.line_num, problem=str(error)) from None


def _csv_object(row: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    customer: dict[str, Any] = {}
    for key, value in row.items():
        if key == "(extra)":
            data[key] = value
        elif key.startswith("customer."):
            customer[key.removeprefix("customer.")] = value or None
        elif key in ("shipped", "used", "dispute_open"):
            data[key] = _BOOLEANS.get((value or "").lower(), value)
        else:
            data[key] = value or None
    return {**data, "customer": customer or None}

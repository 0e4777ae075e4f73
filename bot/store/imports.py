"""Orders into the store: what is wrong with a row, and what an order that is known takes from a new one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot import order_numbers
from bot.cases.identity.addresses import plain_address
from bot.cases.model import Contact, StoredOrder
from bot.policy.facts import Order, OrderStatus, ProductKind
from bot.policy.money import in_use
from bot.policy.parsing import InvalidInput, parse_order, shown
from bot.store import tables as t
from bot.store.exports.mapped import Found
from bot.store.exports.problems import ImportRefused, Problems, RowSkipped, named
from bot.store.exports.reading import found_objects
from bot.store.unit_of_work import SqlUnitOfWork

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LONGEST = {"product": t.orders.c.product.type.length, "payment_method": t.orders.c.payment_method.type.length}
_LONGEST_NAME, _LONGEST_PHONE = 200, 50
_TURNS = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
"""Characters that turn the direction of the text after them."""
_FIELDS = frozenset(t.ORDER_COLUMNS)
_CUSTOMER_FIELDS = frozenset({"name", "email", "phone"})
BATCH = 1_000
"""Orders that are looked up and written together."""
MOST_LISTED = 1_000
"""Orders that are listed as skipped; of more only the number is told."""
_BALANCES = ("original_balance", "remaining_balance")
_OURS = frozenset({OrderStatus.REFUNDED, OrderStatus.CANCELLED, OrderStatus.TERMINATED})
"""What an order stays once a case of ours made it so, whatever a file says."""


@dataclass(frozen=True)
class OrderRow:
    """One order of the file. ``untold`` are the fields that the file does not tell: an order that is known keeps them.
    ``row`` counts from 1, without the line of the columns."""

    order: Order
    customer: Contact
    untold: frozenset[str] = frozenset()
    row: int = 0


@dataclass(frozen=True)
class Skipped:
    """An order of the file that was left as it is, and why."""

    row: int
    number: str
    why: RowSkipped


@dataclass
class Imported:
    """What an import did, in orders. Of those that were skipped the first ones are listed. ``disputes_untold``: the
    file does not say of all new ones whether a dispute is open."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    listed: list[Skipped] = field(default_factory=list)
    disputes_untold: bool = False

    @property
    def taken(self) -> int:
        """The orders that are in the store as the file has them."""
        return self.new + self.changed + self.unchanged

    def skip(self, skipped: Skipped) -> None:
        """Count an order that was left, and list it while there is room."""
        self.skipped += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(skipped)

    def add(self, more: Imported) -> None:
        """Count what was done after this, too."""
        self.new += more.new
        self.changed += more.changed
        self.unchanged += more.unchanged
        self.disputes_untold |= more.disputes_untold
        self.skipped += more.skipped - len(more.listed)
        for skipped in more.listed:
            self.skip(skipped)


def read_order_rows(objects: Sequence[Any], name: str) -> list[OrderRow]:
    """The orders of JSON objects; ``name`` says where they come from. Raises ImportRefused."""
    return good_rows(found_objects(objects), name)


def good_rows(found: Iterable[Found], name: str) -> list[OrderRow]:
    """The orders of all rows of a short file. Raises ImportRefused where one of them is bad."""
    rows: list[OrderRow] = []
    problems = Problems()
    seen: set[str] = set()
    for one in found:
        try:
            row = order_row(one)
            if row.order.number in seen:
                raise twice(row.order.number)
            seen.add(row.order.number)
            rows.append(row)
        except InvalidInput as error:
            problems.add(one.row, error)
    if problems:
        raise ImportRefused("bad_rows", problems.rows, problems.more, name=name)
    if not rows:
        raise ImportRefused("no_orders", name=name)
    return rows


def twice(number: str) -> InvalidInput:
    """What is wrong with a second row of an order."""
    return InvalidInput("number", f"{number} stands in the file twice")


def order_row(found: Found) -> OrderRow:
    """The order in a row. Raises InvalidInput, and RowSkipped."""
    if found.problem is not None:
        raise found.problem
    order, customer = _order(found.data)
    return OrderRow(order, customer, found.untold, found.row)


def import_orders(uow: SqlUnitOfWork, rows: Sequence[OrderRow]) -> Imported:
    """Add or update the orders within the running transaction. An order that has an open case is left as it is: what
    was quoted must not change behind the customer's back by a file. Raises ImportRefused for one of the demo, whose
    requests must not become those of a real order."""
    done = Imported()
    for start in range(0, len(rows), BATCH):
        _import(uow, rows[start : start + BATCH], done)
    return done


def _import(uow: SqlUnitOfWork, rows: Sequence[OrderRow], done: Imported) -> None:
    known = {stored.order.number: stored for stored in uow.orders.lock_all([row.order.number for row in rows])}
    ids = [stored.id for stored in known.values()]
    open_cases = _open_cases(uow, ids)
    paid_out = _with_done_case(uow, ids)
    contacts = uow.customers.contacts_of(ids)
    new: list[OrderRow] = []
    for row in rows:
        stored = known.get(row.order.number)
        if stored is not None and stored.demo:
            raise ImportRefused("of_demo", row=row.row, order=row.order.number)
        why = _without_balance(row, stored)
        if stored is not None and stored.id in open_cases:
            why = RowSkipped("open_case", reference=open_cases[stored.id])
        if why is not None:
            done.skip(Skipped(row.row, row.order.number, why))
            continue
        if stored is None:
            new.append(row)
            continue
        values = _changes(row, stored, stored.id in paid_out)
        if contacts[stored.id] != row.customer:
            values |= uow.orders.contact_columns(stored, row.customer)
        if values:
            uow.connection.execute(t.orders.update().where(t.orders.c.id == stored.id).values(**values))
            done.changed += 1
        else:
            done.unchanged += 1
    buyers = uow.customers.columns_of([row.customer for row in new])
    inserted = [{**_columns(row.order), **buyer} for row, buyer in zip(new, buyers, strict=True)]
    if inserted:
        uow.connection.execute(t.orders.insert(), inserted)
    done.new += len(inserted)
    done.disputes_untold |= any("dispute_open" in row.untold for row in new)


def _without_balance(row: OrderRow, stored: StoredOrder | None) -> RowSkipped | None:
    """Why a card of an export is left of which neither the file nor the store knows a balance: it would count as a
    product that has none, and be refunded in full however much of it was used."""
    if not row.untold or row.order.product_kind is not ProductKind.CALLING_CARD:
        return None
    told = [None if name in row.untold else getattr(row.order, name) for name in _BALANCES]
    kept = [getattr(stored.order, name) for name in _BALANCES if name in row.untold] if stored else []
    if any(balance is not None for balance in (*told, *kept)):
        return None
    untold = tuple(name for name in _BALANCES if name in row.untold)
    return RowSkipped("untold", missing=untold) if _BALANCES[1] in untold else RowSkipped("partly_refunded")


def _changes(row: OrderRow, stored: StoredOrder, paid_out: bool) -> dict[str, Any]:
    """The columns in which the file differs from what is stored, where it may say so."""
    now, then = _columns(row.order), _columns(stored.order)
    # A file that was written before our refund or cancellation must not make a second one possible.
    if stored.order.status in _OURS and paid_out:
        now["status"] = then["status"]
    return {name: value for name, value in now.items() if value != then[name] and name not in row.untold}


def _open_cases(uow: SqlUnitOfWork, order_ids: Sequence[int]) -> dict[int, str]:
    """The references of open cases by their orders, quotes left out."""
    query = select(t.cases.c.order_id, t.cases.c.reference).where(
        t.cases.c.order_id.in_(order_ids), t.cases.c.state.in_(t.OPEN_STATE_NAMES), t.cases.c.state != "quoted"
    )
    return {row.order_id: row.reference for row in uow.connection.execute(query)}


def _with_done_case(uow: SqlUnitOfWork, order_ids: Sequence[int]) -> set[int]:
    query = select(t.cases.c.order_id).where(t.cases.c.order_id.in_(order_ids), t.cases.c.state == "done")
    return set(uow.connection.execute(query).scalars())


def _order(data: Any) -> tuple[Order, Contact]:
    if not isinstance(data, Mapping):
        raise InvalidInput("order", "must be a JSON object")
    unknown = sorted(str(key) for key in data.keys() - _FIELDS - {"customer"})
    if unknown:
        raise InvalidInput(named(unknown[0]), "is not a field of an order")
    order = parse_order(data)
    numbers = order_numbers.in_use()
    if not numbers.is_number(order.number):
        raise InvalidInput("number", f"must be an order number such as {numbers.example}, not {shown(order.number)}")
    if not in_use(order.currency, order.placed_at):
        raise InvalidInput("currency", f"is no currency code of the day of the order: {shown(order.currency)}")
    for name, longest in _LONGEST.items():
        if len(getattr(order, name)) > longest:
            raise InvalidInput(name, f"must have at most {longest} characters")
    return order, _contact(data.get("customer"))


def _contact(data: Any) -> Contact:
    if not isinstance(data, Mapping):
        raise InvalidInput("customer", "is missing" if data is None else "must be a JSON object")
    unknown = sorted(str(key) for key in data.keys() - _CUSTOMER_FIELDS)
    if unknown:
        raise InvalidInput(f"customer.{named(unknown[0])}", "is not a field of a customer")
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
    if text.isascii() and text.strip().isprintable():  # most are, and it is many times faster
        return True
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _TURNS for char in text.strip())


def _columns(order: Order) -> dict[str, Any]:
    values = {name: getattr(order, name) for name in _FIELDS}
    return {name: getattr(value, "value", value) for name, value in values.items()}

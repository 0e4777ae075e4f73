"""What the contract server knows and has done: orders, payments, calls, violations, in SQLite.

In memory, or in a file, which other processes may read while the server writes.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from iso4217 import Currency

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, paid TEXT, currency TEXT, remaining TEXT, used INTEGER,
    spend_at_stop TEXT, stopped INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, asked TEXT, status INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, order_number TEXT, amount TEXT,
    currency TEXT, destination TEXT);
CREATE TABLE IF NOT EXISTS stops (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, order_number TEXT);
CREATE TABLE IF NOT EXISTS ends (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, order_number TEXT, last_day TEXT);
CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT, order_number TEXT, key TEXT,
    fault TEXT, status INTEGER);
CREATE TABLE IF NOT EXISTS violations (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
"""
_DECIMALS = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}


@dataclass(frozen=True)
class Payment:
    """Money that went out."""

    id: str
    key: str
    order: str
    amount: Decimal
    currency: str
    destination: str


@dataclass(frozen=True)
class Stop:
    """A service that was stopped, at most once for each key."""

    key: str
    order: str


@dataclass(frozen=True)
class End:
    """An agreement that was ended; ``last_day`` as YYYY-MM-DD."""

    key: str
    order: str
    last_day: str


@dataclass(frozen=True)
class Call:
    """A call that reached the gateway and kept its rules: ``operation`` as in the OpenAPI file (stop, agreement-end,
    refunds, balance, payments), ``fault`` what was done to it, ``status`` what was answered (None: nothing)."""

    operation: str
    order: str
    key: str
    fault: str
    status: int | None


class Book:
    """Reads and writes are safe from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA busy_timeout=8000")
        if path:  # a killed process loses nothing; a killed machine may, which no test does
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Nothing can be read afterwards."""
        with self._lock:
            self._database.close()

    # What a test reads

    @property
    def payments(self) -> list[Payment]:
        """All payments, the first one first."""
        rows = self._rows("SELECT id, key, order_number, amount, currency, destination FROM payments ORDER BY id")
        return [Payment(f"pay_{row[0]}", row[1], row[2], Decimal(row[3]), row[4], row[5]) for row in rows]

    @property
    def payments_by_key(self) -> dict[str, list[Payment]]:
        """Payments by idempotency key; more than one for a key is a bug of the contract server."""
        return _grouped(self.payments, "key")

    @property
    def payments_by_order(self) -> dict[str, list[Payment]]:
        """Payments by order number."""
        return _grouped(self.payments, "order")

    @property
    def stops(self) -> list[Stop]:
        """All stops that were carried out."""
        return [Stop(*row) for row in self._rows("SELECT key, order_number FROM stops ORDER BY id")]

    @property
    def ends(self) -> list[End]:
        """All agreements that were ended; the last one of an order counts."""
        return [End(*row) for row in self._rows("SELECT key, order_number, last_day FROM ends ORDER BY id")]

    @property
    def calls(self) -> list[Call]:
        """All calls that kept the rules, in the order of their arrival."""
        rows = self._rows("SELECT operation, order_number, key, fault, status FROM calls ORDER BY id")
        return [Call(*row) for row in rows]

    @property
    def violations(self) -> list[str]:
        """A line for each broken rule of the OpenAPI file."""
        return [row[0] for row in self._rows("SELECT text FROM violations ORDER BY id")]

    def count(self, operation: str | None = None, *, order: str | None = None, key: str | None = None) -> int:
        """How many calls there were, of an operation, for an order, with a key."""
        return sum(
            (operation is None or call.operation == operation)
            and (order is None or call.order == order)
            and (key is None or call.key == key)
            for call in self.calls
        )

    def remaining(self, number: str) -> Decimal | None:
        """What is left of an order."""
        (left,) = self._rows("SELECT remaining FROM orders WHERE number = ?", number)[0]
        return None if left is None else Decimal(left)

    # What a test sets up

    def add_order(
        self,
        number: str,
        *,
        paid: str = "50.00",
        currency: str = "USD",
        remaining: str | None = "50.00",
        used: bool = False,
    ) -> None:
        """Put an order into the book, or change what it holds of it. ``remaining`` is None for a plan, which has an
        agreement but no balance."""
        self._rows(
            "INSERT INTO orders (number, paid, currency, remaining, used) VALUES (?, ?, ?, ?, ?) ON CONFLICT (number)"
            " DO UPDATE SET paid = excluded.paid, currency = excluded.currency, remaining = excluded.remaining,"
            " used = excluded.used",
            *(number, paid, currency, remaining, used),
        )

    def add(self, order: Any) -> None:
        """The same for a ``bot.policy.facts.Order``."""
        left = order.remaining_balance
        self.add_order(
            order.number,
            paid=_text(order.amount_paid, order.currency),
            currency=order.currency,
            remaining=None if left is None else _text(left, order.currency),
            used=order.used or (left is not None and left < order.original_balance),
        )

    def spend(self, number: str, amount: str) -> None:
        """The customer uses the card now, stopped or not."""
        with self.transaction():
            self._spend(number, Decimal(amount))

    def spend_at_stop(self, number: str, amount: str) -> None:
        """The customer will have used the card in the moment before it is stopped."""
        self._rows("UPDATE orders SET spend_at_stop = ? WHERE number = ?", amount, number)

    # What the server does

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, and nobody in between."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def record_call(self, operation: str, order: str, key: str, fault: str) -> int:
        """A call has arrived; the id for ``record_status``."""
        with self._lock:
            return int(
                self._database.execute(
                    "INSERT INTO calls (operation, order_number, key, fault) VALUES (?, ?, ?, ?)",
                    (operation, order, key, fault),
                ).lastrowid
                or 0
            )

    def record_status(self, call: int, status: int) -> None:
        """A call is being answered."""
        self._rows("UPDATE calls SET status = ? WHERE id = ?", status, call)

    def record_violation(self, text: str) -> None:
        """A rule was broken."""
        self._rows("INSERT INTO violations (text) VALUES (?)", text)

    def carry_out(self, operation: str, number: str, key: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Do what a valid request asks for, once for each key; status and body of the answer."""
        with self.transaction():
            if operation == "balance":
                return self._balance(number)
            if operation == "payments":
                return self._payments(number)
            fingerprint = json.dumps([operation, number, asked], sort_keys=True)
            kept = self._rows("SELECT asked, status, body FROM answers WHERE key = ?", key)
            if kept and kept[0][0] != fingerprint:
                self.record_violation(f"{operation}: the key {key} was used before for something else")
                return 409, {"code": "key_reused"}
            if kept:
                return kept[0][1], json.loads(kept[0][2])
            if not self._rows("SELECT 1 FROM orders WHERE number = ?", number):
                return 404, {"code": "unknown_order"}
            status, answer = getattr(self, "_" + operation.replace("-", "_"))(number, key, asked)
            self._rows("INSERT INTO answers VALUES (?, ?, ?, ?)", key, fingerprint, status, json.dumps(answer))
            return status, answer

    def _balance(self, number: str) -> tuple[int, dict[str, Any]]:
        rows = self._rows("SELECT remaining, currency, used FROM orders WHERE number = ?", number)
        if not rows:
            return 404, {"code": "unknown_order"}
        remaining, currency, used = rows[0]
        return 200, {"order": number, "remaining": remaining, "currency": currency, "used": bool(used)}

    def _payments(self, number: str) -> tuple[int, dict[str, Any]]:
        if not self._rows("SELECT 1 FROM orders WHERE number = ?", number):
            return 404, {"code": "unknown_order"}
        found = [
            {
                "id": payment.id,
                "key": payment.key,
                "order": number,
                "amount": _text(payment.amount, payment.currency),
                "currency": payment.currency,
                "destination": payment.destination,
            }
            for payment in self.payments_by_order.get(number, [])
        ]
        return 200, {"order": number, "refunds": found}

    def _stop(self, number: str, key: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ((at_stop, stopped),) = self._rows("SELECT spend_at_stop, stopped FROM orders WHERE number = ?", number)
        if at_stop is not None and not stopped:
            self._spend(number, Decimal(at_stop))
        self._rows("UPDATE orders SET stopped = 1 WHERE number = ?", number)
        self._rows("INSERT INTO stops (key, order_number) VALUES (?, ?)", key, number)
        return 200, {"order": number, "stopped": True}

    def _agreement_end(self, number: str, key: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.remaining(number) is not None:
            return 422, {"code": "no_agreement"}
        self._rows("INSERT INTO ends (key, order_number, last_day) VALUES (?, ?, ?)", key, number, asked["last_day"])
        return 200, {"order": number, "last_day": asked["last_day"]}

    def _refunds(self, number: str, key: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ((paid, currency),) = self._rows("SELECT paid, currency FROM orders WHERE number = ?", number)
        amount = Decimal(asked["amount"])
        if asked["currency"] != currency:
            return 422, {"code": "currency_mismatch"}
        if amount <= 0 or asked["amount"] != _text(amount, currency):
            return 422, {"code": "amount_not_payable"}
        if amount + sum(payment.amount for payment in self.payments_by_order.get(number, [])) > Decimal(paid):
            return 422, {"code": "exceeds_amount_paid"}
        values = (key, number, asked["amount"], currency, asked["destination"])
        self._rows(
            "INSERT INTO payments (key, order_number, amount, currency, destination) VALUES (?, ?, ?, ?, ?)", *values
        )
        return 201, {"id": self.payments[-1].id, **asked}

    def _spend(self, number: str, amount: Decimal) -> None:
        left = self.remaining(number)
        if left is not None:
            self._rows("UPDATE orders SET remaining = ? WHERE number = ?", str(max(left - amount, left * 0)), number)
        self._rows("UPDATE orders SET used = 1 WHERE number = ?", number)

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _text(amount: Decimal, currency: str) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-_DECIMALS[currency])):f}"


def _grouped(payments: list[Payment], name: str) -> dict[str, list[Payment]]:
    groups: defaultdict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        groups[getattr(payment, name)].append(payment)
    return dict(groups)

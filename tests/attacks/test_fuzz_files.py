"""Whatever stands in a file of orders or in a line of cases, the answer is a clear one."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import unicodedata
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.bootstrap import bootstrap
from bot.cases.services import Services
from bot.commands.policy import decide_line
from bot.policy.parsing import InvalidInput, order_to_json, parse_order
from bot.settings import Settings
from bot.store import tables as t
from bot.store.exports.columns import OURS
from bot.store.exports.mapped import Stated
from bot.store.exports.problems import ImportRefused
from bot.store.exports.shopify import SHOPIFY
from bot.store.exports.stripe import STRIPE
from bot.store.exports.woocommerce import ANALYTICS
from bot.store.import_files import OrderFile, import_file
from bot.store.imports import OrderRow
from bot.store.unit_of_work import SqlUnitOfWork
from tests.attacks.hostile import case, order
from tests.migrated import copy_home
from tests.policy.policy_builders import POLICY
from tests.store.test_exports import woo as a_shop_order
from tests.store_builders import Clock, read_orders
from tests.thorough import examples

ODD = st.sampled_from(
    [
        "",
        "-1",
        "1e5",
        "NaN",
        "Infinity",
        "0.001",
        "9" * 30,
        "=cmd|' /c calc'!A0",
        "\x00",
        "\x1b[2J",
        "�",
        "²",
        "٣",
        "9999-12-31T24:00:00Z",
        "2026-05-05T12:00:00",
        "2026-05-05T12:00:00+23:59",
        "'; DROP TABLE orders; --",
    ]
)
NOTHING = Stated()
ALL = Stated(
    {
        "product": "card",
        "product_kind": "calling_card",
        "shipped": "no",
        "currency": "USD",
        "payment_method": "card",
        "charge": "purchase",
        "used": "no",
        "dispute_open": "no",
    },
    ZoneInfo("America/New_York"),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), ODD)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | ODD, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*order(), "customer.name", "customer.email", "customer.phone", "id", "unheard_of"])
cents = st.integers(0, 10_000_000).map(lambda units: f"{Decimal(units) / 100:.2f}")
words = st.text(
    st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Cn", "Co")), min_size=1, max_size=20
)


@st.composite
def valid_orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order that an import takes."""
    paid = draw(cents)
    customer = {
        "name": draw(words),
        "email": draw(st.from_regex(r"[a-z0-9.+]{1,20}@[a-z0-9]{1,10}\.[a-z]{2,5}", fullmatch=True)),
        "phone": draw(st.none() | st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True)),
    }
    return order(
        number=f"CC-{draw(st.integers(0, 999_999)):06}",
        product=draw(words),
        amount_paid=paid,
        original_balance=draw(st.none() | cents),
        remaining_balance=draw(st.none() | cents),
        used=draw(st.booleans()),
        shipped=draw(st.booleans()),
        dispute_open=draw(st.booleans()),
        currency=draw(st.sampled_from(["USD", "EUR"])),
        charge=draw(st.sampled_from(["purchase", "renewal"])),
        status=draw(st.sampled_from(["active", "refunded", "cancelled"])),
        placed_at=draw(st.datetimes().map(lambda day: day.replace(year=2020 + day.year % 8).isoformat() + "+00:00"))
        if draw(st.booleans())
        else "2026-05-05T12:00:00-04:00",
        customer=customer,
    )


@st.composite
def near_orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order with up to three fields that are something else."""
    row = draw(valid_orders())
    for field in draw(st.lists(fields, max_size=3)):
        value = draw(anything)
        if field.startswith("customer.") and isinstance(row["customer"], dict):
            row["customer"][field.removeprefix("customer.")] = value
        else:
            row[field] = value
    return row


def as_json(rows: Any) -> bytes:
    return json.dumps(rows).encode()


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    file = io.StringIO()
    columns: dict[str, None] = {}
    flat = []
    for row in rows:
        customer = row.get("customer")
        line = {key: value for key, value in row.items() if key != "customer"}
        line |= {f"customer.{key}": value for key, value in customer.items()} if isinstance(customer, dict) else {}
        flat.append({key: "" if value is None else value for key, value in line.items()})
        columns |= dict.fromkeys(line)
    writer = csv.DictWriter(file, list(columns))
    writer.writeheader()
    writer.writerows(flat)
    return file.getvalue().encode("utf-8", "replace")


@lru_cache
def shop() -> Services:
    """A store for all imports here, which goes with the process."""
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)
    copy_home(Path(folder.name))
    return bootstrap(Settings(home=Path(folder.name)), Clock())


_folders: list[Any] = []


def stored(services: Services) -> tuple[list[Any], list[Any]]:
    """All orders and customers."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return tuple(  # type: ignore[return-value]
            [tuple(row) for row in uow.connection.execute(sa.select(table).order_by(table.c.id))]
            for table in (t.orders, t.customers)
        )


def imported(
    services: Services, data: bytes, name: str, format_name: str | None = None, stated: Stated = NOTHING
) -> list[OrderRow] | None:
    """As the command does it; None where it was refused."""
    before = stored(services)
    source = OrderFile(BytesIO(data), name, format_name, stated)
    try:
        done = import_file(services, source, lambda reading, at: None)
        rows = [row for _, _, row in source.rows() if isinstance(row, OrderRow)]
        assert done.taken + done.skipped == sum(1 for _ in source.rows())
    except ImportRefused as error:
        said = str(error)
        said.encode()
        assert name in said or "row " in said
        assert all(line.startswith("row ") for line in said.splitlines()[1:-1]), said
        assert len(said) < 20_000 and not any(char in said for char in "\x1b\0")
        assert stored(services) == before, "something of a refused file is there"
        return None
    for row in rows:
        for text in (row.customer.name, row.customer.email, row.customer.phone or "", row.order.product):
            assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)
    return rows


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (as_json([order()]).replace(b'"used"', b'"amount_paid": "5000.00", "used"'), "a.json"),
        (as_json([order()]).replace(b"false", b"9" * 5_000), "a.json"),
        (as_csv([order()]).replace(b"dispute_open", b"used", 1), "a.csv"),
        (as_json([order(customer={"name": "A\x9b2J", "email": "a@b.co"})]), "a.json"),
        (as_json([order(product="x" * 101)]), "a.json"),
        (as_json([order(), order(number="CC-777002", amount_paid="x")]), "a.json"),
    ],
)
def test_a_file_that_says_two_things_or_what_no_table_takes_is_refused(content: bytes, name: str) -> None:
    assert imported(shop(), content, name) is None


@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.csv"]))
@settings(max_examples=examples(200), deadline=None)
def test_any_bytes_are_imported_or_refused(data: bytes, name: str) -> None:
    imported(shop(), data, name)


EXPORTS = {"shopify": SHOPIFY, "stripe": STRIPE, "woocommerce": ANALYTICS}
CELLS = st.sampled_from(
    [
        *"CC-000001 paid Paid completed refunded USD usd true false yes 1 2 50.00 0.00 -1 a@b.co +".split(),
        *("2026-11-20 10:15:00", "2026-11-20 10:15:00 -0500", "2026-03-08 02:30:00", "calling_card", "subscription"),
    ]
)


@given(st.sampled_from(sorted(EXPORTS)), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_any_cells_in_the_columns_of_an_export_are_imported_or_refused(format_name: str, data: st.DataObject) -> None:
    export = EXPORTS[format_name]
    theirs = [*export.marks, *(column for columns in export.sources.values() for column in columns), *OURS]
    columns = [*dict.fromkeys([*export.marks, *data.draw(st.lists(st.sampled_from(theirs)))])]
    cells = st.lists(CELLS | ODD | st.text(max_size=8), min_size=len(columns), max_size=len(columns))
    table = data.draw(st.lists(cells, max_size=3))
    assume("\x00" not in str(table) and "\\x00" not in repr(table))  # Python's csv module can't write it
    file = io.StringIO()
    csv.writer(file).writerows([columns, *table])
    stated = data.draw(st.sampled_from([NOTHING, ALL]))
    imported(shop(), file.getvalue().encode("utf-8", "replace"), "a.csv", format_name, stated)


@given(anything, st.lists(st.sampled_from(sorted(a_shop_order()))), anything)
@settings(max_examples=examples(150), deadline=None)
def test_any_json_as_an_order_of_woocommerce_is_imported_or_refused(data: Any, changed: list[str], value: Any) -> None:
    near = {**a_shop_order(), **dict.fromkeys(changed, value)}
    for rows in (data, [near]):
        imported(shop(), as_json(rows), "a.json", "woocommerce", ALL)


@given(anything)
@settings(max_examples=examples(150), deadline=None)
def test_any_json_is_imported_or_refused(data: Any) -> None:
    imported(shop(), as_json(data), "a.json")


@given(st.lists(near_orders(), min_size=1, max_size=3), st.booleans())
@settings(max_examples=examples(150), deadline=None)
def test_nearly_good_orders_are_imported_whole_or_refused(rows: list[dict[str, Any]], as_table: bool) -> None:
    assume(not as_table or "\\u0000" not in json.dumps(rows))  # Python's csv module can't write it
    done = imported(shop(), as_csv(rows) if as_table else as_json(rows), "a.csv" if as_table else "a.json")
    if done is None:
        return
    assert len(done) == len(rows)
    with shop().unit_of_work() as uow:
        for row in done:
            held = uow.orders.find(row.order.number)
            assert held is not None and held.order.amount_paid == row.order.amount_paid


@given(st.lists(valid_orders(), min_size=1, max_size=3, unique_by=lambda row: row["number"]), st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_what_was_imported_is_there_as_it_was_written(rows: list[dict[str, Any]], as_table: bool) -> None:
    emails = {row["customer"]["email"] for row in rows}
    done = imported(shop(), as_csv(rows) if as_table else as_json(rows), "a.csv" if as_table else "a.json")
    assert done is not None and len(done) == len(rows)
    with shop().unit_of_work() as uow:
        for row in rows:
            held = uow.orders.find(row["number"])
            assert held is not None and held.order == parse_order(row)
            assert uow.customers.email_of(held.customer_id) in emails
            assert parse_order(order_to_json(held.order)) == held.order


@pytest.mark.parametrize("name", ["a.json", "a.csv"])
def test_an_order_that_stands_twice_is_refused(name: str) -> None:
    rows = [order(), order()]
    with pytest.raises(ImportRefused, match="row 2, number"):
        read_orders(as_csv(rows) if name == "a.csv" else as_json(rows), name)


# Lines of cases


def decided(line: str) -> dict[str, Any]:
    """The answer to a line, which is one line of JSON, always the same."""
    answer = decide_line(line, POLICY)
    text = json.dumps(answer)
    assert "\n" not in text and json.dumps(decide_line(line, POLICY)) == text
    assert ("error" in answer) != ("outcome" in answer)
    if answer.get("base") is not None:
        base, fee, refund = (Decimal(answer[key]) for key in ("base", "fee", "refund"))
        paid = Decimal(json.loads(line)["order"]["amount_paid"])
        assert 0 <= refund <= base <= paid and fee >= 0 and base == fee + refund
    return answer


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("utf-8-sig", "replace")))
@settings(max_examples=examples(200), deadline=None)
def test_any_line_has_an_answer(line: str) -> None:
    decided(line)


@given(anything)
@settings(max_examples=examples(200), deadline=None)
def test_any_json_has_an_answer(data: Any) -> None:
    decided(json.dumps(data))


@given(near_orders(), st.dictionaries(st.sampled_from(list(case())), anything, max_size=2), st.data())
@settings(max_examples=examples(400), deadline=None)
def test_nearly_good_cases_have_an_answer_within_what_was_paid(
    row: dict[str, Any], changes: dict[str, Any], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["refund", "cancel"]))
    decided(json.dumps({**case(kind=kind, order=row), **changes}))


@pytest.mark.parametrize("depth", [*range(940, 1_010), 5_000])
def test_a_line_that_is_nested_as_deep_as_can_be_read_has_an_answer(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for field in ("reason", "fault_confirmed", "requested_at"):
        line = json.dumps(case(**{field: 0})).replace(f'"{field}": 0', f'"{field}": {nested}')
        assert "error" in decided(line)
    line = json.dumps([order(status=0)]).replace('"status": 0', f'"status": {nested}')
    with pytest.raises(ImportRefused):
        read_orders(line.encode(), "a.json")


@given(st.sampled_from(list(order())), anything)
@settings(max_examples=examples(200), deadline=None)
def test_an_order_is_read_or_the_field_is_named(field: str, value: Any) -> None:
    try:
        parse_order(order(**{field: value}))
    except InvalidInput as error:
        assert error.field and len(str(error)) < 500

"""An import takes the whole file or nothing, and names a bad row by number and field."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from bot.cases.desk.violations import cancel_for_violation
from bot.cases.model import Role, StoredOrder
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from bot.store.exports.problems import ImportRefused
from bot.store.exports.reading import read
from bot.store.import_files import OrderFile, import_file
from bot.store.imports import BATCH, Imported
from tests.cases.test_quotes import confirmed, quoted
from tests.desk_builders import an_agent
from tests.store_builders import an_order_row, read_orders, store_order, verified


def as_json(*rows: Any) -> bytes:
    """A JSON file."""
    return json.dumps(list(rows)).encode()


def as_csv(*rows: dict[str, Any]) -> bytes:
    """A CSV file, with the customer's fields as columns."""
    flat = []
    for row in rows:
        columns = {key: value for key, value in row.items() if key != "customer"}
        columns |= {f"customer.{key}": value for key, value in row["customer"].items()}
        flat.append({key: "" if value is None else value for key, value in columns.items()})
    file = io.StringIO()
    writer = csv.DictWriter(file, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return file.getvalue().encode("utf-8-sig")


def test_json_and_csv_read_alike() -> None:
    rows = [an_order_row(), an_order_row("CC-104244", original_balance=None, remaining_balance=None)]
    assert read_orders(as_json(*rows), "orders.json") == read_orders(as_csv(*rows), "orders.csv")


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"number": "104233"}, "number", "such as CC-104233"),
        ({"amount_paid": 50}, "amount_paid", "decimal"),
        ({"amount_paid": "fifty"}, "amount_paid", "fifty"),
        ({"amount_paid": "NaN"}, "amount_paid", "NaN"),
        ({"currency": "USDX"}, "currency", "USDX"),
        ({"placed_at": "2026-05-05T12:00:00"}, "placed_at", "offset"),
        ({"placed_at": "yesterday"}, "placed_at", "yesterday"),
        ({"shipped": "maybe"}, "shipped", "maybe"),
        ({"product_kind": "sim"}, "product_kind", "sim"),
        ({"status": "lost"}, "status", "lost"),
        ({"customer": None}, "customer", "missing"),
        ({"customer": {"name": "A", "email": "nobody"}}, "customer.email", "nobody"),
        ({"customer": {"name": "", "email": "a@example.com"}}, "customer.name", "empty"),
        ({"colour": "red"}, "colour", "not a field"),
    ],
)
def test_a_bad_row_is_named_by_number_and_field(change: dict[str, Any], field: str, told: str) -> None:
    data = as_json(an_order_row(), an_order_row(**{"number": "CC-104244", **change}))
    with pytest.raises(ImportRefused) as refused:
        read_orders(data, "orders.json")
    assert f"row 2, {field}: " in str(refused.value) and told in str(refused.value)
    assert "nothing was imported" in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"  ", b"{", b"5", b"[]", b"[1]", b"\xff\xfe\x00", b"[" * 10_000])
def test_a_file_that_is_no_list_of_orders_is_refused(data: bytes) -> None:
    with pytest.raises(ImportRefused):
        read_orders(data, "orders.json")


def test_every_bad_row_is_named_at_once() -> None:
    with pytest.raises(ImportRefused) as refused:
        read_orders(as_json(an_order_row(currency="X"), 7, an_order_row(), an_order_row()), "orders.json")
    assert [line.split(",")[0] for line in str(refused.value).splitlines()[1:]] == ["row 1", "row 2", "row 4"]


def test_a_second_import_updates_and_moves_the_order_to_its_new_customer(services: Services) -> None:
    store_order(services)
    store_order(services, email="bella@example.com", remaining_balance="10.00")
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None and uow.customers.email_of(stored.customer_id) == "bella@example.com"
    assert str(stored.order.remaining_balance) == "10.00"


def taken(services: Services, data: bytes, name: str = "orders.csv") -> Imported:
    """Import a file."""
    return import_file(services, OrderFile(BytesIO(data), name), lambda reading, at: None)


def held(services: Services, number: str) -> StoredOrder | None:
    """The order in the store."""
    with services.reading() as uow:
        return uow.orders.find(number)


@pytest.mark.parametrize("as_file", [as_json, as_csv])
def test_an_order_with_an_open_case_is_left_and_listed_and_the_others_are_taken(
    services: Services, as_file: Callable[..., bytes]
) -> None:
    store_order(services)
    verified(services)
    quote = quoted(services)
    confirmed(services, quote)
    name = "orders.json" if as_file is as_json else "orders.csv"
    rows = as_file(an_order_row("CC-104244"), an_order_row(amount_paid="99.00"), an_order_row("CC-104255"))
    done = taken(services, rows, name)
    assert (done.new, done.changed, done.unchanged, done.skipped) == (2, 0, 0, 1)
    (skipped,) = done.listed
    assert (skipped.row, skipped.number) == (2, "CC-104233")
    assert quote.case.reference in str(skipped.why) and "open case" in str(skipped.why)
    left = held(services, "CC-104233")
    assert left is not None and left.order.amount_paid == Decimal("50.00")
    assert held(services, "CC-104244") and held(services, "CC-104255")


def test_what_is_the_same_is_counted_apart_from_what_changed(services: Services) -> None:
    rows = [an_order_row(), an_order_row("CC-104244")]
    assert taken(services, as_csv(*rows)).new == 2
    rows[1]["remaining_balance"] = "1.00"
    done = taken(services, as_csv(*rows, an_order_row("CC-104255")))
    assert (done.new, done.changed, done.unchanged, done.skipped) == (1, 1, 1, 0)


def test_a_file_with_a_mistake_at_its_end_leaves_nothing(services: Services) -> None:
    rows = [an_order_row(f"CC-{number:06}") for number in range(BATCH + 2)]
    for bad in (an_order_row("CC-999999", amount_paid="x"), rows[0]):
        with pytest.raises(ImportRefused, match=f"row {BATCH + 3}, "):
            taken(services, as_csv(*rows, bad))
        assert held(services, "CC-000000") is None


def test_a_writing_that_stops_says_how_far_it_got(services: Services) -> None:
    rows = as_csv(*(an_order_row(f"CC-{number:06}") for number in range(BATCH + 2)))

    def stop(reading: int, at: int) -> None:
        if reading == 2:
            raise KeyboardInterrupt

    with pytest.raises(ImportRefused, match=f"stopped: .* {BATCH} new orders and 0 changed ones are in the store"):
        import_file(services, OrderFile(BytesIO(rows), "orders.csv"), stop)
    assert held(services, "CC-000999") and held(services, "CC-001001") is None
    done = taken(services, rows)
    assert (done.new, done.unchanged) == (2, BATCH)


def test_orders_of_one_address_within_a_file_have_one_customer(services: Services) -> None:
    taken(services, as_csv(an_order_row(), an_order_row("CC-104244"), an_order_row("CC-104255", "b@example.com")))
    orders = [held(services, number) for number in ("CC-104233", "CC-104244", "CC-104255")]
    first, second, third = (order.customer_id for order in orders if order is not None)
    assert first == second != third
    with services.reading() as uow:
        assert uow.customers.email_of(third) == "b@example.com"


def test_a_service_ended_for_a_violation_does_not_run_again_by_a_file(services: Services) -> None:
    store_order(services)
    lead = an_agent(services, "lee", Role.LEAD)
    cancel_for_violation(services, lead, "CC-104233", "resold")
    taken(services, as_csv(an_order_row(status="active")))
    stored = held(services, "CC-104233")
    assert stored is not None and stored.order.status is OrderStatus.TERMINATED


# What the columns are


def without(*columns: str, **renamed: str) -> bytes:
    """A table of ours with some columns left out, or under other names (``__`` stands for a space)."""
    row = {f"customer.{key}": value for key, value in an_order_row()["customer"].items()} | an_order_row()
    row = {renamed.get(key, key).replace("__", " "): value for key, value in row.items() if key not in columns}
    del row["customer"]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(row))
    writer.writeheader()
    writer.writerow(row)
    return file.getvalue().encode()


def test_unknown_columns_get_one_message_with_what_is_missing_expected_and_meant() -> None:
    data = without("currency", number="Order__#", amount_paid="Total", remaining_balance="remaning_balance")
    with pytest.raises(ImportRefused) as refused:
        read_orders(data, "orders.csv")
    problem, expected = str(refused.value).splitlines()
    assert "nothing was imported" in problem
    assert 'number (perhaps "Order #")' in problem and 'amount_paid (perhaps "Total")' in problem
    assert 'remaining_balance (perhaps "remaning_balance")' in problem and "currency," in problem
    assert "placed_at" not in problem.split("unknown columns")[0]
    assert "number, product, product_kind" in expected and "may be left out: shipped" in expected


@pytest.mark.parametrize("count", [1, 5000])
def test_a_message_about_columns_stays_short(count: int) -> None:
    columns = ",".join(f"\x1b[2J{number}" for number in range(count))
    with pytest.raises(ImportRefused) as refused:
        read_orders(f"{columns}\n".encode(), "orders.csv")
    said = str(refused.value)
    assert len(said) < 4_000 and "\x1b" not in said and len(said.splitlines()) == 2


def test_json_of_another_system_gets_the_same_message_and_a_mistake_its_row() -> None:
    with pytest.raises(ImportRefused, match=r'number \(perhaps "id"\)'):
        read_orders(as_json({"id": "ch_1", "amount": 5000, "created": 1}), "orders.json")
    with pytest.raises(ImportRefused, match="row 1, colour: is not a field"):
        read_orders(as_json(an_order_row(colour="red")), "orders.json")


# How files are read


@pytest.mark.parametrize(
    "text",
    ['{"orders": [%s, %s]}', "[%s,\n %s]", " [%s ,%s ] ", '{ "orders" : [ %s , %s ] } \n', "\ufeff[%s, %s]"],
)
def test_a_list_of_orders_is_read_however_it_is_laid_out(text: str) -> None:
    rows = [json.dumps(an_order_row()), json.dumps(an_order_row("CC-104244"), indent=4)]
    assert [row.order.number for row in read_orders((text % tuple(rows)).encode(), "a.json")] == [
        "CC-104233",
        "CC-104244",
    ]


@pytest.mark.parametrize("end", ["", "]x", "],", ",]", "]]", "] {}"])
def test_a_list_that_does_not_end_well_is_refused_with_the_line(end: str) -> None:
    rows = ",\n".join(json.dumps(an_order_row(f"CC-{number:06}")) for number in range(500))
    with pytest.raises(ImportRefused, match=r"not valid JSON: .*: line 500"):
        read_orders(f"[{rows}{end}".encode(), "a.json")


@pytest.mark.parametrize("padding", range(60))
def test_an_order_may_lie_across_what_is_read_at_once(padding: int) -> None:
    rows = [an_order_row(f"CC-{number:06}") for number in range(300)]
    text = " " * padding + json.dumps(rows)
    assert [row.order.number for row in read_orders(text.encode(), "a.json")] == [row["number"] for row in rows]


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_line_or_an_object_without_end_is_refused_before_it_is_read_whole(name: str) -> None:
    class Endless(BytesIO):
        asked = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.asked += 1
            return b'{"a": "' if self.asked == 1 else b"x" * (size if size and size > 0 else 1 << 16)

        read1 = read

    file = Endless()
    with pytest.raises(ImportRefused):
        list(read(file, name))
    assert file.asked < 2_000


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_the_memory_that_reading_takes_does_not_grow_with_the_file(name: str) -> None:
    def peak(count: int) -> int:
        rows = [an_order_row(f"CC-{number:06}") for number in range(count)]
        data = as_csv(*rows) if name == "a.csv" else as_json(*rows)
        file = BytesIO(data)
        del rows, data
        tracemalloc.start()
        try:
            assert sum(1 for _ in OrderFile(file, name).rows()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(200)
    assert peak(6_000) < peak(1_500) + 50_000


def test_a_currency_that_was_withdrawn_after_the_order_is_taken_and_one_from_before_it_is_not() -> None:
    lev = {"currency": "BGN", "placed_at": "2025-11-03T12:00:00+02:00"}
    (row,) = read_orders(as_json(an_order_row(**lev)), "orders.json")
    assert row.order.currency == "BGN"
    with pytest.raises(ImportRefused, match="currency"):
        read_orders(as_json(an_order_row(**{**lev, "placed_at": "2026-05-03T12:00:00+03:00"})), "orders.json")


def test_shipping_and_fees_are_a_column_that_may_be_left_out(services: Services) -> None:
    rows = [an_order_row(extras="4.50", amount_paid="54.50"), an_order_row("CC-104244")]
    taken(services, as_csv(*({**row, "extras": row.get("extras", "")} for row in rows)))
    found = [held(services, row["number"]) for row in rows]
    assert [str(stored.order.extras) for stored in found if stored] == ["4.50", "0"]

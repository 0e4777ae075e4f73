"""An import takes the whole file or nothing, and names a bad row by number and field."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from bot.cases.services import Services
from bot.store.imports import ImportRefused, import_orders, read_order_rows, read_orders
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.test_quotes import confirmed, quoted
from tests.store_builders import an_order_row, store_order, verified


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


def test_an_order_with_a_confirmed_case_is_not_overwritten_and_nothing_else_is_either(services: Services) -> None:
    store_order(services)
    verified(services)
    confirmed(services, quoted(services))
    rows = read_order_rows([an_order_row("CC-104244"), an_order_row(status="active")], "test")
    with (
        pytest.raises(ImportRefused, match="row 2, number: CC-104233 has an open case"),
        services.unit_of_work() as uow,
    ):
        assert isinstance(uow, SqlUnitOfWork)
        import_orders(uow, rows)
        uow.commit()
    with services.unit_of_work() as uow:
        assert uow.orders.find("CC-104244") is None


def test_a_currency_that_was_withdrawn_after_the_order_is_taken_and_one_from_before_it_is_not() -> None:
    lev = {"currency": "BGN", "placed_at": "2025-11-03T12:00:00+02:00"}
    (row,) = read_order_rows([an_order_row(**lev)], "orders.json")
    assert row.order.currency == "BGN"
    with pytest.raises(ImportRefused, match="currency"):
        read_order_rows([an_order_row(**{**lev, "placed_at": "2026-05-03T12:00:00+03:00"})], "orders.json")


def test_shipping_and_fees_are_a_column_that_may_be_left_out(services: Services) -> None:
    rows = [an_order_row(extras="4.50", amount_paid="54.50"), an_order_row("CC-104244")]
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        import_orders(
            uow, read_orders(as_csv(*({**row, "extras": row.get("extras", "")} for row in rows)), "orders.csv")
        )
        found = [uow.orders.find(row["number"]) for row in rows]
        assert [str(stored.order.extras) for stored in found if stored] == ["4.50", "0"]

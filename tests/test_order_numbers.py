"""How order numbers are written, by the shop and by people; every form from one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import order_numbers
from bot.__main__ import main
from bot.http.pages.forms import Fields, Task, read_entry
from bot.nlu.extraction import extract
from bot.order_numbers import BadForm, OrderNumbers
from bot.store.imports import ImportRefused, read_order_rows
from tests.store_builders import an_order_row

SHOPIFY, MAGENTO, ODOO = "#1001", "100045678", r"SO\d{4}-\d{5} SO2026-00017"


@pytest.fixture
def form() -> Iterator[Callable[[str], None]]:
    """Takes a form for the process; afterwards the usual one is back."""
    yield order_numbers.choose
    order_numbers.choose(order_numbers.DEFAULT)


def found(text: str) -> list[str]:
    """The order numbers that the rules find."""
    return [item.value for item in extract(text) if item.entity == "order_number"]


@pytest.mark.parametrize(
    ("setting", "numbers", "others"),
    [
        ("CC-104233", ["CC-104233", "CC-000001"], ["104233", "cc-104233", "CC-10423", "CC-1042333", "CC-１０４２３３"]),
        (SHOPIFY, ["#1001", "#10000", "#123456789"], ["1001", "#100", "#1234567890"]),
        (MAGENTO, ["100045678", "000000012"], ["10004567", "1000456789", "CC-104233"]),
        (ODOO, ["SO2026-00017", "SO2027-12345"], ["SO2026-17", "SO202600017", "so2026-00017"]),
        ("SO2026-00017", ["SO2026-00017", "SO2027-00018"], ["SO26-00017"]),
        ("INV- INV-00042", ["INV-00042"], ["INV-42", "INV00042"]),
        (r"[A-Z]{2}\d{3,5} AB123", ["AB123", "ZZ12345"], ["A1234", "AB12"]),
        ("00017", ["00017", "10017"], ["17", "000017"]),
        ("2026-11-000123456", ["2026-11-000123456"], ["2026-11-123456"]),
    ],
)
def test_a_form_knows_its_numbers_and_no_others(setting: str, numbers: list[str], others: list[str]) -> None:
    known = OrderNumbers.parse(setting)
    assert [number for number in numbers if not known.is_number(number)] == []
    assert [other for other in others if known.is_number(other)] == []
    assert known.is_number(known.example) and known.is_number(known.nobody)
    assert all(known.typed(number) == number for number in numbers)


@pytest.mark.parametrize(
    "setting",
    [
        "", "CC-", "a b c", r"CC-\d{6} CC-1", r"CC-\d{3,2} CC-100", r"\w+ ABC", "CC-(1|2) CC-1", "12345678901234",
        r"\d{0} 1", "X" * 40 + "1", "[a-z]{3} abc",
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(setting: str) -> None:
    with pytest.raises(BadForm):
        OrderNumbers.parse(setting)


@pytest.mark.parametrize(
    ("setting", "text", "number"),
    [
        (SHOPIFY, "I want a refund for #1001", "#1001"),
        (SHOPIFY, "it is # 1001, thanks", "#1001"),
        (SHOPIFY, "order 1001 please", "#1001"),
        (SHOPIFY, "my order number is 12345", "#12345"),
        (MAGENTO, "refund 100045678", "100045678"),
        (MAGENTO, "it's 100 045 678", "100045678"),
        (MAGENTO, "order #000000012", "000000012"),
        (MAGENTO, "one zero zero, zero four five, six seven eight", "100045678"),
        (ODOO, "cancel SO2026-00017", "SO2026-00017"),
        (ODOO, "so2026 00017", "SO2026-00017"),
        (ODOO, "order number is s o 2 0 2 6 0 0 0 1 7", "SO2026-00017"),
        (ODOO, "SO-2026-00017", "SO2026-00017"),
        ("INV-00042", "inv 00042", "INV-00042"),
        ("INV-00042", "number 00042", "INV-00042"),
        ("ORD-1000045678", "ord1000045678", "ORD-1000045678"),
    ],
)
def test_people_write_each_form_in_their_way(form: Callable[[str], None], setting: str, text: str, number: str) -> None:
    form(setting)
    assert found(text) == [number]


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (SHOPIFY, "since 2026 I have 5000 minutes"),
        (SHOPIFY, "I paid $1001"),
        (MAGENTO, "call me at +1 212 555 0100"),
        (MAGENTO, "my phone is 100045678"),
        (MAGENTO, "order 104233"),
        (ODOO, "it was on 2026-11-20"),
        (ODOO, "CC-104233"),
    ],
)
def test_other_numbers_are_no_order(form: Callable[[str], None], setting: str, text: str) -> None:
    form(setting)
    assert found(text) == []


@pytest.mark.parametrize(
    ("setting", "typed", "number"),
    [
        ("CC-104233", "cc 104 233", "CC-104233"),
        ("CC-104233", "104233", "CC-104233"),
        (SHOPIFY, "1001", "#1001"),
        (SHOPIFY, "#1001", "#1001"),
        (MAGENTO, "100 045 678", "100045678"),
        (ODOO, "so2026-00017", "SO2026-00017"),
    ],
)
def test_the_forms_of_the_pages_take_them_too(
    form: Callable[[str], None], setting: str, typed: str, number: str
) -> None:
    form(setting)
    entry = read_entry(Task.CANCEL, Fields({"order_number": typed, "contact": "alex@example.com"}))
    assert (entry.order_number, entry.errors) == (number, {})


@pytest.mark.parametrize("setting", [SHOPIFY, MAGENTO, ODOO])
def test_the_example_of_the_setting_is_what_a_page_says(form: Callable[[str], None], setting: str) -> None:
    form(setting)
    example = setting.split()[-1]
    assert example in read_entry(Task.CANCEL, Fields({"order_number": "?"})).errors["order_number"]


def test_an_import_takes_the_form_of_the_setting_alone(form: Callable[[str], None]) -> None:
    form(ODOO)
    (row,) = read_order_rows([an_order_row("SO2026-00017")], "orders.json")
    assert row.order.number == "SO2026-00017"
    with pytest.raises(ImportRefused, match="such as SO2026-00017"):
        read_order_rows([an_order_row("CC-104233")], "orders.json")


@pytest.mark.parametrize(
    ("setting", "count", "number"),
    [("CC-104233", 42, "CC-000042"), (SHOPIFY, 1001, "#1001"), (MAGENTO, 7, "000000007"), ("CC-104233", 10**6, None)],
)
def test_a_shop_that_counts_its_orders(setting: str, count: int, number: str | None) -> None:
    known = OrderNumbers.parse(setting)
    assert known.counted(count) == number
    assert number is None or known.count_of(number) == count


def test_a_form_of_several_runs_counts_nothing() -> None:
    known = OrderNumbers.parse(ODOO)
    assert known.counted(17) is None and known.count_of("SO2026-00017") is None


def test_the_command_that_imports_takes_the_form_of_the_setting(
    form: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    monkeypatch.setenv("REFUND_DESK_ORDER_NUMBERS", ODOO)
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([an_order_row("SO2026-00017")]))
    assert main(["orders", "import", str(file)]) == 0

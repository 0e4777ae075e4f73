"""``refund-desk orders import`` as whoever uses it sees it: formats, what it says at the end, and what it refuses."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.store.test_exports import ANALYTICS, SHOPIFY, STRIPE, with_balances, woo
from tests.store_builders import an_order_row

CARDS = ["--set", "product_kind=calling_card"]
PAYMENTS = [*CARDS, "--set", "shipped=no", "--set", "payment_method=card"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of the test's own."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path / "home"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """What is written."""
    return capsys


def written(folder: Path, name: str, text: str) -> str:
    """A file, by its path."""
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def shown(number: str, said: pytest.CaptureFixture[str]) -> dict[str, object]:
    """An order as the command shows it."""
    said.readouterr()
    assert main(["orders", "show", number, "--json"]) == 0
    order: dict[str, object] = json.loads(said.readouterr().out)
    return order


def test_at_the_end_it_says_what_was_new_changed_and_skipped_and_why(
    tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "shopify.csv", with_balances(SHOPIFY, "50.00", "50.00"))
    assert main(["orders", "import", "--format", "shopify", *CARDS, file]) == 0
    assert said.readouterr().out.splitlines() == [
        "1 orders imported (1 new, 0 changed, 0 as they were), 1 skipped.",
        "skipped: row 2, CC-100002: several products or pieces: a person has to look at it",
        "The file does not say whether disputes are open: none is taken to be.",
    ]
    assert main(["orders", "import", "--format", "shopify", *CARDS, file]) == 0
    assert "1 orders imported (0 new, 0 changed, 1 as they were), 1 skipped." in said.readouterr().out
    order = shown("CC-100001", said)
    assert order["amount_paid"] == "54.00" and order["remaining_balance"] == "50.00"


def test_payments_of_stripe_and_orders_of_woocommerce_are_imported(
    tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "stripe.csv", with_balances(STRIPE, "50.00", "31.50"))
    assert main(["orders", "import", "--format", "stripe", *PAYMENTS, file]) == 0
    assert shown("CC-210001", said)["remaining_balance"] == "31.50"
    assert shown("CC-210002", said)["remaining_balance"] is None
    file = written(tmp_path, "orders.json", json.dumps([woo()]))
    assert main(["orders", "import", "--format", "woocommerce", file]) == 0
    assert shown("CC-104233", said)["original_balance"] == "50.00"


@pytest.mark.parametrize(
    ("text", "meant", "looks_like"),
    [
        (SHOPIFY, 'amount_paid (perhaps "Total")', "shopify"),
        (STRIPE, 'number (perhaps "order_number (metadata)")', "stripe"),
        (ANALYTICS, 'number (perhaps "Order #")', "woocommerce"),
    ],
)
def test_an_export_that_is_not_said_to_be_one_gets_one_message(
    text: str, meant: str, looks_like: str, tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "orders.csv", text)
    assert main(["orders", "import", file]) == 2
    problem, expected = said.readouterr().err.splitlines()
    assert "missing" in problem and meant in problem
    assert "expected: number, product, product_kind" in expected and f"--format {looks_like}" in expected


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--format", "shopify", "--set", "amount_paid=5"], "FIELD one of product, product_kind"),
        (["--format", "shopify", "--set", "product_kind"], "must be FIELD=VALUE"),
        (["--format", "csv", *CARDS], "exports of other systems"),
        (CARDS, "exports of other systems"),
        (["--format", "woocommerce", "--time-zone", "Mars/Olympus"], "no time zone"),
        (["--format", "woocommerce", "--time-zone", "../secret"], "no time zone"),
        (["--format", "shopify", "--set", "product_kind=sim"], "row 1, product_kind: must be one of calling_card"),
    ],
)
def test_what_is_stated_wrongly_is_named(
    options: list[str], told: str, tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "orders.csv", SHOPIFY)
    assert main(["orders", "import", *options, file]) == 2
    assert told in said.readouterr().err


@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff"])
@pytest.mark.parametrize("format_name", ["csv", "json", "shopify", "stripe", "woocommerce"])
def test_an_empty_file_is_told_to_be_empty(
    format_name: str, text: str, tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "orders", text)
    assert main(["orders", "import", "--format", format_name, file]) == 2
    assert "the file is empty" in said.readouterr().err


def test_orders_come_through_a_pipe_too(tmp_path: Path, said: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "orders.json"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(json.dumps([an_order_row()]),))
    writer.start()
    assert main(["orders", "import", str(pipe)]) == 0
    writer.join()
    assert "1 orders imported (1 new" in said.readouterr().out


def test_a_folder_and_a_file_that_is_not_there_are_named(tmp_path: Path, said: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv"):
        assert main(["orders", "import", str(path)]) == 2
        assert str(path) in said.readouterr().err

"""The command ``refund-desk``: its formats, and one clear line for bad input."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.policy.policy_builders import TERMS_TEXT
from tests.ports import free_port
from tests.store_builders import an_order_row


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    return tmp_path


def lines(path: Path, *rows: Any) -> str:
    """A file of JSON lines."""
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return str(path)


def a_case(**changes: Any) -> dict[str, Any]:
    """A refund case as ``policy decide`` takes it."""
    return {
        "id": "1",
        "kind": "refund",
        "requested_at": "2026-05-06T12:00:00-04:00",
        "order": an_order_row(),
        "reason": "change_of_mind",
        **changes,
    }


def test_decide_answers_in_the_order_of_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = an_order_row(product_kind="subscription", original_balance=None, remaining_balance=None)
    file = lines(tmp_path / "cases", a_case(), a_case(id="2", kind="cancel", order=plan))

    assert main(["policy", "decide", file]) == 0

    refund, cancel = map(json.loads, capsys.readouterr().out.splitlines())
    assert refund["explanation"] and refund.pop("explanation") and refund.pop("trace")
    assert refund == {
        "id": "1",
        "outcome": "approve",
        "base": "50.00",
        "fee": "6.00",
        "refund": "44.00",
        "currency": "USD",
        "process_by": "2026-05-15",
        "clauses": ["R2", "R3", "R7", "R4"],
        "policy_version": "2020-01",
    }
    assert cancel["outcome"] == "cancel" and cancel["service_stops_at"] == "2026-05-06T12:00:00-04:00"
    assert (cancel["agreement_ends_on"], cancel["next_charge_on"]) == ("2026-05-31", "2026-06-01")
    assert cancel["balance_lost"] is None and cancel["refund"] == "0.00"


def test_a_line_that_is_no_case_is_answered_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = an_order_row()
    del order["placed_at"]
    file = lines(
        tmp_path / "cases",
        a_case(id="a"),
        a_case(id="b", order=order),
        "not json",
        "[]",
        a_case(id="c", reason="boredom"),
        a_case(id="d", requested_at="2026-05-06T12:00:00"),
        a_case(id="e", decided_at="2026-05-01T12:00:00-04:00"),
        a_case(id="f", customer_recent_refunds=-1),
        a_case(id="g"),
    )

    assert main(["policy", "decide", file]) == 2

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 9
    assert [answer.get("outcome") for answer in answers] == ["approve", *[None] * 7, "approve"]
    assert [answer["id"] for answer in answers[1:2] + answers[4:8]] == ["b", "c", "d", "e", "f"]
    assert "order.placed_at" in answers[1]["error"] and "reason" in answers[4]["error"]
    assert "requested_at" in answers[5]["error"] and "decided_at" in answers[6]["error"]
    assert all(set(answer) == {"id", "error"} for answer in answers[1:8])


def test_a_policy_file_is_checked_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text(TERMS_TEXT)
    bad.write_text(TERMS_TEXT.replace('"0.50"', '"5"'))
    assert main(["policy", "check", str(good)]) == 0
    assert main(["policy", "check", str(bad)]) == 2
    assert main(["policy", "check", str(tmp_path / "none.yml")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and "minimum_ratio" in told[0] and "none.yml" in told[1]
    assert main(["policy", "show"]) == 0 and "2020-01" in capsys.readouterr().out
    assert main(["policy", "show", "--on", "1999-01-01"]) == 2
    assert main(["policy", "show", "--on", "soon"]) == 2


def test_the_terms_in_force_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Policy version 2020-01, in force since Saturday, January 1, 2000",
        "  Time zone               America/New_York",
        "  Holidays                US",
        "  C3, C4  billing cycle   starts on the 1st of the month",
        "  R2  window              5 working days after the order",
        "  R2  accepted channels   chat, email, form, phone",
        "  R3  accepted reasons    change_of_mind, service_fault",
        "  R4  processing          7 working days",
        "  R6, R7  fee             12%, 0 rows in the fee table",
        "  R7b fee, our fault      0%",
        "  R6, R8  a card counts   as its share of what was paid",
        "  R8  minimum             50% of the original balance, net of the fee",
        "  R9  wallet only         cash, prepaid_voucher",
        "  Automatic limit         250.00 USD",
        "  Velocity limit          3 approved refunds in 90 days",
    ]


def test_orders_are_imported_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([an_order_row(), an_order_row("CC-104244")]))
    assert main(["orders", "import", str(file)]) == 0
    assert "2 orders imported" in capsys.readouterr().out
    assert main(["orders", "show", "cc-104244", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["number"] == "CC-104244" and shown["placed_at"].startswith("2026-05-05T16:00:00")
    assert main(["orders", "show", "CC-999999"]) == 2


def test_a_bad_row_imports_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([an_order_row(), an_order_row("CC-104244", amount_paid="x")]))
    assert main(["orders", "import", str(file)]) == 2
    assert "row 2, amount_paid" in capsys.readouterr().err
    assert main(["orders", "show", "CC-104233"]) == 2


def test_incidents_are_added_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    add = ["incidents", "add", "--product", "global-card", "--from", "2026-05-05T10:00:00-04:00"]
    assert main([*add, "--to", "2026-05-05T12:00:00-04:00", "--note", "no calls"]) == 0
    assert main(["incidents", "list"]) == 0
    assert "global-card" in capsys.readouterr().out
    assert main([*add, "--to", "2026-05-05T09:00:00-04:00"]) == 2
    assert main(["incidents", "add", "--product", "global-card", "--from", "2026-05-05T10:00:00"]) == 2
    assert all(line.startswith("refund-desk: ") for line in capsys.readouterr().err.splitlines())


def test_no_cases_is_an_empty_list_and_an_unknown_case_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["cases", "show", "RD-AAAAAA"]) == 2
    assert "RD-AAAAAA" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFUND_DESK_DATABASE_URL", "mysql://x"),
        ("REFUND_DESK_POLICY", "/nowhere/policy.yml"),
        ("REFUND_DESK_VERIFICATION_TRIES", "none"),
        ("REFUND_DESK_VERIFICATON_TRIES", "3"),
        ("REFUND_DESK_SECRET", "short"),
        ("REFUND_DESK_SECRET_FILE", "/nowhere/secret"),
        ("REFUND_DESK_KEYS_URL", "mysql://x"),
        ("REFUND_DESK_RETENTION_DAYS", "-1"),
        ("REFUND_DESK_HOME", "/proc/nowhere"),
    ],
)
def test_a_broken_setting_stops_the_start_with_one_line_that_names_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["run", "--no-browser"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith("refund-desk: ") and name in told[0]


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["run", "--no-browser", "--port", str(port)]) == 2
    assert str(port) in capsys.readouterr().err
    assert main(["run", "--port", "70000"]) == 2


@pytest.mark.parametrize("argv", [[], ["fly"], ["policy"], ["orders", "show"]])
def test_an_unknown_verb_is_answered_with_the_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2 and "usage: refund-desk" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["--help"], ["policy", "decide", "--help"], ["run", "--help"], ["cases", "--help"], ["privacy", "--help"]]
)
def test_every_verb_explains_itself(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 0 and "usage: refund-desk" in capsys.readouterr().out


def test_the_demo_is_nowhere_unless_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing else starts in its store, nor it in that of others."""
    monkeypatch.setattr("bot.commands.run.ensure_model", lambda home: 7)
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([an_order_row("CC-500001")]))
    run = ["run", "--no-browser", "--port", str(free_port())]
    assert main(run) == 7 and main(["orders", "show", "CC-104233"]) == 2
    assert main([*run, "--demo"]) == 7 and main(["orders", "show", "CC-104233"]) == 0
    assert main([*run, "--demo"]) == 7
    capsys.readouterr()
    assert main(run) == 2
    told = capsys.readouterr().err
    assert "clean-demo" in told and "--demo" in told and len(told.splitlines()) == 1
    assert main(["orders", "import", str(file)]) == 0 and main([*run, "--demo"]) == 2
    assert "not the demo's" in capsys.readouterr().err
    assert main(["orders", "clean-demo", "--dry-run"]) == 0 and main(run) == 2
    assert "Would be taken out: 23 demo orders" in capsys.readouterr().out
    assert main(["orders", "clean-demo"]) == 0 and main(run) == 7
    assert main(["orders", "clean-demo"]) == 0 and main(["audit", "verify"]) == 0
    told = capsys.readouterr().out
    assert "Taken out: 23 demo orders" in told and "The store holds nothing of the demo." in told
    assert main(["orders", "show", "CC-104233"]) == 2 and main(["orders", "show", "CC-500001"]) == 0


def test_samples_are_imported_as_orders_of_whoever_asks_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["orders", "sample", "Me@Example.org"]) == 0
    (tmp_path / "sample.json").write_text(capsys.readouterr().out)
    assert main(["orders", "import", str(tmp_path / "sample.json")]) == 0
    assert "20 orders imported" in capsys.readouterr().out
    assert main(["orders", "show", "CC-104233", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["customer"] == {"email": "me@example.org"}
    for nobody in ("me", "a@b", "@example.org"):
        assert main(["orders", "sample", nobody]) == 2
    assert capsys.readouterr().out == ""

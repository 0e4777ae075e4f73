"""``refund-desk privacy``: JSON out, one line for what was done, and one for what can't be done."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.cases.services import Services
from bot.settings import Settings
from tests.cases.test_quotes import confirmed, quoted
from tests.store_builders import Clock, store_order, verified

EMAIL = "zebedee@example.org"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """A store with one customer, as the command finds it; two years and a month ago."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    clock = Clock(datetime.now(timezone.utc) - timedelta(days=760))
    services = bootstrap(Settings(home=tmp_path), clock)
    placed_at = (clock() - timedelta(hours=1)).isoformat()
    store_order(
        services, "CC-104233", EMAIL, placed_at=placed_at, customer={"name": "Zebedee", "email": EMAIL, "phone": None}
    )
    verified(services, email=EMAIL)
    return services


def test_an_export_is_json_with_everything(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    quote = quoted(desk, reason_words="the xylophone broke")

    assert main(["privacy", "export", EMAIL.upper()]) == 0

    data = json.loads(capsys.readouterr().out)
    assert data["customer"] == {"email": EMAIL}
    (order,) = data["orders"]
    assert order["number"] == "CC-104233"
    assert order["customer"] == {"name": "Zebedee", "email": EMAIL, "phone": None}
    (case,) = data["cases"]
    assert case["reference"] == quote.case.reference and case["reason_words"] == "the xylophone broke"
    assert case["log"] and case["decisions"] and "handoff" in case
    assert data["conversations"] == [{"id": "talk", "transcript": []}]
    assert data["verifications"][0]["conversation_id"] == "talk"


def test_erasing_says_in_one_line_what_is_gone_and_what_stays(
    desk: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    quote = quoted(desk, reason_words="the xylophone broke")
    assert main(["privacy", "erase", EMAIL]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "1 conversation with" in out and "1 order, 1 case with" in out

    assert main(["cases", "show", quote.case.reference, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reason_words"] is None
    assert main(["orders", "show", "CC-104233", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["customer"] == {"email": None}
    assert main(["policy", "replay"]) == 0
    capsys.readouterr()
    for verb in ("erase", "export"):
        assert main(["privacy", verb, EMAIL]) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and EMAIL in told


def test_money_in_flight_is_named_and_nothing_is_erased(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    quote = quoted(desk)
    confirmed(desk, quote)
    assert main(["privacy", "erase", EMAIL]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and quote.case.reference in told
    assert main(["privacy", "export", EMAIL]) == 0 and "Zebedee" in capsys.readouterr().out


def test_a_purge_follows_the_setting(
    desk: Services, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, said in (("0", "for ever"), ("800", "0 customers and 0 conversations")):
        monkeypatch.setenv("REFUND_DESK_RETENTION_DAYS", days)
        assert main(["privacy", "purge"]) == 0 and said in capsys.readouterr().out
    monkeypatch.delenv("REFUND_DESK_RETENTION_DAYS")

    assert main(["privacy", "purge", "--dry-run"]) == 0
    assert "Would erase: 1 customer and 1 conversation unused for 730 days." in capsys.readouterr().out
    assert main(["privacy", "export", EMAIL]) == 0
    assert main(["privacy", "purge"]) == 0
    assert "Erased: 1 customer and 1 conversation unused" in capsys.readouterr().out
    assert main(["privacy", "export", EMAIL]) == 2

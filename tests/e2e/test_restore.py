"""A running bot is backed up, goes on, dies; restored elsewhere it goes on with the same customer, and pays once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cases.model import CaseState
from tests.e2e.faulty import PatientCustomer
from tests.e2e.running import Customer, running_site
from tests.e2e.test_faults import settled
from tests.e2e.test_gateway_faults import order, paid, quoted
from tests.gateways.contract_server import ContractServer

pytestmark = pytest.mark.e2e


def test_a_customer_goes_on_after_a_restore_and_is_paid_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ContractServer() as gateway:
        settings = {"gateway_url": gateway.url, "gateway_secret": gateway.secret.decode(), "take_back_minutes": "0"}
        for name, value in settings.items():
            monkeypatch.setenv(f"REFUND_DESK_{name.upper()}", value)
        with running_site(tmp_path / "old", **settings) as site:
            first, second = (order(site, gateway) for _ in range(2))
            asked = quoted(site, *first)
            later = quoted(site, *second)
            monkeypatch.setenv("REFUND_DESK_HOME", str(site.home))
            assert main(["backup", str(tmp_path / "backup")]) == 0
            assert "RD-" in asked.says("yes", "RD-")
            (file,) = settled(site, asked)
            assert file.case.state is CaseState.DONE and paid(gateway, first[0]) == ["44.00"]

        monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path / "new"))
        assert main(["restore", str(tmp_path / "backup")]) == 0
        with running_site(tmp_path / "new", **settings) as site:
            for buyer, (number, _) in ((asked, first), (later, second)):
                again = PatientCustomer(Customer(site.url, buyer.customer.conversation_id), site.process)
                said = again.says("yes please", "RD-")
                (file,) = site.cases(again.customer)
                assert file.case.reference in said, "the same conversation, its quote, and its customer's proof"
                (file,) = settled(site, again)
                assert file.case.state is CaseState.DONE and paid(gateway, number) == ["44.00"]
            assert main(["audit", "verify"]) == 0
        assert gateway.violations == []
    assert "0 problems" in capsys.readouterr().out

"""Customers and workers that are killed at random points, over a database that survives: one case, one payment."""

from __future__ import annotations

from pathlib import Path

from tests.faults.chaos import crash_scenarios
from tests.gateways.contract_server import ContractServer

SCENARIOS = 45
"""For each database; each has one to four moments at which one or two processes die. ``make chaos`` runs more."""


def test_whatever_is_killed_there_is_one_case_and_one_payment_or_a_person(database_url: str, tmp_path: Path) -> None:
    tally = crash_scenarios(tmp_path, database_url, range(SCENARIOS))
    assert tally.wrong == [], tally.summary()
    assert (
        tally.crashes >= 2 * SCENARIOS
        and tally.payments > SCENARIOS / 3
        and tally.renewed > 0
        and tally.handoffs > 0
        and tally.by_agents > 0
    )


def test_a_gateway_that_goes_wrong_meanwhile_pays_once_too(tmp_path: Path) -> None:
    with ContractServer() as gateway:
        tally = crash_scenarios(tmp_path, f"sqlite:///{tmp_path}/test.db", range(1_000, 1_000 + SCENARIOS), gateway)
        assert tally.wrong == [], tally.summary()
        assert gateway.violations == []
        assert sum(call.fault is not None for call in gateway.calls) > SCENARIOS / 3
    assert tally.crashes >= SCENARIOS and tally.payments > SCENARIOS / 3

"""Customers and workers that are killed at random points, over a database that survives: one case, one payment."""

from __future__ import annotations

from pathlib import Path

from chaos import Chaos
from gateways import ledger_entries

from bot.bootstrap import bootstrap
from bot.cases.ports import Services
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import Settings

SCENARIOS = 70
"""For each database; each has one to four moments at which one or two processes die."""


def test_whatever_is_killed_there_is_one_case_and_one_payment_or_a_person(database_url: str, tmp_path: Path) -> None:
    services = bootstrap(Settings(home=tmp_path, database_url=database_url))
    environment = {"REFUND_DESK_HOME": str(tmp_path), "REFUND_DESK_DATABASE_URL": database_url}
    chaos = Chaos(
        services,
        tmp_path,
        environment,
        lambda number: [entry[1] for entry in ledger_entries(services, number) if entry[0] == "refund"],
    )
    try:
        for seed in range(SCENARIOS):
            chaos.scenario(seed)
    finally:
        chaos.close()
    print(chaos.tally)
    assert chaos.tally.wrong == []
    assert chaos.tally.crashes >= SCENARIOS and chaos.tally.payments > 0 and chaos.tally.renewed > 0
    assert_whole(services)


def assert_whole(services: Services) -> None:
    """The audit chain has no gap, and every decision can be decided again to the same result."""
    with services.unit_of_work() as uow:
        assert uow.verify_audit()[1] == []
        for stored in uow.decisions():
            assert decide(parse_request(stored.inputs), services.policy).to_json() == stored.result

"""A refund that was confirmed before there was an outbox is carried out, too."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from bot.bootstrap import bootstrap
from bot.cases.execution import carry_out_due
from bot.cases.model import CaseState
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import Settings, load_policy
from bot.store.engine import open_engine
from tests.cases.gateways import ledger_entries
from tests.cases.test_quotes import case_file
from tests.store_builders import an_order_row

NOON = "2026-05-06T12:00:00-04:00"
REQUEST = {
    "kind": "refund",
    "requested_at": NOON,
    "reason": "change_of_mind",
    "destination": "wallet",
    "order": {name: value for name, value in an_order_row().items() if name != "customer"},
}
ROWS = """
INSERT INTO customers (id, name, email, phone) VALUES (7, 'Zebedee Quill', 'zebedee@example.org', NULL);
INSERT INTO orders (id, number, customer_id, product, product_kind, shipped, currency, amount_paid, original_balance,
  remaining_balance, used, placed_at, payment_method, charge, status, dispute_open) VALUES (3, 'CC-104233', 7,
  'global-card', 'calling_card', FALSE, 'USD', '50.00', '50.00', '50.00', FALSE, '2026-05-05 16:00:00', 'card',
  'purchase', 'refund_pending', FALSE);
INSERT INTO cases (id, reference, kind, state, order_id, conversation_id, requested_at, created_at, destination, reason)
  VALUES (5, 'RD-AAAAAA', 'refund', 'confirmed', 3, 'talk', '2026-05-06 16:00:00', '2026-05-06 16:00:00', 'wallet',
  'change_of_mind')
"""
DECISION = """
INSERT INTO decisions (id, case_id, decided_at, inputs, policy_version, policy_digest, result)
  VALUES (9, 5, '2026-05-06 16:00:00', :inputs, 'v', 'd', :result)
"""


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> str:
    """A database as the first migration made it, with a refund that was confirmed."""
    request = parse_request(REQUEST)
    result = decide(request, load_policy(Settings(home=tmp_path)))
    config = Config()
    config.set_main_option("script_location", "bot:store/migrations")
    engine = open_engine(database_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in ROWS.split(";\n"):
            connection.exec_driver_sql(statement)
        values = {"inputs": json.dumps(REQUEST), "result": json.dumps(result.to_json())}
        connection.execute(text(DECISION), values)
    engine.dispose()
    return database_url


def test_a_refund_from_before_the_outbox_is_paid_once(old: str, tmp_path: Path) -> None:
    services = bootstrap(Settings(home=tmp_path, database_url=old), lambda: datetime.now(timezone.utc))
    while carry_out_due(services):
        pass
    file = case_file(services, "RD-AAAAAA")
    assert file.case.state is CaseState.DONE
    assert [entry[:2] for entry in ledger_entries(services)] == [("stop_service", None), ("refund", Decimal("44.00"))]
    with services.unit_of_work() as uow:
        assert uow.verify_audit()[1] == []

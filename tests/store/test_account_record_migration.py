"""Accounts from before they were recorded are taken into the record as they are."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.desk import passwords
from bot.cases.desk.accounts import agents, change_agent
from bot.cases.desk.sign_in import sign_in
from bot.cases.model import Role
from bot.settings import Settings
from bot.store import tables as t
from tests.migrated import at_revision
from tests.store_builders import Clock, problems, without_triggers

PASSWORD = "correct horse battery"
ROW = (
    "INSERT INTO agents (id, login, name, role, password_hash, active, created_at)"
    " VALUES ({}, '{}', 'Somebody', '{}', '{}', {}, '2026-05-01 12:00:00')"
)


def test_accounts_of_before_go_on_and_are_watched(
    database_url: str, tmp_path: Path, engine: Engine, clock: Clock
) -> None:
    hashed = passwords.hashed(PASSWORD)
    rows = [ROW.format(3, "ada", "admin", hashed, "TRUE"), ROW.format(5, "slack:U1", "agent", "-", "TRUE")]
    at_revision(database_url, "0006", tmp_path, [*rows, ROW.format(7, "gone", "lead", hashed, "FALSE")])
    services = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert problems(services) == [] and sign_in(services, "ada", PASSWORD, "192.0.2.1")
    with engine.connect() as connection:
        events = connection.execute(sa.select(t.agent_events).order_by(t.agent_events.c.agent_id)).all()
    assert [(row.agent_id, row.change, row.by_id, row.role, row.active) for row in events] == [
        (3, "found", None, "admin", True),
        (5, "found", None, "agent", True),
        (7, "found", None, "lead", False),
    ]
    change_agent(services, "ada", role=Role.LEAD)
    assert agents(services)[0].role is Role.LEAD and problems(services) == []
    without_triggers(engine, lambda connection: connection.execute(t.agents.update().values(role="admin")))
    assert len(problems(services)) == 3

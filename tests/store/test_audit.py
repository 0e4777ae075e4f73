"""The audit chain finds every row that was changed, taken out or slipped in."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.bootstrap import bootstrap
from bot.cases.payout.execution import carry_out_due
from bot.cases.services import Services
from bot.settings import Settings
from bot.store import tables as t
from tests.cases.test_quotes import confirmed, quoted
from tests.store_builders import Clock, problems, proven_address, store_order, without_triggers


@pytest.fixture
def busy(services: Services, clock: Clock) -> Services:
    """A store in which a refund was paid and another one declined."""
    store_order(services)
    store_order(services, "CC-104244", remaining_balance="1.00")
    proven_address(services)
    confirmed(services, quoted(services))
    quoted(services, number="CC-104244")
    clock.passes(minutes=11)
    while carry_out_due(services):
        pass
    return services


def test_a_chain_that_nobody_touched_is_whole(busy: Services) -> None:
    with busy.unit_of_work() as uow:
        rows, found = uow.audit.verify()
    # Four moves and two; decisions at the quote, the yes and the assessment, and the decline.
    assert found == [] and rows == 4 + 2 + 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (t.decisions.update().where(t.decisions.c.id == 2).values(result={"refund": "99.00"}), "decision 2 has been"),
        (t.decisions.delete().where(t.decisions.c.id == 4), "decision 4 is missing"),
        (t.case_log.update().where(t.case_log.c.id == 2).values(actor="system"), "move 2 has been changed"),
        (t.case_log.delete().where(t.case_log.c.id == 1), "move 1 is missing"),
        (t.audit.delete().where(t.audit.c.seq == 3), "audit rows 3 to 3 are missing"),
        (t.audit.delete().where(t.audit.c.seq == 10), "the chain ends at row 9, but its head says row 10"),
        (t.audit.update().where(t.audit.c.seq == 2).values(digest="0" * 64), "audit row 2 does not follow"),
        (t.audit.update().where(t.audit.c.seq == 2).values(hash="0" * 64), "audit row 3 does not follow"),
        (t.audit_head.delete(), "the head of the chain is missing"),
    ],
)
def test_whatever_is_changed_or_missing_is_found(
    busy: Services, engine: Engine, change: sa.sql.Executable, said: str
) -> None:
    without_triggers(engine, lambda connection: connection.execute(change))
    assert any(said in problem for problem in problems(busy))


def test_a_row_slipped_in_is_found(busy: Services, engine: Engine) -> None:
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(t.case_log).where(t.case_log.c.id == 1)).one()._mapping)
        connection.execute(t.case_log.insert().values(**{**row, "id": 99}))
    assert problems(busy) == ["move 99 is not in the chain"]


def test_a_chain_written_with_another_secret_does_not_fit(busy: Services, engine: Engine) -> None:
    from bot.store import audit

    def forge(connection: Connection) -> None:
        for table in (t.audit, t.audit_head):
            connection.execute(table.delete())
        connection.execute(t.decisions.update().values(policy_version="forged"))
        audit.adopt(connection, b"a guess")

    without_triggers(engine, forge)
    assert len(problems(busy)) >= 10


@pytest.mark.parametrize("table", [t.decisions, t.case_log, t.audit])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_is_only_added(
    busy: Services, engine: Engine, table: sa.Table, verb: str
) -> None:
    column = next(iter(table.c))
    change = table.delete() if verb == "delete" else table.update().values({column: column})
    with pytest.raises(sa.exc.DatabaseError, match="only ever added"), engine.begin() as connection:
        connection.execute(change)


def test_rows_from_before_the_chain_are_taken_in_when_it_is_made(
    busy: Services, engine: Engine, database_url: str, tmp_path: Path, clock: Clock
) -> None:
    from bot.store import audit
    from bot.store.unit_of_work import SqlUnitOfWork

    with busy.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        key = uow.keys.audit_key

    def start_over(connection: Connection) -> None:
        for table in (t.audit, t.audit_head):
            connection.execute(table.delete())
        audit.adopt(connection, key)

    without_triggers(engine, start_over)
    again = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert problems(again) == []

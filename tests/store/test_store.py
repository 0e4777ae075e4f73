"""What the database itself holds: schema, types, and one open case per order and kind."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.model import CaseKind, CaseState
from bot.cases.services import Services
from bot.policy import Outcome, decide
from bot.policy.facts import Reason
from bot.settings import Settings, SettingsError
from bot.store import tables as t
from bot.store.demo import demo_orders, seed_demo
from bot.store.unit_of_work import SqlUnitOfWork
from tests.store_builders import Clock, store_order


def a_case(services: Services, reference: str, **changes: object) -> None:
    """A case of order CC-104233, straight into the table."""
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None
        values = {
            "reference": reference,
            "kind": CaseKind.REFUND,
            "state": CaseState.QUOTED,
            "order_id": stored.id,
            "conversation_id": "talk",
            "requested_at": services.clock(),
            "created_at": services.clock(),
            **changes,
        }
        uow.cases.add(**values)
        uow.commit()


def test_the_migrations_make_the_tables_that_the_code_knows(services: Services, engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": "refund_desk_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, t.metadata) == []


def test_starting_again_changes_nothing(services: Services, database_url: str, tmp_path: Path, clock: Clock) -> None:
    store_order(services)
    again = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    with again.unit_of_work() as uow:
        assert uow.orders.find("CC-104233") is not None


def test_processes_that_start_at_once_migrate_once(database_url: str, tmp_path: Path) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            bootstrap(Settings(home=tmp_path, database_url=database_url))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_money_and_times_come_back_as_they_went_in(services: Services) -> None:
    placed = "2026-05-05T23:59:59.999999+13:45"
    sums = {"amount_paid": "0.100", "original_balance": "1000000.005", "remaining_balance": "0.3"}
    store_order(services, currency="KWD", placed_at=placed, **sums)
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
    assert stored is not None
    order = stored.order
    assert (str(order.amount_paid), str(order.original_balance)) == ("0.100", "1000000.005")
    assert order.remaining_balance == Decimal("0.3") and order.placed_at == datetime.fromisoformat(placed)
    assert order.placed_at.tzinfo is timezone.utc


def test_the_database_allows_one_open_case_per_order_and_kind(services: Services) -> None:
    store_order(services)
    a_case(services, "RD-AAAAAA")
    for state in (CaseState.QUOTED, CaseState.IN_REVIEW, CaseState.CONFIRMED):
        with pytest.raises(sa.exc.IntegrityError):
            a_case(services, "RD-CCCCCC", state=state)
    a_case(services, "RD-DDDDDD", state=CaseState.DECLINED)
    a_case(services, "RD-EEEEEE", kind=CaseKind.CANCEL)


def test_leaving_without_a_commit_leaves_nothing(services: Services) -> None:
    store_order(services)
    with pytest.raises(RuntimeError), services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None
        uow.orders.change(stored.id, remaining_balance=Decimal("1.00"))
        raise RuntimeError
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
    assert stored is not None and stored.order.remaining_balance == Decimal("50.00")


def test_an_incident_covers_the_time_from_order_to_request(services: Services) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}:00+00:00")

    with services.unit_of_work() as uow:
        uow.connection.execute(  # type: ignore[attr-defined]
            t.incidents.insert().values(
                product="global-card", started_at=at("2026-05-05T10:00"), ended_at=at("2026-05-05T12:00"), note=""
            )
        )
        for start, end, covers in (
            ("2026-05-05T12:00", "2026-05-06T00:00", True),
            ("2026-05-05T12:01", "2026-05-06T00:00", False),
            ("2026-05-04T00:00", "2026-05-05T10:00", True),
            ("2026-05-04T00:00", "2026-05-05T09:59", False),
            ("2026-05-05T10:30", "2026-05-05T11:00", True),
        ):
            assert uow.incidents.cover("global-card", at(start), at(end)) is covers, (start, end)
        assert not uow.incidents.cover("europe-card", at("2026-05-05T12:00"), at("2026-05-06T00:00"))


def test_the_demo_orders_cover_every_outcome_on_any_day(services: Services, clock: Clock) -> None:
    from bot.cases.case.requests import preview_refund
    from tests.store_builders import verified

    services = replace(services, demo=True)
    assert seed_demo(services) and not seed_demo(services)
    outcomes = set()
    clauses = set()
    for row in demo_orders(clock(), services.policy.terms_for(clock()).calendar):
        verified(services, row.order.number, row.order.number, row.customer.email)
        for reason in Reason:
            decision = preview_refund(
                services,
                conversation_id=row.order.number,
                order_number=row.order.number,
                reason=reason,
                destination=None,
                requested_at=clock(),
            )
            outcomes.add(decision.outcome)
            clauses.update(decision.clauses)
    assert outcomes == {Outcome.APPROVE, Outcome.APPROVE_ON_RETURN, Outcome.DECLINE, Outcome.REVIEW}
    assert clauses >= {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R7b", "R8", "C2", "C5"}


@pytest.mark.parametrize("day", ["2026-11-27", "2026-12-31", "2027-01-01", "2028-02-29", "2026-11-22"])
def test_the_first_demo_order_is_refundable_whatever_the_day(day: str) -> None:
    from tests.policy.policy_builders import POLICY, a_refund_request

    now = datetime.fromisoformat(f"{day}T09:00:00-05:00")
    order = demo_orders(now, POLICY.terms_for(now).calendar)[0].order
    assert order.number == "CC-104233"
    assert decide(a_refund_request(order, requested_at=now, decided_at=now), POLICY).outcome is Outcome.APPROVE


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://root@127.0.0.1:1/nowhere", "REFUND_DESK_DATABASE_URL"),
        ("sqlite:////proc/nowhere/refund-desk.db", "REFUND_DESK_DATABASE_URL"),
        ("postgresql://[", "REFUND_DESK_DATABASE_URL"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line(url: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        bootstrap(Settings(home=tmp_path, database_url=url))
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_a_look_for_left_quotes_reads_renewed_quotes_alone_however_long_the_log_is(services: Services) -> None:
    """The worker looks twice a second."""
    store_order(services)
    a_case(services, "RD-AAAAAA")
    asked: list[tuple[str, Any]] = []
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        case = uow.cases.find("RD-AAAAAA")
        assert case is not None
        move = {"case_id": case.id, "at": services.clock(), "actor": "system", "cause": "asked_for", "cause_values": {}}
        moves = ((None, "quoted"), ("quoted", "confirmed"), ("confirmed", "executing"), ("executing", "done"))
        log = [{**move, "from_state": before, "to_state": after} for before, after in moves]
        uow.connection.execute(t.case_log.insert(), log * 1_000)
        uow.connection.exec_driver_sql("ANALYZE")
        event.listen(uow.connection, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        assert uow.cases.left_quotes(services.clock()) == []
        ((statement, values),) = asked
        explain = "EXPLAIN QUERY PLAN" if uow.connection.dialect.name == "sqlite" else "EXPLAIN"
        plan = [str(row[-1]) for row in uow.connection.exec_driver_sql(f"{explain} {statement}", values)]
    reads = [line for line in plan if re.search("scan|search", line, re.I) and "Bitmap Heap" not in line]
    assert len(reads) == 1 and "ix_case_log_renewed_quotes" in reads[0], plan

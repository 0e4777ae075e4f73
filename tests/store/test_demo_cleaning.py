"""Taking the demo out: nothing of it can be found or paid any more, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import customer_orders
from bot.cases.errors import CaseError
from bot.cases.identity.verification import VerificationStatus, is_verified, verify
from bot.cases.model import MOVES, OPEN_STATES, CaseState, Cause, CauseCode
from bot.cases.payout.execution import carry_out_due
from bot.cases.ports.billing import Unavailable
from bot.cases.ports.shop import LiveOrder, PaymentState
from bot.cases.privacy.personal_data import erase
from bot.cases.services import Services
from bot.store import tables as t
from bot.store.demo import demo_list, holds_demo, holds_real, seed_demo
from bot.store.demo_cleaning import TO_THE_END, Cleaned, clean_demo
from bot.store.imports import ImportRefused, import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.gateways import FaultyGateway, ledger_entries
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.store_builders import TRANSCRIPT, Clock, an_order_row, problems, proven_address, store_order, verified

BELLA = ("CC-104240", "bella@example.com")


@pytest.fixture
def demo(services: Services) -> Services:
    """A store as the demo fills it."""
    services = replace(services, demo=True)
    assert seed_demo(services)
    return services


def left(services: Services) -> tuple[bool, bool]:
    """Whether something of the demo is there, and whether something else."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return holds_demo(uow), holds_real(uow)


def count(services: Services, table: sa.Table, *where: object) -> int:
    """How many rows a table has."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        query = sa.select(sa.func.count()).select_from(table)
        found: int = uow.connection.execute(query.where(*where) if where else query).scalar_one()
        return found


def is_opened(services: Services, number: str, email: str) -> bool:
    """Whether number and address open an order to somebody new."""
    talk = f"stranger of {number}, demo: {services.demo}"
    done = verify(services, conversation_id=talk, message_id="m", order_number=number, email=email)
    return done.status is VerificationStatus.VERIFIED


def test_a_seeded_store_is_clean_after_it_and_a_second_time_there_is_nothing_to_do(demo: Services) -> None:
    done = clean_demo(demo)

    assert done == Cleaned(orders=23, kept=3, closed=0, customers=20, conversations=1, incidents=1, paid=())
    assert left(demo) == (False, False) and problems(demo) == []
    assert count(demo, t.orders) == 3 and count(demo, t.incidents) == 0
    assert count(demo, t.customers, t.customers.c.erased_at.is_(None)) == 0
    assert clean_demo(demo) == Cleaned(0, 0, 0, 0, 0, 0, ())
    assert seed_demo(demo) and clean_demo(demo).orders == 23 and problems(demo) == []


def test_whoever_of_the_demo_was_erased_before_is_no_hindrance(demo: Services) -> None:
    erase(demo, "bella@example.com")
    assert clean_demo(demo).orders == 23
    assert left(demo) == (False, False) and problems(demo) == []


def test_a_dry_run_says_the_same_and_changes_nothing(demo: Services) -> None:
    verified(demo)
    confirmed(demo, quoted(demo))
    before = [count(demo, table) for table in t.metadata.sorted_tables]

    told = clean_demo(demo, dry_run=True)

    assert [count(demo, table) for table in t.metadata.sorted_tables] == before
    with demo.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert len(demo_list(uow)) == 20, "no key was forgotten"
    assert clean_demo(demo) == told and told.closed == 1


def test_what_was_confirmed_is_not_paid_any_more_and_its_words_are_gone(demo: Services, clock: Clock) -> None:
    verified(demo)
    quote = quoted(demo)
    confirmed(demo, quote)

    assert clean_demo(demo).closed == 1

    assert {step.state.value for step in case_file(demo, quote.case.reference).steps} == {"dropped"}
    clock.passes(minutes=30)
    assert carry_out_due(demo) == 0 and ledger_entries(demo) == []
    file = case_file(demo, quote.case.reference)
    assert file.case.state is CaseState.WITHDRAWN and file.demo and file.log[-1].cause.code is CauseCode.DEMO_TAKEN_OUT
    assert file.case.reason_words is None
    assert not is_verified(demo, conversation_id="talk", order_number="CC-104233")
    assert not is_opened(demo, "CC-104233", "alex@example.com") and not is_opened(
        demo, file.order_number or "", "x@y.z"
    )
    assert problems(demo) == []


def test_a_yes_that_comes_after_it_confirms_nothing(demo: Services) -> None:
    verified(demo)
    quote = quoted(demo)
    clean_demo(demo)
    with pytest.raises(CaseError):
        confirmed(demo, quote)
    assert count(demo, t.outbox) == 0


def test_a_call_that_was_made_stays_on_record_as_one_of_which_nobody_knows(demo: Services, clock: Clock) -> None:
    gateway = FaultyGateway(demo.gateway)
    gateway.after = {"refund": [Unavailable("ledger_silent")] * 9}
    shop = replace(demo, gateway=gateway)
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    clock.passes(minutes=11)
    while gateway.calls.count("refund") < 1:
        assert carry_out_due(shop)

    assert clean_demo(shop).paid == (quote.case.reference,)

    clock.passes(hours=1)
    assert carry_out_due(shop) == 0 and gateway.calls.count("refund") == 1
    file = case_file(shop, quote.case.reference)
    assert file.steps[-1].state.value == "dead" and file.steps[-1].result == {"may_have_happened": True}
    moved = [entry.to_state.value for entry in file.log]
    assert moved[-3:] == ["failed", "in_review", "withdrawn"] and problems(shop) == []


def test_every_open_state_has_moves_to_its_end() -> None:
    assert set(TO_THE_END) == OPEN_STATES
    for state, path in TO_THE_END.items():
        for step in path:
            assert step in MOVES[state]
            state = step
        assert state is CaseState.WITHDRAWN


def test_a_real_order_under_a_freed_number_has_nothing_of_the_demo(demo: Services, clock: Clock) -> None:
    """Its own case and its own refund, though the demo's order of that number was refunded."""
    verified(demo)
    confirmed(demo, quoted(demo))
    clock.passes(minutes=11)
    while carry_out_due(demo):
        pass
    assert clean_demo(demo).paid
    real = replace(demo, demo=False)

    store_order(real, "CC-104233", "buyer@example.net", status="active")

    assert left(real) == (False, True) and ledger_entries(real) == []
    verified(real, "theirs", "CC-104233", "buyer@example.net")
    confirmed(real, quoted(real, "theirs"), "theirs")
    clock.passes(minutes=11)
    while carry_out_due(real):
        pass
    assert [entry[0] for entry in ledger_entries(real)] == ["stop_service", "refund"]


def test_other_orders_of_the_same_address_and_the_talks_about_them_stay(demo: Services) -> None:
    store_order(demo, "CC-500001", "alex@example.com", product="real-card")
    verified(demo)
    verified(demo, "talk", "CC-500001")
    verified(demo, "only demo", *BELLA)
    words = quoted(demo, "talk", "CC-500001").case.reference
    quoted(demo)
    quoted(demo, "only demo", BELLA[0])

    done = clean_demo(demo)

    assert (done.customers, done.conversations) == (19, 2), "bella's and that of the seeding"
    file = case_file(demo, words)
    assert file.case.state is CaseState.QUOTED and file.case.reason_words == "I changed my mind" and not file.demo
    assert is_verified(demo, conversation_id="talk", order_number="CC-500001")
    proven_address(demo, "proven")
    assert [order.number for order in customer_orders(demo, conversation_id="proven")] == ["CC-500001"]


def test_whoever_waits_for_a_person_without_an_order_goes_on_waiting(demo: Services) -> None:
    verified(demo)
    handed = hand_to_human(demo, conversation_id="talk", cause=Cause.ASKED, transcript=TRANSCRIPT, facts={})

    clean_demo(demo)

    file = case_file(demo, handed.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.transcript == TRANSCRIPT


def test_no_file_and_no_shop_makes_a_demo_order_a_real_one(demo: Services) -> None:
    real = an_order_row("CC-104233", "buyer@example.net", amount_paid="70.00")
    rows = read_order_rows([an_order_row("CC-500001"), real], "file")
    with (
        demo.unit_of_work() as uow,
        pytest.raises(ImportRefused, match="row 2, number: CC-104233 is an order of the demo here"),
    ):
        assert isinstance(uow, SqlUnitOfWork)
        import_orders(uow, rows)
    with demo.unit_of_work() as uow:
        uow.orders.refresh(LiveOrder(rows[1].order, rows[1].customer))
        uow.orders.note_payment(PaymentState("CC-104233", refunded=True, dispute_open=True))
        uow.commit()
    with demo.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None and stored.demo and stored.order.status.value == "active"
        assert stored.order.amount_paid == 50 and uow.customers.email_of(stored.customer_id) == "alex@example.com"


def test_outside_of_the_demo_its_orders_open_to_nobody_and_no_gateway_hears_of_them(
    demo: Services, clock: Clock
) -> None:
    verified(demo)
    confirmed(demo, quoted(demo))
    store_order(demo, "CC-500001", "buyer@example.net")
    verified(demo, "theirs", "CC-500001", "buyer@example.net")
    confirmed(demo, quoted(demo, "theirs", "CC-500001"), "theirs")
    clock.passes(minutes=11)
    gateway = FaultyGateway(demo.gateway)
    real = replace(demo, demo=False, gateway=gateway)

    assert not is_opened(real, *BELLA) and is_opened(demo, *BELLA)
    while carry_out_due(real, limit=1):
        pass
    assert gateway.calls == ["stop_service", "balance", "refund"] and ledger_entries(real) == []
    while carry_out_due(demo):
        pass
    assert [entry[0] for entry in ledger_entries(demo)] == ["stop_service", "refund"], "nobody's work is lost"

"""What was confirmed is carried out once: stopped first, then looked at again, then paid; or a person has it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.case.handoff import hand_to_human
from bot.cases.case.moves import move
from bot.cases.case.overview import renewed_quotes
from bot.cases.customer.left_quotes import close_quotes, hand_over_left_quotes
from bot.cases.customer.quotes import ConfirmationStatus, Quote, confirm, quote_cancellation
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import CaseState, Cause, CauseCode, MoveCause, Step, StepState
from bot.cases.payout.execution import (
    FIRST_DELAY,
    LEASE,
    LONGEST_DELAY,
    _call,
    _claim,
    _due,
    _succeeded,
    carry_out,
    carry_out_due,
)
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination, OrderStatus
from bot.store.cases import CaseRepository
from tests.cases.gateways import FaultyGateway, ledger_entries
from tests.cases.test_quotes import case_file, changed_order, confirmed, order_status, quoted
from tests.store_builders import PLAN, TRANSCRIPT, Clock, store_order

PAID = [("stop_service", None, None, None), ("refund", Decimal("44.00"), "wallet", None)]


@pytest.fixture
def shop(alex: Services, faulty: FaultyGateway) -> Services:
    """Alex's services, with a gateway that may fail."""
    return replace(alex, gateway=faulty)


def cancelled(services: Services, number: str = "CC-104233") -> Quote:
    """A cancellation quoted in ``talk``."""
    return quote_cancellation(
        services, conversation_id="talk", order_number=number, requested_at=services.clock(), transcript=TRANSCRIPT
    )


def work(services: Services, clock: Clock, minutes: float = 11, rounds: int = 12) -> None:
    """Let the time pass in which a refund can be taken back, and carry out what is due until nothing is."""
    clock.passes(minutes=minutes)
    for _ in range(rounds):
        if not carry_out_due(services):
            return


def moves(services: Services, reference: str) -> list[str]:
    return [entry.to_state.value for entry in case_file(services, reference).log]


def steps(services: Services, reference: str) -> list[tuple[str, str]]:
    return [(step.step.value, step.state.value) for step in case_file(services, reference).steps]


def test_a_refund_is_stopped_assessed_and_paid_after_the_time_to_take_it_back(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    work(alex, clock, minutes=9)
    assert case_file(alex, quote.case.reference).case.state is CaseState.CONFIRMED and ledger_entries(alex) == []

    work(alex, clock, minutes=1.1)

    assert moves(alex, quote.case.reference) == ["quoted", "confirmed", "executing", "done"]
    assert steps(alex, quote.case.reference) == [("stop_service", "done"), ("assess", "done"), ("refund", "done")]
    assert ledger_entries(alex) == PAID and order_status(alex) is OrderStatus.REFUNDED
    assert case_file(alex, quote.case.reference).steps[2].result == {"payment": "L-2"}


def test_the_key_of_a_call_is_made_of_the_case(alex: Services) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    (step,) = case_file(alex, quote.case.reference).steps
    assert step.key == f"{quote.case.reference}-stop_service"


def test_a_plan_that_is_refunded_is_stopped_and_its_billing_ends(alex: Services, clock: Clock) -> None:
    store_order(alex, "CC-104244", **PLAN)
    quote = quoted(alex, number="CC-104244")
    confirmed(alex, quote)
    work(alex, clock)
    assert case_file(alex, quote.case.reference).case.state is CaseState.DONE
    assert ledger_entries(alex, "CC-104244") == [
        ("stop_service", None, None, None),
        ("end_agreement", None, None, date(2026, 5, 31)),
        ("refund", Decimal("22.00"), "wallet", None),
    ]


def test_without_a_time_to_take_it_back_a_refund_is_paid_before_the_answer(alex: Services) -> None:
    alex = replace(alex, take_back_minutes=0)
    done = confirmed(alex, quoted(alex))
    assert (done.status, done.case.state) == (ConfirmationStatus.CONFIRMED, CaseState.DONE)
    assert ledger_entries(alex) == PAID


def test_a_step_that_the_worker_took_first_is_waited_for(alex: Services, clock: Clock) -> None:
    case = confirmed(alex, quoted(alex)).case
    clock.passes(minutes=11)
    claimed = _claim(alex, _due(alex, 1)[0])
    assert claimed is not None
    worker = threading.Timer(0.3, lambda: _succeeded(alex, *claimed, _call(alex, *claimed)))
    worker.start()
    since = time.monotonic() + 60  # patience for a machine that is busy
    assert carry_out(alex, case, since).state is CaseState.DONE
    worker.join()
    assert ledger_entries(alex) == PAID


def test_a_cancellation_is_carried_out_before_the_answer(alex: Services) -> None:
    store_order(alex, "CC-104244", **PLAN)
    done = confirmed(alex, cancelled(alex, "CC-104244"))
    assert done.case.state is CaseState.DONE and order_status(alex, "CC-104244") is OrderStatus.CANCELLED
    assert moves(alex, done.case.reference) == ["quoted", "confirmed", "executing", "done"]
    assert ledger_entries(alex, "CC-104244") == [
        ("stop_service", None, None, None),
        ("end_agreement", None, None, date(2026, 5, 31)),
    ]


def test_a_cancellation_that_the_gateway_does_not_answer_is_recorded_and_carried_out_later(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    done = confirmed(shop, cancelled(shop))
    assert (done.status, done.case.state) == (ConfirmationStatus.CONFIRMED, CaseState.EXECUTING)
    assert order_status(shop) is OrderStatus.CANCELLED, "it counts from the yes (C1)"
    work(shop, clock, minutes=1)
    assert case_file(shop, done.case.reference).case.state is CaseState.DONE


@pytest.mark.parametrize("call", ["stop_service", "balance", "refund"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_without_an_answer_is_made_again_and_pays_once(
    shop: Services, faulty: FaultyGateway, clock: Clock, call: str, when: str
) -> None:
    getattr(faulty, when)[call] = [Unavailable("ledger_silent"), Unavailable("ledger_silent")]
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.EXECUTING
    waiting = case_file(shop, quote.case.reference).steps[-1]
    assert (waiting.attempts, waiting.next_at) == (1, clock.now + FIRST_DELAY)

    work(shop, clock, minutes=1)
    assert case_file(shop, quote.case.reference).steps[-1].next_at == clock.now + 2 * FIRST_DELAY
    work(shop, clock, minutes=1)

    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE
    assert ledger_entries(shop) == PAID and faulty.calls.count(call) == 3


def test_after_the_last_attempt_a_person_has_it_and_knows_that_it_may_have_been_paid(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    shop = replace(shop, gateway_attempts=3)
    faulty.after["refund"] = [Unavailable("ledger_silent")] * 9
    quote = quoted(shop)
    confirmed(shop, quote)
    for _ in range(4):
        work(shop, clock, minutes=12)
    file = case_file(shop, quote.case.reference)
    assert moves(shop, quote.case.reference)[-3:] == ["executing", "failed", "in_review"]
    assert faulty.calls.count("refund") == 3 and ledger_entries(shop) == PAID
    assert file.handoff is not None and file.handoff.cause is Cause.FAILURE
    facts = file.handoff.facts
    assert (facts["step"], facts["may_have_happened"], facts["done"]) == ("refund", True, ["stop_service", "assess"])
    assert facts["idempotency_key"] == f"{quote.case.reference}-refund" and facts["decision"]["refund"] == "44.00"
    assert order_status(shop) is OrderStatus.REFUND_PENDING, "nobody can ask for it a second time meanwhile"
    assert quoted(shop).existing


def test_a_refusal_of_the_gateway_goes_to_a_person_at_once(shop: Services, faulty: FaultyGateway, clock: Clock) -> None:
    faulty.before["refund"] = [Rejected("unknown_order")]
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["error"] == "unknown order" and file.handoff.facts["may_have_happened"] is False
    assert steps(shop, quote.case.reference)[-1] == ("refund", "dead")
    assert [entry[0] for entry in ledger_entries(shop)] == ["stop_service"]


@pytest.mark.parametrize("why", ["refused", "no way there"])
def test_what_can_not_be_paid_is_seen_before_the_service_is_stopped(
    shop: Services, faulty: FaultyGateway, clock: Clock, why: str
) -> None:
    quote = quoted(shop)
    confirmed(shop, quote)
    if why == "refused":
        faulty.before["destinations"] = [Rejected("unknown_order")]
    else:
        faulty.ways = frozenset({Destination.ORIGINAL_PAYMENT_METHOD})
    work(shop, clock)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert (file.handoff.facts["may_have_happened"], file.handoff.facts["done"]) == (False, [])
    assert faulty.calls == [] and ledger_entries(shop) == []


def test_nothing_is_stopped_while_nobody_can_tell_whether_it_can_be_paid(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    quote = quoted(shop)
    confirmed(shop, quote)
    faulty.before["destinations"] = [Unavailable("ledger_silent")]
    clock.passes(minutes=11)
    carry_out_due(shop)
    assert faulty.calls == [] and case_file(shop, quote.case.reference).case.state is CaseState.EXECUTING
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE


def test_a_cancellation_pays_nothing_and_is_not_held_up_by_it(shop: Services, faulty: FaultyGateway) -> None:
    faulty.before["destinations"] = [Unavailable("ledger_silent")]
    assert confirmed(shop, cancelled(shop)).case.state is CaseState.DONE


def test_the_delay_doubles_up_to_a_quarter_of_an_hour(shop: Services, faulty: FaultyGateway, clock: Clock) -> None:
    faulty.before["stop_service"] = [Unavailable("ledger_silent")] * 20
    quote = quoted(shop)
    confirmed(shop, quote)
    clock.passes(minutes=11)
    delays = []
    for _ in range(10):
        assert carry_out_due(shop) == 1 and carry_out_due(shop) == 0
        next_at = case_file(shop, quote.case.reference).steps[0].next_at
        delays.append(next_at - clock.now)
        clock.now = next_at
    assert delays == [min(FIRST_DELAY * 2**n, LONGEST_DELAY) for n in range(10)] and delays[-1] == LONGEST_DELAY


def test_a_card_used_before_its_stop_is_quoted_anew_and_nothing_is_paid_before_the_new_yes(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    quote = quoted(shop)
    confirmed(shop, quote)
    faulty.meanwhile = lambda: changed_order(shop, remaining_balance=Decimal("31.50"))
    work(shop, clock)
    faulty.meanwhile = lambda: None

    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.QUOTED and file.decisions[-1].result["refund"] == "27.72"
    assert [entry[0] for entry in ledger_entries(shop)] == ["stop_service"]
    assert order_status(shop) is OrderStatus.ACTIVE
    (renewed,) = renewed_quotes(shop, conversation_id="talk")
    assert (renewed.before, renewed.refund) == (Decimal("44.00"), Decimal("27.72"))

    assert confirmed(shop, quote).status is ConfirmationStatus.CHANGED, "the old figures can't be confirmed any more"
    again = quoted(shop)
    assert again.case.reference == quote.case.reference and not renewed_quotes(shop, conversation_id="other")
    assert confirmed(shop, again).status is ConfirmationStatus.CONFIRMED
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE
    assert ledger_entries(shop) == [PAID[0], ("refund", Decimal("27.72"), "wallet", None)]


def test_a_card_used_below_the_minimum_before_its_stop_goes_to_a_person(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    quote = quoted(shop)
    confirmed(shop, quote)
    faulty.meanwhile = lambda: changed_order(shop, remaining_balance=Decimal("10.00"))
    work(shop, clock)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["decision"]["outcome"] == "decline"
    assert [entry[0] for entry in ledger_entries(shop)] == ["stop_service"]


def test_a_dispute_opened_before_the_payment_stops_it(shop: Services, faulty: FaultyGateway, clock: Clock) -> None:
    quote = quoted(shop)
    confirmed(shop, quote)
    faulty.meanwhile = lambda: changed_order(shop, dispute_open=True)
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.IN_REVIEW
    assert [entry[0] for entry in ledger_entries(shop)] == ["stop_service"]


def renewed_quote(shop: Services, faulty: FaultyGateway, clock: Clock) -> Quote:
    quote = quoted(shop)
    confirmed(shop, quote)
    faulty.meanwhile = lambda: changed_order(shop, remaining_balance=Decimal("31.50"))
    work(shop, clock)
    faulty.meanwhile = lambda: None
    assert case_file(shop, quote.case.reference).case.state is CaseState.QUOTED
    return quote


@pytest.mark.parametrize("way", ["take back", "stop", "no answer", "person"])
def test_a_renewed_quote_that_is_not_taken_goes_to_a_person_since_the_service_is_stopped(
    shop: Services, faulty: FaultyGateway, clock: Clock, way: str
) -> None:
    quote = renewed_quote(shop, faulty, clock)
    if way == "take back":
        take_back(shop, conversation_id="talk", reference=quote.case.reference)
    elif way == "stop":
        close_quotes(shop, conversation_id="talk", cause=CauseCode.STOPPED)
    elif way == "person":
        hand_to_human(shop, conversation_id="talk", cause=Cause.ASKED, transcript=TRANSCRIPT, facts={})
    else:
        assert hand_over_left_quotes(shop) == 0
        clock.passes(minutes=61)
        assert hand_over_left_quotes(shop) == 1
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None


def test_a_quote_that_was_never_confirmed_is_nothing_for_a_person(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    clock.passes(days=2)
    assert hand_over_left_quotes(alex) == 0
    assert len(close_quotes(alex, conversation_id="talk", cause=CauseCode.STOPPED)) == 1
    assert case_file(alex, quote.case.reference).case.state is CaseState.WITHDRAWN


def test_a_refund_taken_back_is_not_carried_out(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    take_back(alex, conversation_id="talk", reference=quote.case.reference)
    work(alex, clock)
    assert ledger_entries(alex) == [] and steps(alex, quote.case.reference) == [("stop_service", "dropped")]


def test_a_refund_that_is_being_carried_out_cannot_be_taken_back(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    faulty.before["stop_service"] = [Unavailable("ledger_silent")]
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    with pytest.raises(MoveNotAllowed):
        take_back(shop, conversation_id="talk", reference=quote.case.reference)


def test_a_step_that_a_dead_worker_had_in_hand_is_done_after_its_lease(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    clock.passes(minutes=11)
    (due,) = _due(alex, 5)
    assert _claim(alex, due) is not None
    assert carry_out_due(alex) == 0 and _claim(alex, due) is None, "another worker has it"
    clock.passes(seconds=LEASE.total_seconds() + 1)
    work(alex, clock, minutes=0)
    assert ledger_entries(alex) == PAID


def test_four_workers_at_once_pay_once(alex: Services, clock: Clock) -> None:
    for number in ("CC-104244", "CC-104255"):
        store_order(alex, number)
    references = []
    for number in ("CC-104233", "CC-104244"):
        quote = quoted(alex, number=number)
        confirmed(alex, quote)
        references.append(quote.case.reference)
    clock.passes(minutes=11)
    failures: list[BaseException] = []

    def worker() -> None:
        try:
            for _ in range(12):
                carry_out_due(alex)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert failures == []
    for number, reference in zip(("CC-104233", "CC-104244"), references, strict=True):
        assert case_file(alex, reference).case.state is CaseState.DONE and ledger_entries(alex, number) == PAID


def test_a_clock_that_jumps_back_holds_nothing_up_and_pays_once(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    faulty.after["refund"] = [Unavailable("ledger_silent")]
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    clock.passes(hours=-5)
    work(shop, clock, minutes=0)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE
    assert ledger_entries(shop) == PAID


def count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """For two threads: who has counted refunds waits a moment for the other one to do so, too, in case nothing keeps it
    from that."""
    both = threading.Barrier(2)
    count = CaseRepository.approved_refunds

    def counted(*args: Any) -> int:
        found = count(*args)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        return found

    monkeypatch.setattr(CaseRepository, "approved_refunds", counted)


def test_the_fourth_refund_goes_to_a_person_also_when_two_are_confirmed_at_once(
    alex: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ["CC-104244", "CC-104255", "CC-104266"]
    for number in numbers:
        store_order(alex, number)
    for number in ("CC-104233", "CC-104244"):
        confirmed(alex, quoted(alex, number=number))
    last = [quoted(alex, number=number) for number in numbers[1:]]
    count_together(monkeypatch)
    both = [threading.Thread(target=confirmed, args=(alex, quote)) for quote in last]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    states = sorted(case_file(alex, quote.case.reference).case.state for quote in last)
    assert states == sorted([CaseState.CONFIRMED, CaseState.IN_REVIEW])


def test_an_answer_that_comes_after_another_worker_finished_changes_nothing(alex: Services, clock: Clock) -> None:
    from bot.cases.payout.execution import _succeeded

    quote = quoted(alex)
    confirmed(alex, quote)
    clock.passes(minutes=11)
    (due,) = _due(alex, 5)
    work(alex, clock, minutes=0)
    _succeeded(alex, "CC-104233", due, {})
    assert steps(alex, quote.case.reference) == [("stop_service", "done"), ("assess", "done"), ("refund", "done")]


def test_a_file_from_before_a_refund_does_not_make_a_second_one_possible(alex: Services, clock: Clock) -> None:
    confirmed(alex, quoted(alex))
    work(alex, clock)
    store_order(alex)
    assert order_status(alex) is OrderStatus.REFUNDED
    again = quoted(alex)
    assert again.case.state is CaseState.DECLINED and ledger_entries(alex) == PAID


def test_a_file_from_before_a_cancellation_does_not_undo_it(alex: Services) -> None:
    confirmed(alex, cancelled(alex))
    store_order(alex)
    assert order_status(alex) is OrderStatus.CANCELLED


def test_the_money_goes_where_the_customer_said(alex: Services, clock: Clock) -> None:
    confirmed(alex, quoted(alex, destination=Destination.ORIGINAL_PAYMENT_METHOD))
    work(alex, clock)
    assert ledger_entries(alex)[1] == ("refund", Decimal("44.00"), "original_payment_method", None)


def test_a_yes_is_recorded_even_if_carrying_it_out_breaks(shop: Services, faulty: FaultyGateway) -> None:
    def break_down() -> None:
        raise RuntimeError("a fault of ours")

    faulty.meanwhile = break_down
    done = confirm(
        shop,
        conversation_id="talk",
        reference=(quote := cancelled(shop)).case.reference,
        decision_id=quote.decision.id if quote.decision else 0,
        transcript=TRANSCRIPT,
    )
    assert done.status is ConfirmationStatus.CONFIRMED
    (step,) = case_file(shop, quote.case.reference).steps
    assert (step.step, step.state, step.attempts) == (Step.STOP_SERVICE, StepState.WAITING, 1)
    assert step.error == "RuntimeError while it was carried out" and step.next_at == shop.clock() + FIRST_DELAY


def test_a_step_that_breaks_on_a_fault_of_ours_holds_up_no_other_and_ends_with_a_person(
    shop: Services, faulty: FaultyGateway, clock: Clock
) -> None:
    shop = replace(shop, gateway_attempts=3)
    store_order(shop, "CC-104244")
    broken, sound = quoted(shop), quoted(shop, number="CC-104244")
    for quote in (broken, sound):
        confirmed(shop, quote)
    stop_service = faulty.ledger.stop_service

    def breaks_for_one(order_number: str, *, key: str) -> None:
        if order_number == "CC-104233":
            raise AssertionError("a fault of ours")
        stop_service(order_number, key=key)

    faulty.ledger.stop_service = breaks_for_one  # type: ignore[method-assign]
    work(shop, clock)
    assert case_file(shop, sound.case.reference).case.state is CaseState.DONE
    for _ in range(3):
        work(shop, clock, minutes=5)
    file = case_file(shop, broken.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["error"] == "AssertionError while it was carried out"


def test_a_case_that_moved_since_it_was_read_is_not_moved_on(alex: Services) -> None:
    quote = quoted(alex)
    close_quotes(alex, conversation_id="talk", cause=CauseCode.STOPPED)
    with alex.unit_of_work() as uow, pytest.raises(MoveNotAllowed):
        move(alex, uow, quote.case, CaseState.CONFIRMED, "customer", MoveCause(CauseCode.CONFIRMED))
    assert moves(alex, quote.case.reference) == ["quoted", "withdrawn"]

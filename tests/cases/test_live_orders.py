"""Orders that live in a shop: what is decided is decided on what the shop says now, and never undoes a case of ours."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.customer.quotes import ConfirmationStatus
from bot.cases.customer.withdrawals import take_back
from bot.cases.identity.live_orders import sync_order
from bot.cases.model import CaseState, Contact, Step, StepState
from bot.cases.payout.shop_events import take_payment_event
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.ports.shop import LiveOrder, PaymentState
from bot.cases.privacy.personal_data import erase
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from bot.policy.parsing import parse_order
from tests.cases.test_execution import cancelled, work
from tests.cases.test_quotes import case_file, confirmed, order_status, quoted
from tests.store_builders import PLAN, Clock, an_order_row, store_order, verified

CARD = "CC-104233"


class ShopOrders:
    """A shop with orders that tests change."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.error: Exception | None = None
        self.reads: list[tuple[str, bool]] = []
        self.email = "alex@example.com"

    def read(self, number: str, *, fresh: bool) -> LiveOrder | None:
        self.reads.append((number, fresh))
        if self.error is not None:
            raise self.error
        row = self.rows.get(number)
        if row is None:
            return None
        return LiveOrder(parse_order({**row, "customer": None}), Contact("Alex Rivera", self.email, None))

    def read_id(self, shop_id: str) -> LiveOrder | None:
        return self.read(f"CC-{shop_id}", fresh=True)


@pytest.fixture
def orders() -> ShopOrders:
    """A shop with one card."""
    shop = ShopOrders()
    shop.rows[CARD] = an_order_row()
    return shop


@pytest.fixture
def shop(services: Services, orders: ShopOrders) -> Services:
    """Services that read their orders there; the store is empty."""
    return replace(services, orders=orders)


def stored(services: Services, number: str = CARD) -> Any:
    with services.unit_of_work() as uow:
        return uow.orders.find(number)


def test_an_order_is_found_when_somebody_asks_for_it(shop: Services, orders: ShopOrders) -> None:
    assert stored(shop) is None
    verified(shop)
    quote = quoted(shop)
    assert quote.case.state is CaseState.QUOTED
    assert confirmed(shop, quote).status is ConfirmationStatus.CONFIRMED
    assert orders.reads == [(CARD, False), (CARD, False), (CARD, True)]


def test_what_changed_in_the_shop_before_the_yes_makes_a_new_quote(shop: Services, orders: ShopOrders) -> None:
    verified(shop)
    quote = quoted(shop)
    orders.rows[CARD]["remaining_balance"] = "31.50"
    done = confirmed(shop, quote)
    assert done.status is ConfirmationStatus.CHANGED and done.decision.result["refund"] == "27.72"


@pytest.mark.parametrize("change", [{"status": "refunded"}, {"dispute_open": True}, {"status": "cancelled"}])
def test_what_the_shop_says_before_the_yes_forbids_the_refund(
    shop: Services, orders: ShopOrders, change: dict[str, Any]
) -> None:
    verified(shop)
    quote = quoted(shop)
    orders.rows[CARD].update(change)
    done = confirmed(shop, quote)
    assert done.status is ConfirmationStatus.CHANGED
    assert done.case.state in (CaseState.DECLINED, CaseState.IN_REVIEW)


@pytest.mark.parametrize("error", [Unavailable("ledger_silent"), Rejected("unknown_order")])
def test_without_the_shop_nothing_is_confirmed_and_nothing_has_changed(
    shop: Services, orders: ShopOrders, error: Exception
) -> None:
    verified(shop)
    quote = quoted(shop)
    orders.error = error
    with pytest.raises(type(error)):
        confirmed(shop, quote)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.QUOTED and file.steps == [] and len(file.decisions) == 1
    for call in (quoted, cancelled):
        with pytest.raises(type(error)):
            call(shop)


def test_an_order_that_the_shop_has_no_more_is_not_decided(shop: Services, orders: ShopOrders) -> None:
    verified(shop)
    quote = quoted(shop)
    orders.rows.clear()
    with pytest.raises(Rejected):
        confirmed(shop, quote)


def test_a_yes_that_was_recorded_asks_the_shop_no_more(shop: Services, orders: ShopOrders) -> None:
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    orders.error = Unavailable("ledger_silent")
    assert confirmed(shop, quote).status is ConfirmationStatus.ALREADY


def test_whoever_is_locked_out_asks_the_shop_for_nothing(shop: Services, orders: ShopOrders) -> None:
    from bot.cases.identity.verification import VerificationStatus, verify

    for message in range(5):
        done = verify(
            shop, conversation_id="talk", message_id=f"m{message}", order_number=CARD, email="eve@example.com"
        )
    assert done.status is VerificationStatus.LOCKED and len(orders.reads) == shop.verification_tries


def test_before_it_is_paid_the_order_is_read_once_more(shop: Services, orders: ShopOrders, clock: Clock) -> None:
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    orders.rows[CARD]["dispute_open"] = True
    work(shop, clock)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW
    assert [step.step for step in file.steps] == [Step.STOP_SERVICE, Step.ASSESS]


def test_a_shop_that_is_down_before_the_payment_is_waited_for(shop: Services, orders: ShopOrders, clock: Clock) -> None:
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    orders.error = Unavailable("ledger_silent")
    work(shop, clock)
    waiting = case_file(shop, quote.case.reference).steps[-1]
    assert (waiting.step, waiting.state) == (Step.ASSESS, StepState.WAITING)
    orders.error = None
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE


def test_a_service_that_we_stopped_is_cancelled_in_the_shop_and_still_refunded(
    shop: Services, orders: ShopOrders, clock: Clock
) -> None:
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    stop = shop.gateway.stop_service

    def stop_there(number: str, *, key: str) -> None:
        stop(number, key=key)
        orders.rows[CARD]["status"] = "cancelled"

    shop.gateway.stop_service = stop_there  # type: ignore[method-assign]
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE


def test_an_old_state_of_the_shop_makes_no_second_refund_possible(
    shop: Services, orders: ShopOrders, clock: Clock
) -> None:
    verified(shop)
    confirmed(shop, quoted(shop))
    work(shop, clock)
    assert order_status(shop) is OrderStatus.REFUNDED  # the shop still says "active"
    sync_order(shop, CARD, fresh=True)
    assert order_status(shop) is OrderStatus.REFUNDED
    assert quoted(shop).case.state is CaseState.DECLINED


def test_an_old_state_of_the_shop_undoes_no_cancellation_and_no_waiting_refund(
    shop: Services, orders: ShopOrders
) -> None:
    orders.rows["CC-104244"] = an_order_row("CC-104244", **PLAN)
    verified(shop)
    verified(shop, number="CC-104244")
    confirmed(shop, cancelled(shop, "CC-104244"))
    sync_order(shop, "CC-104244", fresh=True)
    assert order_status(shop, "CC-104244") is OrderStatus.CANCELLED
    confirmed(shop, quoted(shop))
    sync_order(shop, CARD, fresh=True)
    assert order_status(shop) is OrderStatus.REFUND_PENDING


def test_while_a_case_is_open_its_figures_stay_and_only_what_forbids_it_is_taken(
    shop: Services, orders: ShopOrders
) -> None:
    verified(shop)
    confirmed(shop, quoted(shop))
    orders.rows[CARD].update(remaining_balance="1.00", dispute_open=True)
    sync_order(shop, CARD, fresh=True)
    assert stored(shop).order.remaining_balance == Decimal("50.00") and stored(shop).order.dispute_open is True
    orders.rows[CARD]["status"] = "refunded"
    sync_order(shop, CARD, fresh=True)
    assert order_status(shop) is OrderStatus.REFUNDED


def test_a_refund_made_elsewhere_outlives_a_request_that_is_taken_back(shop: Services, orders: ShopOrders) -> None:
    verified(shop)
    quote = quoted(shop)
    confirmed(shop, quote)
    orders.rows[CARD]["status"] = "refunded"
    sync_order(shop, CARD, fresh=True)
    take_back(shop, conversation_id="talk", reference=quote.case.reference)
    assert order_status(shop) is OrderStatus.REFUNDED


def test_usage_and_disputes_known_from_elsewhere_are_not_forgotten(shop: Services, orders: ShopOrders) -> None:
    store_order(shop, used=True, dispute_open=True)
    sync_order(shop, CARD, fresh=True)
    assert (stored(shop).order.used, stored(shop).order.dispute_open) == (True, True)


def test_a_balance_that_the_shop_does_not_know_stays_as_it_was(shop: Services, orders: ShopOrders) -> None:
    store_order(shop, remaining_balance="31.50")
    orders.rows[CARD]["remaining_balance"] = None
    sync_order(shop, CARD, fresh=True)
    assert stored(shop).order.remaining_balance == Decimal("31.50")


def test_who_was_erased_stays_erased(shop: Services, orders: ShopOrders) -> None:
    verified(shop)
    erase(shop, "alex@example.com")
    sync_order(shop, CARD, fresh=True)
    order = stored(shop)
    with shop.unit_of_work() as uow:
        assert uow.customers.find(order.customer_id) is None and uow.customers.contact(order.id) is None
        assert uow.customers.by_email("alex@example.com") is None


# Events of a payment system


class Payments:
    """A payment system whose state tests set."""

    def __init__(self, state: PaymentState | None) -> None:
        self.state = state
        self.error: Exception | None = None

    def read(self, event: Any) -> PaymentState | None:
        if self.error is not None:
            raise self.error
        return self.state


def event(services: Services, event_id: str = "evt_1") -> bool:
    return take_payment_event(services, "stripe", {"id": event_id})


@pytest.fixture
def payments(alex: Services) -> tuple[Services, Payments]:
    """Alex's card, and a payment system."""
    reader = Payments(PaymentState(CARD, dispute_open=True))
    return replace(alex, payments=reader), reader


def test_a_dispute_is_noted_and_ends_when_it_is_won(payments: tuple[Services, Payments]) -> None:
    services, reader = payments
    assert event(services) is True and stored(services).order.dispute_open is True
    assert quoted(services).case.state is CaseState.IN_REVIEW
    reader.state = PaymentState(CARD, dispute_open=False)
    assert event(services, "evt_2") is True and stored(services).order.dispute_open is False


def test_an_event_is_taken_once_and_one_that_could_not_be_read_is_not_taken(
    payments: tuple[Services, Payments], clock: Clock
) -> None:
    services, reader = payments
    reader.error = Unavailable("ledger_silent")
    with pytest.raises(Unavailable):
        event(services)
    reader.error = None
    assert event(services) is True
    reader.state = PaymentState(CARD, dispute_open=False)
    assert event(services) is False and stored(services).order.dispute_open is True
    clock.passes(days=31)
    assert event(services, "evt_2") is True and event(services) is True  # forgotten after a month


def test_a_refund_or_cancellation_there_becomes_the_order_s_status(payments: tuple[Services, Payments]) -> None:
    services, reader = payments
    reader.state = PaymentState(CARD, cancelled=True)
    event(services)
    assert order_status(services) is OrderStatus.CANCELLED
    reader.state = PaymentState(CARD, refunded=True)
    event(services, "evt_2")
    assert order_status(services) is OrderStatus.REFUNDED
    reader.state = PaymentState(CARD, cancelled=True)
    event(services, "evt_3")
    assert order_status(services) is OrderStatus.REFUNDED


def test_the_end_of_a_subscription_that_we_cancelled_does_not_stop_its_refund(
    payments: tuple[Services, Payments], clock: Clock
) -> None:
    services, reader = payments
    reader.state = PaymentState(CARD, cancelled=True)
    quote = quoted(services)
    confirmed(services, quote)
    stop = services.gateway.stop_service

    def stop_there(number: str, *, key: str) -> None:
        stop(number, key=key)
        event(services)

    services.gateway.stop_service = stop_there  # type: ignore[method-assign]
    work(services, clock)
    assert case_file(services, quote.case.reference).case.state is CaseState.DONE


def test_a_refund_that_comes_back_after_it_was_done_is_given_to_a_person(
    payments: tuple[Services, Payments], clock: Clock
) -> None:
    services, reader = payments
    reader.state = None
    quote = quoted(services)
    confirmed(services, quote)
    (waiting,) = case_file(services, quote.case.reference).steps
    reader.state = PaymentState(CARD, failed=waiting.key)
    event(services, "evt_0")
    with services.unit_of_work() as uow:
        assert uow.cases.open_question("talk") is None, "it is still being carried out"
    reader.state = None
    work(services, clock)
    done = case_file(services, quote.case.reference)
    assert done.case.state is CaseState.DONE
    reader.state = PaymentState(CARD, failed="another key")
    event(services, "evt_1")
    with services.unit_of_work() as uow:
        assert uow.cases.open_question("talk") is None
    reader.state = PaymentState(CARD, failed=next(step.key for step in done.steps if step.step is Step.REFUND))
    assert event(services, "evt_2") is True and event(services, "evt_2") is False
    with services.unit_of_work() as uow:
        case = uow.cases.open_question("talk")
        assert case is not None and (handoff := uow.handoffs.of_case(case.id)) is not None
    assert handoff.facts["reference"] == quote.case.reference and "did not reach" in handoff.facts["error"]
    assert case_file(services, quote.case.reference).case.state is CaseState.DONE


@pytest.mark.parametrize("state", [None, PaymentState("CC-999999", refunded=True)])
def test_an_event_about_nothing_of_ours_changes_nothing(
    payments: tuple[Services, Payments], state: PaymentState | None
) -> None:
    services, reader = payments
    reader.state = state
    assert event(services) is True and order_status(services) is OrderStatus.ACTIVE

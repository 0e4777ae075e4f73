"""A shipped card: it comes back first, and the refund is processed from the day that it arrived (R4, R5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.customer.offers import offers
from bot.cases.customer.quotes import ConfirmationStatus
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.views import desk_case
from bot.cases.desk.work import record_return
from bot.cases.errors import BadText, MoveNotAllowed, NotAllowed
from bot.cases.model import Agent, Case, CaseState, Cause, CustomerReason, Verdict
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from tests.cases.deciding import accepted, changed, decided, refunds
from tests.cases.gateways import FaultyGateway, ledger_entries
from tests.cases.test_execution import cancelled, work
from tests.cases.test_quotes import case_file, changed_order, confirmed, order_status, quoted
from tests.desk_builders import a_conversation, an_agent, said, taken, the_case
from tests.store_builders import Clock, problems, store_order


@pytest.fixture
def shop(alex: Services, faulty: FaultyGateway) -> Services:
    """Alex's card was shipped."""
    a_conversation(alex)
    store_order(alex, shipped=True)
    return replace(alex, gateway=faulty)


@pytest.fixture
def case(shop: Services, dana: Agent) -> Case:
    """A confirmed refund of 44.00 whose card is on its way back; Dana has it."""
    done = confirmed(shop, quoted(shop))
    assert done.case.state is CaseState.AWAITING_RETURN and done.case.return_number
    return taken(shop, dana, done.case)


def test_a_complete_card_starts_the_refund_and_its_days(shop: Services, dana: Agent, case: Case, clock: Clock) -> None:
    clock.passes(days=7)
    work(shop, clock)
    assert ledger_entries(shop) == [], "nothing before it is back"
    assert desk_case(shop, case.reference).may >= {"return"}

    back = record_return(shop, dana, case.reference, True)

    assert back.state is CaseState.DONE and refunds(shop) == [(Decimal(44), "wallet")]
    states = [entry.to_state.value for entry in case_file(shop, case.reference).log]
    assert states == ["quoted", "awaiting_return", "received", "executing", "done"]
    first = case_file(shop, case.reference).steps[0]
    assert first.payload == {"process_by": "2026-05-22"}, "the seventh working day after May 13"
    assert "May 22" in said(shop)[-1].text and order_status(shop) is OrderStatus.REFUNDED
    with pytest.raises(MoveNotAllowed):
        record_return(shop, dana, case.reference, True)


def test_an_incomplete_card_goes_to_a_person_who_decides(shop: Services, dana: Agent, case: Case, clock: Clock) -> None:
    with pytest.raises(BadText, match="missing"):
        record_return(shop, dana, case.reference, False, " ")
    record_return(shop, dana, case.reference, False, "The sleeve is missing.")
    file = case_file(shop, case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert (file.handoff.cause, file.handoff.facts["text"]) == (Cause.RETURN, "The sleeve is missing.")
    assert "sleeve" in said(shop)[-1].text
    work(shop, clock)
    assert ledger_entries(shop) == []

    decision = changed(shop, dana, case, "40.00")
    (offer,) = offers(shop, conversation_id="talk")
    assert not offer.needs_return and offer.process_by is not None, "the card is here already"
    assert accepted(shop, decision).state is CaseState.CONFIRMED
    work(shop, clock)
    assert refunds(shop) == [(Decimal(40), "wallet")]


def test_what_an_agent_offers_for_a_shipped_card_waits_for_the_card(shop: Services, dana: Agent, clock: Clock) -> None:
    case = quoted(shop, reason=CustomerReason.SERVICE_FAULT).case
    decision = changed(shop, dana, case, "30.00")
    (offer,) = offers(shop, conversation_id="talk")
    assert offer.needs_return and offer.process_by is None and "send the card back" in said(shop)[-1].text
    waiting = accepted(shop, decision)
    assert waiting.state is CaseState.AWAITING_RETURN and waiting.return_number
    assert accepted(shop, decision) == waiting
    work(shop, clock)
    assert ledger_entries(shop) == []
    assert record_return(shop, dana, case.reference, True).state is CaseState.DONE
    assert refunds(shop) == [(Decimal(30), "wallet")] and problems(shop) == []


def test_a_card_used_before_it_came_back_is_quoted_anew_and_need_not_come_back_again(
    shop: Services, faulty: FaultyGateway, dana: Agent, case: Case, clock: Clock
) -> None:
    changed_order(shop, remaining_balance=Decimal("40.00"))
    record_return(shop, dana, case.reference, True)
    assert the_case(shop, case.reference).state is CaseState.QUOTED and refunds(shop) == []
    done = confirmed(shop, quoted(shop))
    assert (done.status, done.case.state) == (ConfirmationStatus.CONFIRMED, CaseState.CONFIRMED)
    work(shop, clock)
    assert refunds(shop) == [(Decimal("35.20"), "wallet")]


def test_a_used_card_that_an_agent_had_decided_goes_back_to_the_person(
    shop: Services, dana: Agent, clock: Clock
) -> None:
    case = quoted(shop, reason=CustomerReason.SERVICE_FAULT).case
    accepted(shop, changed(shop, dana, case, "30.00"))
    changed_order(shop, remaining_balance=Decimal("40.00"))
    record_return(shop, dana, case.reference, True)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW and refunds(shop) == []


@pytest.mark.parametrize("status", [OrderStatus.REFUNDED, OrderStatus.REFUND_PENDING, OrderStatus.TERMINATED])
def test_an_order_that_ended_meanwhile_goes_to_a_person(
    shop: Services, dana: Agent, case: Case, clock: Clock, status: OrderStatus
) -> None:
    changed_order(shop, status=status)
    record_return(shop, dana, case.reference, True)
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW and ledger_entries(shop) == []


def test_a_cancellation_while_the_card_travels_is_for_a_person(shop: Services, dana: Agent, case: Case) -> None:
    confirmed(shop, cancelled(shop))
    record_return(shop, dana, case.reference, True)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW and refunds(shop) == []


def test_only_who_has_the_case_records_it_and_only_while_it_waits(shop: Services, dana: Agent, case: Case) -> None:
    with pytest.raises(NotAllowed):
        record_return(shop, an_agent(shop, "kim"), case.reference, True)
    take_back(shop, conversation_id="talk", reference=case.reference)
    with pytest.raises(MoveNotAllowed):
        record_return(shop, dana, case.reference, True)
    assert ledger_entries(shop) == []


def test_an_incomplete_card_may_be_declined(shop: Services, dana: Agent, case: Case, clock: Clock) -> None:
    record_return(shop, dana, case.reference, False, "It is another card.")
    values: dict[str, Any] = {"reason": "Another card came back."}
    decided(shop, dana, case, Verdict.DECLINE, **values)
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.REFUSED_BY_AGENT and ledger_entries(shop) == []

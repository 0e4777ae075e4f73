"""The company's order to end a service: at once, without a refund, by a lead or an admin, with a reason (C1, C2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.cases.desk.work import cancel_for_violation
from bot.cases.errors import BadText, MoveNotAllowed, NotAllowed, UnknownCase
from bot.cases.model import Agent, CaseKind, CaseState, Role, Verdict
from bot.cases.ports.billing import Unavailable
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from tests.cases.deciding import accepted, changed, decided, refunds
from tests.cases.gateways import FaultyGateway, ledger_entries
from tests.cases.test_execution import cancelled, work
from tests.cases.test_quotes import case_file, confirmed, order_status, quoted
from tests.desk_builders import a_conversation, an_agent, in_review, said, the_case
from tests.store_builders import PLAN, Clock, problems, store_order

NUMBER = "CC-104233"


@pytest.fixture
def shop(alex: Services, faulty: FaultyGateway) -> Services:
    a_conversation(alex)
    return replace(alex, gateway=faulty)


@pytest.fixture
def lee(shop: Services) -> Agent:
    return an_agent(shop, "lee", Role.LEAD)


def test_a_plan_ends_at_once_and_its_agreement_with_the_cycle(shop: Services, lee: Agent) -> None:
    store_order(shop, "CC-104244", **PLAN)
    case = cancel_for_violation(shop, lee, "CC-104244", "It was resold.")
    assert (case.kind, case.state) == (CaseKind.CANCEL, CaseState.DONE)
    assert ledger_entries(shop, "CC-104244") == [
        ("stop_service", None, None, None),
        ("end_agreement", None, None, date(2026, 5, 31)),
    ]
    with shop.unit_of_work() as uow:
        stored = uow.orders.find("CC-104244")
    assert stored is not None and stored.order.status is OrderStatus.TERMINATED
    assert stored.cancelled_at == shop.clock() and stored.agreement_ends_on == date(2026, 5, 31)
    file = case_file(shop, case.reference)
    (ordered,) = file.agent_decisions
    assert (ordered.verdict, ordered.agent_name, ordered.reason) == (Verdict.TERMINATE, "Lee", "It was resold.")
    assert ordered.refund is None and file.decisions[0].result["refund"] == "0.00"
    assert file.log[0].actor == "agent lee" and problems(shop) == []
    assert case.conversation_id == "talk" and "It was resold." in said(shop)[-1].text


def test_nothing_is_refunded_afterwards_by_the_policy(shop: Services, lee: Agent) -> None:
    cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    quote = quoted(shop)
    assert quote.case.state is CaseState.DECLINED and quote.decision is not None
    assert quote.decision.result["clauses"] == ["C2"]


def test_an_agent_may_not_and_a_reason_is_needed(shop: Services, lee: Agent) -> None:
    with pytest.raises(NotAllowed, match="lead or admin"):
        cancel_for_violation(shop, an_agent(shop), NUMBER, "Fraud.")
    with pytest.raises(BadText):
        cancel_for_violation(shop, lee, NUMBER, " ")
    with pytest.raises(UnknownCase):
        cancel_for_violation(shop, lee, "CC-999999", "Fraud.")
    assert order_status(shop) is OrderStatus.ACTIVE and ledger_entries(shop) == []


def test_open_quotes_are_closed_and_their_yes_does_nothing(shop: Services, lee: Agent, clock: Clock) -> None:
    refund, cancel = quoted(shop), cancelled(shop)
    cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    assert the_case(shop, refund.case.reference).state is CaseState.WITHDRAWN
    assert the_case(shop, cancel.case.reference).state is CaseState.WITHDRAWN
    confirmed(shop, refund)
    work(shop, clock)
    assert refunds(shop) == []


def test_a_refund_that_was_overtaken_is_not_carried_out_beside_what_a_person_decides(
    shop: Services, lee: Agent, clock: Clock
) -> None:
    case = confirmed(shop, quoted(shop)).case
    cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    accepted(shop, changed(shop, lee, case, "10.00"))
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.DONE and refunds(shop) == [(Decimal(10), "wallet")]


@pytest.mark.parametrize("offered", [True, False])
def test_a_refund_that_was_confirmed_or_offered_goes_to_a_person(
    shop: Services, lee: Agent, clock: Clock, offered: bool
) -> None:
    if offered:
        decision = decided(shop, lee, case := in_review(shop))
    else:
        case = confirmed(shop, quoted(shop)).case
    cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW and refunds(shop) == []
    if offered:
        with pytest.raises(MoveNotAllowed):
            accepted(shop, decision)
    assert order_status(shop) is OrderStatus.TERMINATED


def test_what_is_being_carried_out_is_waited_for(
    shop: Services, faulty: FaultyGateway, lee: Agent, clock: Clock
) -> None:
    faulty.before["refund"] = [Unavailable("ledger_silent")]
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    with pytest.raises(MoveNotAllowed, match="carried out"):
        cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    work(shop, clock)
    with pytest.raises(MoveNotAllowed, match="ended already"):
        cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    assert refunds(shop) == [(Decimal(44), "wallet")]


def test_a_service_ends_once(shop: Services, lee: Agent) -> None:
    cancel_for_violation(shop, lee, NUMBER, "Fraud.")
    with pytest.raises(MoveNotAllowed, match="ended already"):
        cancel_for_violation(shop, lee, NUMBER, "Fraud.")


def test_an_order_of_nobody_here_is_ended_too(shop: Services, lee: Agent) -> None:
    store_order(shop, "CC-104255", "bella@example.com")
    case = cancel_for_violation(shop, lee, "CC-104255", "Fraud.")
    assert case.state is CaseState.DONE and case.conversation_id == f"desk-{case.reference}"

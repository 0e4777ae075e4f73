"""What agents decide: beside the policy's decision, within limits, not above what was paid, by the customer's yes."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.cases.case.overview import conversation_requests
from bot.cases.customer.offers import offers
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.accounts import change_agent
from bot.cases.desk.views import desk_case, queue
from bot.cases.desk.work import decide_by_agent, second_opinion
from bot.cases.errors import BadAmount, BadText, CaseError, MoveNotAllowed, NotAllowed, UnknownCase
from bot.cases.model import Agent, CaseKind, CaseState, Role, Verdict
from bot.cases.ports.billing import Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination, OrderStatus
from bot.store import tables as t
from tests.cases.deciding import NUMBER, accepted, changed, decided, refunds
from tests.cases.gateways import FaultyGateway, ledger_entries
from tests.cases.test_execution import cancelled, work
from tests.cases.test_quotes import case_file, changed_order, confirmed, order_status, quoted
from tests.desk_builders import a_question, an_agent, in_review, said, taken, the_case
from tests.store_builders import PLAN, Clock, problems, store_order, without_triggers


def test_what_an_agent_approves_is_offered_and_paid_after_the_yes(shop: Services, dana: Agent, clock: Clock) -> None:
    case = in_review(shop)
    decision = decided(shop, dana, case)
    assert (decision.base, decision.fee, decision.refund) == (Decimal(50), Decimal(0), Decimal(50)), "R7b"
    assert decision.final and decision.agent_name == "Dana" and decision.second_id is None
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.APPROVED_BY_AGENT and ledger_entries(shop) == []

    (offer,) = offers(shop, conversation_id="talk")
    assert (offer.refund, offer.currency, offer.destination) == (Decimal(50), "USD", Destination.WALLET)
    assert offer.process_by.isoformat() == "2026-05-15" and not offer.needs_return  # type: ignore[union-attr]
    message = said(shop)[-1]
    assert "$50.00" in message.text and "May 15" in message.text and message.agent_id == dana.id
    yes = message.body["buttons"][0]["payload"]
    assert yes == f"/accept_offer {case.reference} {decision.id}", "a yes to this very decision"
    assert {"label": "You get", "value": "$50.00", "strong": True} in message.body["card"]["rows"]
    assert message.body["card"]["clauses"][-1] == {"id": "R9", "url": "/policy?version=2020-01#R9"}

    assert accepted(shop, decision).state is CaseState.CONFIRMED
    assert order_status(shop) is OrderStatus.REFUND_PENDING and offers(shop, conversation_id="talk") == []
    assert accepted(shop, decision).state is CaseState.CONFIRMED, "yes again"
    work(shop, clock)
    assert the_case(shop, case.reference).state is CaseState.DONE and refunds(shop) == [(Decimal(50), "wallet")]
    assert accepted(shop, decision).state is CaseState.DONE and problems(shop) == []
    states = [entry.to_state.value for entry in case_file(shop, case.reference).log]
    assert states == ["quoted", "in_review", "approved_by_agent", "confirmed", "executing", "done"]


def test_the_agents_decision_stands_beside_the_policys(shop: Services, dana: Agent) -> None:
    case = in_review(shop)
    decision = changed(shop, dana, case, "30.00", fee="5.00", reason="Half of it was used.")
    file = case_file(shop, case.reference)
    assert [stored.result["outcome"] for stored in file.decisions] == ["review", "review"]
    assert decision.decision_id == file.decisions[-1].id and file.agent_decisions == [decision]
    assert (decision.base, decision.reason) == (Decimal(35), "Half of it was used.")
    assert "Half of it was used" in said(shop)[-1].text
    assert "$30.00" in said(shop)[-1].text and "$5.00" in said(shop)[-1].text
    (request,) = conversation_requests(shop, conversation_id="talk")
    assert request.result is not None and request.result["refund"] == "30.00"


@pytest.mark.parametrize("table", [t.agent_decisions, t.second_opinions])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_what_agents_decided(
    shop: Services, dana: Agent, engine: Engine, table: sa.Table, verb: str
) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    second_opinion(shop, an_agent(shop, "lee", Role.LEAD), decided(shop, dana, in_review(shop)).id, True)
    change = table.delete() if verb == "delete" else table.update().values(agent_id=1)
    with pytest.raises(sa.exc.DatabaseError, match="only ever added"), engine.begin() as connection:
        connection.execute(change)


@pytest.mark.parametrize(
    ("change", "said_"),
    [
        (t.agent_decisions.update().values(refund=Decimal("1.00")), "agent_decision 1 has been changed"),
        (t.agent_decisions.update().values(reason="v1.other"), "agent_decision 1 has been changed"),
        (t.second_opinions.update().values(agrees=False), "second_opinion 1 has been changed"),
        (t.second_opinions.delete(), "second_opinion 1 is missing"),
    ],
)
def test_the_audit_finds_what_was_changed_of_them(
    shop: Services, dana: Agent, engine: Engine, change: sa.sql.Executable, said_: str
) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    second_opinion(shop, an_agent(shop, "lee", Role.LEAD), decided(shop, dana, in_review(shop)).id, True)
    assert problems(shop) == []
    without_triggers(engine, lambda connection: connection.execute(change))
    assert any(said_ in problem for problem in problems(shop))


# Sums


@pytest.mark.parametrize(
    ("refund", "fee", "told"),
    [
        ("50.01", "0", "at most"),
        ("45.00", "5.01", "at most"),
        ("0", "0", "more than 0"),
        ("-1", "0", "more than 0"),
        ("10", "-1", "not less than 0"),
        ("NaN", "0", "more than 0"),
        ("10", "Infinity", "not less than 0"),
        ("10.001", "0", "decimals"),
        ("10", "0.005", "decimals"),
        ("1e30", "0", "at most"),
    ],
)
def test_a_sum_that_cannot_be_paid_is_refused(shop: Services, dana: Agent, refund: str, fee: str, told: str) -> None:
    case = in_review(shop)
    with pytest.raises(BadAmount, match=told):
        changed(shop, dana, case, refund, fee=fee)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW
    assert case_file(shop, case.reference).agent_decisions == []


def test_a_currency_without_decimals_has_none(shop: Services, dana: Agent) -> None:
    sums = {"amount_paid": "5000", "original_balance": "5000", "remaining_balance": "5000"}
    store_order(shop, "CC-104244", currency="JPY", **sums)
    case = in_review(shop, "CC-104244")
    with pytest.raises(BadAmount, match="decimals"):
        changed(shop, dana, case, "100.5")
    assert changed(shop, dana, case, "100").refund == Decimal(100)


def test_an_order_is_refunded_once(shop: Services, dana: Agent, clock: Clock) -> None:
    confirmed(shop, quoted(shop))
    question = a_question(shop, number=NUMBER)
    with pytest.raises(MoveNotAllowed, match="already"):
        changed(shop, dana, question, "6.00")
    work(shop, clock)
    with pytest.raises(BadAmount, match=r"At most \$0\.00"):
        changed(shop, dana, question, "6.00")
    assert refunds(shop) == [(Decimal(44), "wallet")]


def test_what_another_case_may_have_paid_counts(
    shop: Services, faulty: FaultyGateway, dana: Agent, clock: Clock
) -> None:
    faulty.after["refund"] = [Unavailable("ledger_silent")] * 2
    quote = quoted(shop)
    confirmed(shop, quote)
    work(shop, clock)
    work(shop, clock)
    take_back(shop, conversation_id="talk", reference=quote.case.reference)
    changed_order(shop, status="active")  # as an import might say
    question = a_question(shop, number=NUMBER)
    with pytest.raises(BadAmount, match=r"At most \$6\.00"):
        changed(shop, dana, question, "6.01")
    assert changed(shop, dana, question, "6.00").final


def test_a_payment_method_that_takes_no_refund_gets_none(shop: Services, dana: Agent) -> None:
    store_order(shop, "CC-104244", payment_method="cash")
    case = in_review(shop, "CC-104244")
    with pytest.raises(BadAmount, match="R9"):
        changed(shop, dana, case, "10.00", destination=Destination.ORIGINAL_PAYMENT_METHOD)
    assert changed(shop, dana, case, "10.00").destination is Destination.WALLET


def test_approving_is_not_possible_where_the_policy_pays_nothing(shop: Services, dana: Agent) -> None:
    question = a_question(shop, number=NUMBER)
    changed_order(shop, remaining_balance=Decimal("10.00"))
    assert desk_case(shop, question.reference).suggestion.refund is None
    with pytest.raises(BadAmount, match="nothing is paid"):
        decided(shop, dana, question)
    with pytest.raises(BadAmount, match="Approving gives"):
        changed_order(shop, remaining_balance=Decimal("50.00"))
        decided(shop, dana, question, refund="10.00")


@pytest.mark.parametrize("verdict", [Verdict.CHANGE, Verdict.DECLINE])
def test_what_differs_from_the_policy_needs_a_reason(shop: Services, dana: Agent, verdict: Verdict) -> None:
    with pytest.raises(BadText, match="reason"):
        decided(shop, dana, in_review(shop), verdict, refund="1.00", reason="  ")


def test_a_person_may_refund_what_the_policy_does_not_and_that_has_a_name_and_a_reason(
    shop: Services, dana: Agent, clock: Clock
) -> None:
    store_order(shop, "CC-104244", **PLAN)
    confirmed(shop, cancelled(shop, "CC-104244"))
    question = a_question(shop, number="CC-104244")
    decision = changed(shop, dana, question, "25.00", reason="The outage was ours.")
    assert case_file(shop, question.reference).decisions[-1].result["clauses"] == ["C2"]
    assert {"id": "C2", "url": "/policy?version=2020-01#C2"} in said(shop)[-1].body["card"]["clauses"]
    assert the_case(shop, question.reference).kind is CaseKind.REFUND
    accepted(shop, decision)
    work(shop, clock)
    assert [entry[0] for entry in ledger_entries(shop, "CC-104244")] == [
        "stop_service",
        "end_agreement",
        "stop_service",
        "refund",
    ], "the agreement has ended already: it is not ended anew"
    assert refunds(shop, "CC-104244") == [(Decimal(25), "wallet")] and problems(shop) == []
    assert (decision.agent_name, decision.reason) == ("Dana", "The outage was ours.")


def test_a_plan_that_is_refunded_by_an_agent_is_stopped_and_its_agreement_ends(
    shop: Services, dana: Agent, clock: Clock
) -> None:
    store_order(shop, "CC-104244", **PLAN, used=True)
    case = quoted(shop, number="CC-104244").case
    accepted(shop, changed(shop, dana, case, "12.50"))
    work(shop, clock)
    assert [entry[0] for entry in ledger_entries(shop, "CC-104244")] == ["stop_service", "end_agreement", "refund"]
    assert refunds(shop, "CC-104244") == [(Decimal("12.50"), "wallet")]


# Who may


def test_above_the_limit_nothing_happens_before_a_second_person(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal("49.99")}))
    kim, lee = an_agent(shop, "kim"), an_agent(shop, "lee", Role.LEAD)
    case = in_review(shop)
    decision = decided(shop, dana, case)
    assert decision.waits and not decision.final
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW and offers(shop, conversation_id="talk") == []
    assert [message.kind.value for message in said(shop)] == ["joined"]
    assert queue(shop)[0].needs_second and "second" in desk_case(shop, case.reference).may
    with pytest.raises(MoveNotAllowed, match="second"):
        decide_by_agent(shop, dana, case.reference, verdict=Verdict.DECLINE, reason="No.")
    with pytest.raises(NotAllowed, match="Somebody else"):
        second_opinion(shop, dana, decision.id, True)
    with pytest.raises(NotAllowed, match="limit"):
        second_opinion(shop, kim, decision.id, True)
    with pytest.raises(MoveNotAllowed, match="anew"):
        accepted(shop, decision)
    with pytest.raises(UnknownCase):
        second_opinion(shop, lee, 99, True)

    agreed = second_opinion(shop, lee, decision.id, True)

    assert agreed.final and (agreed.second_name, agreed.second_agrees) == ("Lee", True)
    assert the_case(shop, case.reference).state is CaseState.APPROVED_BY_AGENT
    assert "$50.00" in said(shop)[-1].text and not queue(shop)[0].needs_second
    with pytest.raises(MoveNotAllowed):
        second_opinion(shop, an_agent(shop, "ada", Role.ADMIN), decision.id, False)


def test_the_first_agent_cannot_agree_with_themselves_after_a_promotion(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    decision = decided(shop, dana, in_review(shop))
    promoted = change_agent(shop, "dana", role=Role.ADMIN)
    with pytest.raises(NotAllowed, match="Somebody else"):
        second_opinion(shop, promoted, decision.id, True)


def test_a_second_person_who_does_not_agree_leaves_it_to_be_decided_again(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(10)}))
    case, lee = in_review(shop), an_agent(shop, "lee", Role.LEAD)
    second_opinion(shop, lee, decided(shop, dana, case).id, False)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW
    assert decide_by_agent(shop, dana, case.reference, verdict=Verdict.CHANGE, refund=Decimal(10), reason="Less.").final


@pytest.mark.parametrize(
    ("role", "currency", "amount", "alone"),
    [
        (Role.AGENT, "USD", "100.00", True),
        (Role.AGENT, "USD", "100.01", False),
        (Role.LEAD, "USD", "500.00", True),
        (Role.LEAD, "USD", "500.01", False),
        (Role.ADMIN, "USD", "5000.00", True),
        (Role.ADMIN, "EUR", "1.00", False),
        (Role.AGENT, "EUR", "1.00", False),
    ],
)
def test_the_limits_of_the_roles(shop: Services, role: Role, currency: str, amount: str, alone: bool) -> None:
    sums = {"amount_paid": "6000.00", "original_balance": "6000.00", "remaining_balance": "6000.00"}
    store_order(shop, "CC-104244", currency=currency, **sums)
    agent = an_agent(shop, "pat", role)
    decision = changed(shop, agent, in_review(shop, "CC-104244"), amount)
    assert decision.final is alone
    if currency == "EUR":
        with pytest.raises(NotAllowed, match="limit"):
            second_opinion(shop, an_agent(shop, "lee", Role.LEAD), decision.id, True)
        assert second_opinion(shop, an_agent(shop, "ada", Role.ADMIN), decision.id, True).final


def test_only_who_has_the_case_decides_and_nobody_who_is_disabled(shop: Services, dana: Agent) -> None:
    case, kim = taken(shop, dana, in_review(shop)), an_agent(shop, "kim")
    with pytest.raises(NotAllowed, match="Take"):
        decide_by_agent(shop, kim, case.reference, verdict=Verdict.APPROVE)
    change_agent(shop, "dana", active=False)
    with pytest.raises(NotAllowed, match="disabled"):
        decide_by_agent(shop, dana, case.reference, verdict=Verdict.APPROVE)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW


def test_deciding_twice_is_refused_also_at_once(shop: Services, dana: Agent) -> None:
    case = taken(shop, dana, in_review(shop))
    came: list[str] = []
    start = threading.Barrier(2)

    def decides(verdict: Verdict) -> None:
        start.wait()
        try:
            decide_by_agent(shop, dana, case.reference, verdict=verdict, reason="So.")
            came.append("decided")
        except CaseError as error:
            came.append(type(error).__name__)

    threads = [threading.Thread(target=decides, args=(verdict,)) for verdict in (Verdict.APPROVE, Verdict.DECLINE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["MoveNotAllowed", "decided"]
    assert len(case_file(shop, case.reference).agent_decisions) == 1


def test_deciding_at_once_what_needs_a_second_person_leaves_one_decision(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    case = taken(shop, dana, in_review(shop))
    start = threading.Barrier(3)

    def decides() -> None:
        start.wait()
        with suppress(MoveNotAllowed):
            decide_by_agent(shop, dana, case.reference, verdict=Verdict.APPROVE)

    threads = [threading.Thread(target=decides) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(case_file(shop, case.reference).agent_decisions) == 1


@pytest.mark.parametrize("limit", ["100", "1"])
def test_a_case_that_was_taken_back_is_not_decided(shop: Services, dana: Agent, limit: str) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(limit)}))
    case = taken(shop, dana, in_review(shop))
    take_back(shop, conversation_id="talk", reference=case.reference)
    with pytest.raises(MoveNotAllowed, match="withdrawn"):
        decide_by_agent(shop, dana, case.reference, verdict=Verdict.APPROVE)


def test_a_decision_that_waits_dies_with_its_case(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    decision = decided(shop, dana, case := in_review(shop))
    take_back(shop, conversation_id="talk", reference=case.reference)
    with pytest.raises(MoveNotAllowed):
        second_opinion(shop, an_agent(shop, "lee", Role.LEAD), decision.id, True)
    assert the_case(shop, case.reference).state is CaseState.WITHDRAWN


def test_a_second_person_does_not_agree_to_what_has_changed(shop: Services, dana: Agent) -> None:
    shop = replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)}))
    decision = decided(shop, dana, in_review(shop))
    changed_order(shop, remaining_balance=Decimal("49.99"))
    with pytest.raises(MoveNotAllowed, match="lower"):
        second_opinion(shop, an_agent(shop, "lee", Role.LEAD), decision.id, True)


def test_a_decline_says_why_in_the_agents_words_with_the_clause(shop: Services, dana: Agent, clock: Clock) -> None:
    case = in_review(shop)
    decided(shop, dana, case, Verdict.DECLINE, reason="No fault was found on our side.")
    assert the_case(shop, case.reference).state is CaseState.REFUSED_BY_AGENT
    message = said(shop)[-1]
    assert "No fault was found" in message.text and message.body["card"]["clauses"][0]["id"] == "R1"
    work(shop, clock)
    assert ledger_entries(shop) == [] and order_status(shop) is OrderStatus.ACTIVE


def test_a_question_is_answered_and_not_declined(shop: Services, dana: Agent) -> None:
    with pytest.raises(MoveNotAllowed, match="close"):
        decided(shop, dana, a_question(shop, number=NUMBER), Verdict.DECLINE, reason="No.")
    with pytest.raises(MoveNotAllowed, match="No verified order"):
        decided(shop, an_agent(shop, "kim"), a_question(shop, "stranger"))


def test_a_decision_of_an_account_that_could_not_is_found_by_the_audit(shop: Services, dana: Agent) -> None:
    lee = an_agent(shop, "lee", Role.LEAD)
    case = in_review(shop)
    decision = decided(replace(shop, limits=replace(shop.limits, agent={"USD": Decimal(1)})), dana, case)
    change_agent(shop, "lee", active=False)
    with shop.unit_of_work() as uow:  # as somebody who goes round the checks
        uow.agent_decisions.add_second_opinion(decision.id, lee.id, shop.clock(), True)
        values = {"decision_id": decision.decision_id, "currency": "USD", "reason": "So.", "needs_second": False}
        uow.agent_decisions.add(case, agent_id=dana.id, at=shop.clock(), verdict=Verdict.TERMINATE, **values)
        uow.commit()
    assert problems(shop) == [
        f"second_opinion {decision.id} is of lee, who was disabled then",
        f"agent_decision {decision.id + 1} is of dana, who was no lead then",
    ]

"""What a person decides about a case: beside the policy's decision, never over it; within limits, or with a second
person; and, where the customer has not confirmed the very same before, only offered to them (R10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.cases.case.clause_links import clause_links
from bot.cases.case.decisions import decide_and_store
from bot.cases.case.moves import move
from bot.cases.case.requests import cancel_request
from bot.cases.case.review import (
    Deal,
    changed_since,
    clauses_of,
    confirmed_deal,
    deal_of_agent,
    drop_steps,
    failed_step,
    may_have_been_paid,
    needs_return,
    payment,
    process_by,
    refundable,
    request_of,
    same_payment,
    terms_of,
)
from bot.cases.conversation.messages import say
from bot.cases.conversation.notices import mail_answer
from bot.cases.customer.withdrawals import release_order
from bot.cases.desk import texts
from bot.cases.desk.accounts import actor, at_work
from bot.cases.desk.assignment import checked_text, taken_case
from bot.cases.desk.second_person import check_independent
from bot.cases.errors import BadAmount, BadText, MoveNotAllowed, NotAllowed, UnknownCase
from bot.cases.model import (
    Agent,
    AgentDecision,
    Author,
    Case,
    CaseKind,
    CaseState,
    CauseCode,
    MoveCause,
    StoredDecision,
    StoredOrder,
    Verdict,
)
from bot.cases.payout.execution import cancel_again, try_again
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import Destination, OrderStatus
from bot.policy.money import Money, is_known, is_payable
from bot.policy.parsing import parse_request
from bot.policy.refunds import sums_if_approved
from bot.wording.decisions import explanation

LONGEST_REASON = 1000
"""Characters."""


def decide_by_agent(
    services: Services,
    agent: Agent,
    reference: str,
    *,
    verdict: Verdict,
    refund: Decimal | None = None,
    fee: Decimal | None = None,
    destination: Destination | None = None,
    reason: str = "",
) -> AgentDecision:
    """Decide a case that the agent has taken.

    APPROVE gives what the policy computes, or what the customer confirmed where carrying it out has failed; CHANGE
    gives ``refund`` after a ``fee`` (default 0), in the order's currency; CHANGE and DECLINE need a ``reason``, which
    the customer reads. What needs a second person waits for them, and nothing happens before.

    A question about an order becomes a request for a refund when one is approved. Raises NotAllowed, MoveNotAllowed
    (decided, taken back or waiting for a second person), BadAmount and BadText.
    """
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        stored = _locked(uow, case)
        agent, case = taken_case(uow, agent, reference)  # again: it may have moved before the lock
        _check_decidable(uow, case, stored, verdict)
        words = checked_text(reason, LONGEST_REASON) if reason.strip() else ""
        if not words and verdict is not Verdict.APPROVE:
            raise BadText("reason_missing")
        deal = _deal(services, uow, case, stored, verdict, refund, fee, destination)
        currency = stored.order.currency
        decision = uow.agent_decisions.add(
            case,
            decision_id=_policy_says(services, uow, case, stored).id,
            agent_id=agent.id,
            at=services.clock(),
            verdict=verdict,
            base=deal.base if deal else None,
            fee=deal.fee if deal else None,
            refund=deal.refund if deal else None,
            currency=currency,
            destination=deal.destination if deal else None,
            reason=words,
            needs_second=deal is not None and services.limits.needs_second(agent.role, deal.refund, currency),
        )
        if decision.final:
            _settle(services, uow, case, stored, agent, decision)
        uow.commit()
    return decision


def second_opinion(services: Services, agent: Agent, decision_id: int, agrees: bool) -> AgentDecision:
    """Agree to what another agent decided, which counts then, or not, so that it has to be decided again. Raises
    UnknownCase, NotAllowed (the first agent, a limit that does not cover the sum, or accounts that one person may be
    behind: see bot.cases.desk.second_person) and MoveNotAllowed."""
    with services.unit_of_work() as uow:
        agent = at_work(uow, agent)
        if not uow.agent_decisions.exists(decision_id):
            raise UnknownCase("no_decision", decision=decision_id)
        decision = uow.agent_decisions.get(decision_id)
        stored = _locked(uow, uow.cases.get(decision.case_id))
        decision, case = uow.agent_decisions.get(decision_id), uow.cases.get(decision.case_id)
        if not decision.waits or case.state is not CaseState.IN_REVIEW:
            raise MoveNotAllowed("waits_no_more")
        _check_second(services, uow, agent, decision)
        if agrees:
            _check_unchanged(services, uow, case, stored, decision)
        uow.agent_decisions.add_second_opinion(decision.id, agent.id, services.clock(), agrees)
        decision = uow.agent_decisions.get(decision.id)
        if decision.final:
            _settle(services, uow, case, stored, agent, decision)
        uow.commit()
    return decision


def check_second_person(services: Services, agent: Agent, decision: AgentDecision) -> None:
    """Raises NotAllowed, with the reason, where the agent may not say anything to that decision."""
    with services.reading() as uow:
        _check_second(services, uow, at_work(uow, agent), decision)


def _check_second(services: Services, uow: Snapshot, agent: Agent, decision: AgentDecision) -> None:
    if agent.id == decision.agent_id:
        raise NotAllowed("somebody_else")
    deal = deal_of_agent(decision)
    if not services.limits.covers(agent.role, deal.refund, deal.currency):
        raise NotAllowed("above_limit", refund=Money(deal.refund, deal.currency))
    check_independent(services, uow, decision.agent_id, agent)


def _locked(uow: UnitOfWork, case: Case) -> StoredOrder:
    if case.order_id is None:
        raise MoveNotAllowed("no_verified_order")
    stored = uow.orders.lock(uow.orders.number_of(case.order_id))
    assert stored is not None
    return stored


def _check_decidable(uow: UnitOfWork, case: Case, stored: StoredOrder, verdict: Verdict) -> None:
    if case.state is not CaseState.IN_REVIEW:
        raise MoveNotAllowed("not_decidable", reference=case.reference, state=case.state.value)
    if any(decision.waits for decision in uow.agent_decisions.of_case(case.id)):
        raise MoveNotAllowed("decision_waits")
    if verdict is Verdict.TERMINATE:
        raise MoveNotAllowed("violation_of_an_order")
    if case.kind is CaseKind.CANCEL and verdict is Verdict.CHANGE:
        raise BadAmount("cancellation_gives_none")
    if case.kind is CaseKind.QUESTION:
        if verdict is Verdict.DECLINE:
            raise MoveNotAllowed("answer_the_question")
        other = uow.cases.open_of_order(stored.id, CaseKind.REFUND)
        if other is not None:
            raise MoveNotAllowed("refund_asked_already", reference=other.reference)


def _deal(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    stored: StoredOrder,
    verdict: Verdict,
    refund: Decimal | None,
    fee: Decimal | None,
    destination: Destination | None,
) -> Deal | None:
    """What the customer gets by the verdict; None for no money. Raises BadAmount, and MoveNotAllowed where another sum
    may have been sent already."""
    sent = payment(uow, case)
    deal = None
    if verdict is Verdict.CHANGE:
        if refund is None:
            raise BadAmount("refund_missing")
        deal = _changed(services, stored, case, refund, fee or Decimal(0), destination)
    elif verdict is Verdict.APPROVE and case.kind is not CaseKind.CANCEL:
        deal = _approved(services, uow, case, stored, destination)
        if (refund is not None and refund != deal.refund) or (fee is not None and fee != deal.fee):
            raise BadAmount("approving_gives", refund=Money(deal.refund, deal.currency))
    if sent is not None and may_have_been_paid(sent) and (deal is None or not same_payment(sent, deal)):
        amount = Money(Decimal(sent.payload["amount"]), sent.payload["currency"])
        raise MoveNotAllowed("may_have_been_sent", amount=amount)
    if deal is not None:
        most = refundable(uow, case, stored)
        if deal.refund > most:
            raise BadAmount("above_refundable", most=Money(most, deal.currency))
    return deal


def _approved(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, destination: Destination | None
) -> Deal:
    confirmed = confirmed_deal(uow, case)
    if confirmed is not None:
        return confirmed if destination is None else replace(confirmed, destination=destination)
    sums = sums_if_approved(request_of(services, uow, case, stored), services.policy)
    if sums is None or sums.refund <= 0:
        raise BadAmount("nothing_by_policy")
    where = _destination(services, stored, case, destination)
    return Deal(sums.base, sums.fee, sums.refund, stored.order.currency, where)


def _changed(
    services: Services,
    stored: StoredOrder,
    case: Case,
    refund: Decimal,
    fee: Decimal,
    destination: Destination | None,
) -> Deal:
    currency = stored.order.currency
    if not is_known(currency):
        raise BadAmount("unknown_currency", currency=currency)
    if not (refund.is_finite() and fee.is_finite() and refund > 0 and fee >= 0):
        raise BadAmount("not_positive")
    if max(refund, fee) > stored.order.amount_paid or refund + fee > stored.order.amount_paid:
        raise BadAmount("above_paid", paid=Money(stored.order.amount_paid, currency))
    if not (is_payable(refund, currency) and is_payable(fee, currency)):
        raise BadAmount("too_many_decimals", currency=currency)
    return Deal(refund + fee, fee, refund, currency, _destination(services, stored, case, destination))


def _destination(services: Services, stored: StoredOrder, case: Case, destination: Destination | None) -> Destination:
    """R9: what was said, as far as the way it was paid takes refunds."""
    takes = terms_of(services, stored).takes_refunds(stored.order.payment_method)
    if destination is Destination.ORIGINAL_PAYMENT_METHOD and not takes:
        raise BadAmount("wallet_only")
    return (destination or case.destination or Destination.WALLET) if takes else Destination.WALLET


def _policy_says(services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder) -> StoredDecision:
    """The policy's decision on the same facts, kept beside the agent's."""
    if case.kind is not CaseKind.CANCEL:
        return decide_and_store(services, uow, case, request_of(services, uow, case, stored))[1]
    if uow.outbox.of_case(case.id):  # confirmed before: what it did to the order is left out
        stored = replace(stored, order=replace(stored.order, status=OrderStatus.ACTIVE))
    return decide_and_store(services, uow, case, cancel_request(services, stored, case.requested_at))[1]


def _check_unchanged(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, decision: AgentDecision
) -> None:
    seen = parse_request(uow.decisions.get(decision.decision_id).inputs)
    problem = changed_since(seen.order, request_of(services, uow, case, stored).order)
    if problem is not None:
        raise MoveNotAllowed("changed_since_decided", because=problem.code.value, **problem.values)


def _settle(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, agent: Agent, decision: AgentDecision
) -> None:
    """Let a final decision count: refuse, offer, or try again what the customer has confirmed already."""
    number = stored.order.number
    beside = uow.decisions.get(decision.decision_id)
    by_policy = beside.result
    cited = clause_links(by_policy["clauses"], beside.policy_version)
    cause = MoveCause(CauseCode.AGENT_DECIDED, {"verdict": decision.verdict.value, "decision": decision.id})
    if not decision.verdict.agrees:
        release_order(uow, case)
        drop_steps(uow, case)
        case = move(services, uow, case, CaseState.REFUSED_BY_AGENT, actor(agent), cause)
        body = texts.declined(case, number, decision.reason, cited)
        _tell(services, uow, case, decision, body)
        return
    failed, confirmed = failed_step(uow, case), confirmed_deal(uow, case)
    deal = None if case.kind is CaseKind.CANCEL else deal_of_agent(decision)
    if case.kind is CaseKind.QUESTION:
        case = uow.cases.change(case.id, kind=CaseKind.REFUND)
    case = move(services, uow, case, CaseState.APPROVED_BY_AGENT, actor(agent), cause)
    if failed is not None and deal == confirmed:
        case = move(services, uow, case, CaseState.EXECUTING, "system", MoveCause(CauseCode.CONFIRMED_BEFORE))
        if deal is None:
            cancel_again(services, uow, failed)
        else:
            try_again(services, uow, failed, decision)
        _tell(services, uow, case, decision, texts.goes_on(case, number, deal))
        return
    if deal is None:
        body = texts.cancel_offer(case, number, explanation(by_policy), cited, decision.id)
    else:
        day = None if needs_return(uow, case, stored) else process_by(services, stored)
        cited = clause_links(clauses_of(by_policy, deal, day is None), beside.policy_version)
        body = texts.offer(case, number, deal, day, cited, decision)
    _tell(services, uow, case, decision, body)


def _tell(services: Services, uow: UnitOfWork, case: Case, decision: AgentDecision, body: texts.Body) -> None:
    said = say(uow, services, case.conversation_id, Author.AGENT, body, agent_id=decision.agent_id)
    mail_answer(services, uow, said)

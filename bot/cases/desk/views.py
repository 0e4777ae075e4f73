"""What the desk shows: the queue, and a case as a file that somebody can decide from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.cases.case.review import confirmed_deal, is_back, is_overdue, may_have_been_paid, payment, request_of
from bot.cases.case.sending import Sending, sending_of
from bot.cases.desk import texts
from bot.cases.errors import UnknownCase
from bot.cases.model import (
    Agent,
    AgentDecision,
    Case,
    CaseFile,
    CaseKind,
    CaseState,
    Cause,
    Handoff,
    Message,
    Note,
    QueueRow,
    Step,
    StepState,
    StoredDecision,
    StoredOrder,
)
from bot.cases.payout_limits import PayoutLimits
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.policy.clauses import has_confirmed_fault
from bot.policy.facts import Order
from bot.policy.money import Money
from bot.policy.refunds import sums_if_approved
from bot.wording import say
from bot.wording.decisions import finding_sentence, name_of
from bot.wording.formats import spoken, spoken_date

WAITING = frozenset({CaseState.IN_REVIEW, CaseState.AWAITING_RETURN})
"""States in which a case waits for the desk."""
TAKEABLE = WAITING | {CaseState.APPROVED_BY_AGENT}
_STUCK = frozenset({Cause.FAILURE, Cause.QUOTE_LEFT, Cause.CHANGED})
"""The customer has confirmed, and has neither service nor money: the most urgent."""
_KINDS = [CaseKind.CANCEL, CaseKind.REFUND, CaseKind.QUESTION]


@dataclass(frozen=True)
class QueueItem:
    """A case that waits for somebody. ``answer_by`` is the business date that the customer was promised; None for a
    card that is on its way back. ``of_stranger``: see is_of_stranger."""

    reference: str
    kind: CaseKind
    state: CaseState
    cause: Cause | None
    order_number: str | None
    waiting_since: datetime
    answer_by: date | None
    overdue: bool
    taken_by: Agent | None
    needs_second: bool
    of_stranger: bool
    conversation_id: str
    summary: str


@dataclass(frozen=True)
class TraceLine:
    """One rule that was looked at: ``clause`` is its id, or several, or empty; ``decided``: it made the outcome."""

    clause: str
    title: str
    text: str
    holds: bool
    decided: bool


@dataclass(frozen=True)
class Suggestion:
    """What the desk proposes: a verb (approve, decline, answer, return, wait), and its effect in money."""

    verb: str
    sentence: str
    refund: Decimal | None
    currency: str | None
    base: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, repr=False)
class DeskCase:
    """A case with all that somebody needs who decides it. Who the customer is, is known where an order is attached."""

    case: Case
    file: CaseFile
    order: Order | None
    order_number: str | None
    customer_name: str | None
    customer_email: str | None
    customer_phone: str | None
    messages: list[Message]
    handoff: Handoff | None
    earlier: list[CaseFile]
    trace: list[TraceLine]
    facts: list[tuple[str, str]]
    open_question: str
    stopped_by: list[str]
    suggestion: Suggestion
    agent_decisions: list[AgentDecision]
    notes: list[Note]
    conversation_agent: Agent | None
    taken_by: Agent | None
    sending: Sending | None
    may: frozenset[str]
    limit: PayoutLimits


def queue(services: Services) -> list[QueueItem]:
    """What waits for the desk: what is stuck first, then cancellations, refunds and questions; then what somebody still
    has, though nothing is to be decided now; then cards on their way back; below all of them what people ask who have
    proven no order. Of each the longest waiting first."""
    now = services.clock()
    today = services.policy.terms_for(now).calendar.business_date(now)
    with services.reading() as uow:
        rows = uow.desk.queue(WAITING)
    return [_item(row, today) for row in sorted(rows, key=_urgency)]


def _urgency(row: QueueRow) -> tuple[bool, int, bool, int, datetime, int]:
    rank = {CaseState.IN_REVIEW: 0, CaseState.AWAITING_RETURN: 2}.get(row.case.state, 1)
    return is_of_stranger(row), rank, row.cause not in _STUCK, _KINDS.index(row.case.kind), row.since, row.case.id


def is_of_stranger(row: QueueRow) -> bool:
    """Whether a case has no order, and nobody has proven one in its conversation."""
    return row.case.order_id is None and not row.verified


def _item(row: QueueRow, today: date) -> QueueItem:
    case = row.case
    answer_by = row.answer_by if case.state is CaseState.IN_REVIEW else None
    return QueueItem(
        reference=case.reference,
        kind=case.kind,
        state=case.state,
        cause=row.cause,
        order_number=row.order_number,
        waiting_since=row.since,
        answer_by=answer_by,
        overdue=answer_by is not None and answer_by < today,
        taken_by=row.taken_by,
        needs_second=row.needs_second,
        of_stranger=is_of_stranger(row),
        conversation_id=case.conversation_id,
        summary=texts.summary(case, row.order_number, row.cause, row.result, row.needs_second),
    )


def desk_case(services: Services, reference: str) -> DeskCase:
    """A case for the desk. Raises UnknownCase."""
    with services.reading() as uow:
        file = uow.case_files.find(reference)
        if file is None:
            raise UnknownCase("no_case", reference=reference)
        case = file.case
        stored = uow.orders.find(file.order_number) if file.order_number else None
        contact = uow.customers.contact(stored.id) if stored else None
        others = uow.personal.cases_of(stored.customer_id) if stored else []
        earlier = [uow.case_files.find(other) for other in others if other != reference]
        conversation = uow.conversations.find(case.conversation_id)
        answering = conversation.agent_id if conversation else None
        newest = file.decisions[-1] if file.decisions else None
        waits = any(decision.waits for decision in file.agent_decisions)
        return DeskCase(
            case=case,
            file=file,
            order=stored.order if stored else None,
            order_number=file.order_number,
            customer_name=contact.name if contact else None,
            customer_email=contact.email if contact else None,
            customer_phone=contact.phone if contact else None,
            messages=uow.messages.of_conversation(case.conversation_id, limit=10_000),
            handoff=file.handoff,
            earlier=[other for other in reversed(earlier) if other is not None],
            trace=_trace(newest),
            facts=[*_facts(services, uow, case, stored), *_added(file.handoff)],
            open_question=texts.open_question(case, file.handoff.cause if file.handoff else None, waits),
            stopped_by=_stopped_by(newest),
            suggestion=_suggestion(services, uow, case, stored),
            agent_decisions=file.agent_decisions,
            notes=file.notes,
            conversation_agent=uow.agents.get(answering) if answering is not None else None,
            taken_by=uow.agents.get(case.agent_id) if case.agent_id is not None else None,
            sending=sending_of(services, uow, case),
            may=_may(case, waits, overdue=is_overdue(uow, case)),
            limit=services.limits,
        )


def _trace(decision: StoredDecision | None) -> list[TraceLine]:
    if decision is None:
        return []
    result = decision.result
    decisive = result.get("explanation") or []
    return [
        TraceLine(
            clause=", ".join(finding["clauses"]),
            title=texts.clause_title(finding["clauses"]),
            text=finding_sentence(finding),
            holds=finding["holds"],
            decided=name_of(finding) in decisive,
        )
        for finding in result.get("trace") or []
    ]


def _stopped_by(decision: StoredDecision | None) -> list[str]:
    if decision is None or decision.result["outcome"] not in ("review", "decline", "already_cancelled"):
        return []
    return list(decision.result["clauses"])


def _facts(services: Services, uow: Snapshot, case: Case, stored: StoredOrder | None) -> list[tuple[str, str]]:
    if stored is None:
        return [(say("fact_customer"), say("fact_not_verified"))]
    order = stored.order
    now = services.clock()
    request = request_of(services, uow, case, stored)
    calendar = services.policy.terms_for(now).calendar
    verified = uow.proofs.of_conversation(case.conversation_id, now).covers(stored)
    steps = uow.outbox.of_case(case.id)
    paid_for = Money(order.amount_paid, order.currency)
    facts = [
        (say("fact_customer"), say("fact_verified" if verified else "fact_verified_before")),
        (say("fact_paid"), say("fact_paid_by", amount=paid_for, method=order.payment_method)),
        (say("fact_ordered"), spoken_date(calendar.business_date(order.placed_at))),
        (say("fact_asked"), spoken_date(calendar.business_date(case.requested_at))),
        (say("fact_order_status"), say("order_status", status=order.status.value)),
        (say("fact_fault"), say("fact_yes" if has_confirmed_fault(request) else "fact_no")),
        (say("fact_refunds_before"), str(request.recent_refunds)),
    ]
    if order.remaining_balance is not None:
        facts.insert(2, (say("fact_remaining"), spoken(order.remaining_balance, order.currency)))
    if order.dispute_open:
        facts.append((say("fact_dispute"), say("fact_dispute_open")))
    if any(step.step is Step.STOP_SERVICE and step.state is StepState.DONE for step in steps):
        facts.append((say("fact_service"), say("fact_service_stopped")))
    paid = payment(uow, case)
    if paid is not None and paid.state is StepState.DEAD:
        came = "fact_payment_unknown" if may_have_been_paid(paid) else "fact_payment_refused"
        facts.append((say("fact_payment"), say(came)))
    if is_back(uow, case):
        facts.append((say("fact_card"), say("fact_card_back")))
    return facts


def _added(handoff: Handoff | None) -> list[tuple[str, str]]:
    """What the customer said of the request since a person has it."""
    return [(say("fact_said_since"), added["text"]) for added in handoff.facts.get("added", [])] if handoff else []


def _suggestion(services: Services, uow: Snapshot, case: Case, stored: StoredOrder | None) -> Suggestion:
    currency = stored.order.currency if stored else None
    if case.state is CaseState.AWAITING_RETURN:
        return Suggestion("return", say("suggest_return"), None, currency)
    if case.state is not CaseState.IN_REVIEW:
        return Suggestion("wait", say("suggest_wait"), None, currency)
    deal = confirmed_deal(uow, case)
    if deal is not None:
        sentence = say("suggest_again", refund=Money(deal.refund, deal.currency))
        return Suggestion("approve", sentence, deal.refund, deal.currency, deal.base, deal.fee)
    if case.kind is CaseKind.CANCEL:
        return Suggestion("approve", say("suggest_cancel"), Decimal(0), currency)
    if stored is None:
        return Suggestion("answer", say("suggest_answer"), None, None)
    sums = sums_if_approved(request_of(services, uow, case, stored), services.policy)
    if sums is not None:
        refund = Money(sums.refund, stored.order.currency)
        if case.kind is CaseKind.QUESTION:
            return Suggestion("answer", say("suggest_answer_or_approve", refund=refund), sums.refund, currency)
        code = "suggest_return_overdue" if is_overdue(uow, case) else "suggest_approve"
        sentence = say(code, refund=refund)
        return Suggestion("approve", sentence, sums.refund, currency, sums.base, sums.fee)
    if case.kind is CaseKind.QUESTION:
        return Suggestion("answer", say("suggest_answer_without_refund"), None, currency)
    return Suggestion("decline", say("suggest_decline"), Decimal(0), currency)


def _may(case: Case, waits_for_second: bool, *, overdue: bool) -> frozenset[str]:
    may = {"note"}
    if case.agent_id is None and case.state in TAKEABLE:
        may.add("take")
    if case.agent_id is not None:
        may |= {"say", "hand_back"}
        if case.state is not CaseState.IN_REVIEW or case.kind is CaseKind.QUESTION:
            may.add("close")
        if case.state is CaseState.AWAITING_RETURN or overdue:
            may |= {"return", "label"}
        if case.state is CaseState.IN_REVIEW and case.order_id is not None and not waits_for_second:
            may.add("decide")
    if case.state is CaseState.IN_REVIEW and waits_for_second:
        may.add("second")
    return frozenset(may)

"""A shipped card on its way back: a person attaches a label, and records that it came, from which day the refund is
processed (R4, R5)."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.cases.case.handoff import save_handoff
from bot.cases.case.moves import move
from bot.cases.case.review import AGENT_DECISION, is_overdue, process_by, refundable, status_before
from bot.cases.conversation.messages import say
from bot.cases.conversation.notices import mail_answer
from bot.cases.desk import texts
from bot.cases.desk.accounts import actor
from bot.cases.desk.assignment import checked_text, taken_case
from bot.cases.errors import BadText, MoveNotAllowed
from bot.cases.model import Agent, AgentDecision, Author, Case, CaseState, Cause, CauseCode, MoveCause, StoredOrder
from bot.cases.payout.execution import PROCESS_BY, carry_out, schedule
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import OrderStatus

LONGEST_LINK = 1_000
_NOT_IN_LINKS = frozenset("<>\"'`\\{}|^")


def record_return(services: Services, agent: Agent, reference: str, complete: bool, text: str = "") -> Case:
    """The card of a case that the agent has taken is back. Complete, its refund is carried out as it was confirmed, and
    its days count from today (R4); incomplete, a person decides, and ``text`` says what is missing.

    An order that was cancelled, refunded or ended meanwhile goes to a person, too. A card that a person had given up
    may still come. Raises NotAllowed, MoveNotAllowed and BadText.
    """
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        if not _waits(uow, case) or case.order_id is None:
            raise MoveNotAllowed("waits_for_no_card", reference=reference)
        stored = uow.orders.lock(uow.orders.number_of(case.order_id))
        assert stored is not None
        agent, case = taken_case(uow, agent, reference)  # again: it may have moved before the lock
        if not _waits(uow, case):
            raise MoveNotAllowed("card_was_recorded", reference=reference)
        if not complete and not text.strip():
            raise BadText("say_what_is_missing")
        words = checked_text(text) if text.strip() else ""
        if case.state is CaseState.IN_REVIEW:
            case = move(services, uow, case, CaseState.AWAITING_RETURN, actor(agent), MoveCause(CauseCode.CARD_LATE))
        by_agent = _agents_decision(uow, case)
        problem = None if complete else MoveCause(CauseCode.CARD_INCOMPLETE)
        if complete and _is_otherwise(uow, case, stored, by_agent):
            problem = MoveCause(CauseCode.CARD_BACK_OTHERWISE, {"status": stored.order.status.value})
        if problem is None:
            case = _received(services, uow, case, stored, agent, by_agent)
        else:
            case = move(services, uow, case, CaseState.IN_REVIEW, actor(agent), problem)
            facts = {"verified": True, "return": problem.to_json(), "text": words}
            save_handoff(services, uow, case, Cause.RETURN, None, facts)
            body = texts.card_is_incomplete(case, words) if not complete else texts.card_is_looked_at(case)
            say(uow, services, case.conversation_id, Author.AGENT, body, agent_id=agent.id)
        uow.commit()
    return carry_out(services, case)


def attach_label(services: Services, agent: Agent, reference: str, link: str) -> Case:
    """Attach the https link of a label for the parcel with the card, in place of an earlier one, and tell the customer.
    The agent has taken the case. Raises NotAllowed, MoveNotAllowed where no card is waited for, and BadText."""
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        if not _waits(uow, case):
            raise MoveNotAllowed("waits_for_no_card", reference=reference)
        link = checked_text(link, LONGEST_LINK)
        if not is_https(link):
            raise BadText("no_https_link")
        case = uow.cases.change(case.id, return_label=link)
        said = say(uow, services, case.conversation_id, Author.AGENT, texts.label_is_here(case), agent_id=agent.id)
        mail_answer(services, uow, said)
        uow.commit()
    return case


def is_https(link: str) -> bool:
    """Whether it is one link that a browser opens encrypted, without a name or a password in it."""
    try:
        parts = urlsplit(link)
        has_host = bool(parts.hostname) and parts.port in (None, *range(1, 65_536))
    except ValueError:
        return False
    is_one = link.isascii() and not any(char.isspace() or char in _NOT_IN_LINKS for char in link)
    return is_one and parts.scheme == "https" and has_host and "@" not in parts.netloc


def _waits(uow: UnitOfWork, case: Case) -> bool:
    return case.state is CaseState.AWAITING_RETURN or is_overdue(uow, case)


def _received(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    stored: StoredOrder,
    agent: Agent,
    by_agent: AgentDecision | None,
) -> Case:
    case = move(services, uow, case, CaseState.RECEIVED, actor(agent), MoveCause(CauseCode.CARD_COMPLETE))
    day = process_by(services, stored)
    carries: dict[str, object] = {PROCESS_BY: day.isoformat()}
    decision = uow.decisions.latest(case.id)
    assert decision is not None
    decision_id = decision.id
    if by_agent is not None:
        carries[AGENT_DECISION] = by_agent.id
        decision_id = by_agent.decision_id
    uow.orders.change(stored.id, status=OrderStatus.REFUND_PENDING)
    schedule(services, uow, case, decision_id, at_once=True, carries=carries)
    say(uow, services, case.conversation_id, Author.AGENT, texts.card_is_back(case, day), agent_id=agent.id)
    return case


def _agents_decision(uow: UnitOfWork, case: Case) -> AgentDecision | None:
    """The agent's decision that the customer confirmed; None where it was the policy's."""
    yes = (CauseCode.CONFIRMED, CauseCode.OFFER_CONFIRMED)
    confirmed = next(entry for entry in reversed(uow.cases.moves(case.id)) if entry.cause.code in yes)
    if confirmed.from_state is not CaseState.APPROVED_BY_AGENT:
        return None
    return uow.agent_decisions.of_case(case.id)[-1]


def _is_otherwise(uow: UnitOfWork, case: Case, stored: StoredOrder, by_agent: AgentDecision | None) -> bool:
    decision = uow.decisions.get(by_agent.decision_id) if by_agent else uow.decisions.latest(case.id)
    assert decision is not None
    seen = OrderStatus(decision.inputs["order"]["status"])
    return status_before(uow, case, stored) is not seen or refundable(uow, case, stored) <= 0

"""What a conversation may see: the requests and the orders that were proven in it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.cases.errors import UnknownCase
from bot.cases.model import Case, CaseKind, CaseState, Handoff, Proven, Step, StepState, StoredDecision
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.policy.facts import Order
from bot.policy.money import plain

WITHDRAWABLE = frozenset(
    {
        CaseState.QUOTED,
        CaseState.CONFIRMED,
        CaseState.AWAITING_RETURN,
        CaseState.IN_REVIEW,
        CaseState.APPROVED_BY_AGENT,
    }
)
"""States in which a customer can still take a request back: nothing has been paid or stopped yet."""


_NOTHING_ASKED = frozenset({CaseState.QUOTED, CaseState.WITHDRAWN})


@dataclass(frozen=True)
class Request:
    """A case, the number of its order, and what was decided last: the policy's result, with an agent's sums where they
    count."""

    case: Case
    order_number: str | None
    result: dict[str, Any] | None

    @property
    def withdrawable(self) -> bool:
        """Whether the customer can still take it back."""
        return self.case.state in WITHDRAWABLE


def conversation_requests(services: Services, *, conversation_id: str) -> list[Request]:
    """The requests for the orders that were proven in this conversation, and its questions to a person; newest
    first."""
    with services.reading() as uow:
        found = []
        proven = uow.proofs.of_conversation(conversation_id, services.clock())
        for case in uow.cases.covered_by(conversation_id, proven):
            number = uow.orders.number_of(case.order_id) if case.order_id is not None else None
            found.append(Request(case, number, _result(uow, case)))
    return found


def _result(uow: Snapshot, case: Case) -> dict[str, Any] | None:
    """The result of the newest decision, with the sums that an agent has decided instead."""
    decision = uow.decisions.latest(case.id)
    agreed = [
        made for made in uow.agent_decisions.of_case(case.id) if made.final and made.verdict.agrees and made.refund
    ]
    if decision is None or not agreed or case.state in (CaseState.IN_REVIEW, CaseState.REFUSED_BY_AGENT):
        return decision.result if decision else None
    sums = {name: plain(getattr(agreed[-1], name), agreed[-1].currency or "") for name in ("base", "fee", "refund")}
    return {**decision.result, **sums}


@dataclass(frozen=True)
class RequestView:
    """One request with everything a customer may see of it. ``refund_open``: a refund of its order is under way."""

    request: Request
    decision: StoredDecision | None
    handoff: Handoff | None
    renewed: bool
    refund_open: bool

    @property
    def case(self) -> Case:
        """The case."""
        return self.request.case


def request_view(services: Services, *, conversation_id: str, reference: str) -> RequestView:
    """The request of that reference. Raises UnknownCase for one that ``conversation_requests`` does not have."""
    known = conversation_requests(services, conversation_id=conversation_id)
    request = next((request for request in known if request.case.reference == reference), None)
    if request is None:
        raise UnknownCase("no_request_here", reference=reference)
    case = request.case
    with services.reading() as uow:
        assessed = [s for s in uow.outbox.of_case(case.id) if s.step is Step.ASSESS and s.state is StepState.DONE]
        refund = uow.cases.open_of_order(case.order_id, CaseKind.REFUND) if case.order_id is not None else None
        return RequestView(
            request,
            uow.decisions.latest(case.id),
            uow.handoffs.of_case(case.id),
            renewed=case.state is CaseState.QUOTED and bool(assessed),
            refund_open=refund is not None and refund.state is not CaseState.QUOTED,
        )


@dataclass(frozen=True)
class RenewedQuote:
    """A refund whose figures changed while it was carried out: it waits for a new yes. Money is in ``currency``."""

    case: Case
    order_number: str
    before: Decimal
    refund: Decimal
    currency: str


def renewed_quotes(services: Services, *, conversation_id: str) -> list[RenewedQuote]:
    """The conversation's quotes that changed after they were confirmed and have not been answered since."""
    found = []
    with services.reading() as uow:
        for case in uow.cases.quoted(conversation_id):
            done = [
                step
                for step in uow.outbox.of_case(case.id)
                if step.step is Step.ASSESS and step.state is StepState.DONE
            ]
            fresh = uow.decisions.latest(case.id)
            if not done or fresh is None or case.order_id is None:
                continue
            before = uow.decisions.get(done[-1].decision_id)
            sums = Decimal(before.result["refund"]), Decimal(fresh.result["refund"])
            found.append(RenewedQuote(case, uow.orders.number_of(case.order_id), *sums, fresh.result["currency"]))
    return found


def customer_orders(services: Services, *, conversation_id: str) -> list[Order]:
    """The orders to pick from, newest first: those of the addresses that were proven in this conversation. Where none
    was, the one order that was proven by itself and for which nothing was asked yet, so that it need not be named
    again."""
    with services.reading() as uow:
        proven = uow.proofs.of_conversation(conversation_id, services.clock())
        if proven.customers:
            return uow.orders.covered_by(Proven(customers=proven.customers))
        asked_for = {case.order_id for case in uow.cases.covered_by("", proven) if case.state not in _NOTHING_ASKED}
        alone = Proven(orders=proven.orders - asked_for)
        return uow.orders.covered_by(alone) if len(alone.orders) == 1 else []

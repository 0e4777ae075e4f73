"""Whether the money can go back at all, and where to: asked before a destination is offered, and again before a service
is stopped for it. Nothing is stopped whose money is then stuck.
"""

from __future__ import annotations

from bot.cases.case.review import deal_of_step
from bot.cases.model import CaseKind, OutboxStep, Step
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.services import Services
from bot.policy import RefundDecision
from bot.policy.decision import FindingCode
from bot.policy.facts import Destination


def open_destinations(services: Services, number: str, decision: RefundDecision) -> frozenset[Destination]:
    """Where the refund of a decision that pays can go, by its terms (R9) and by whoever pays it; at least one. Raises
    Rejected where it can't be paid, or could go nowhere: that is for a person.

    Who pays may not answer while the figures are shown. Then the terms alone count, since they are asked again before
    anything is stopped.
    """
    assert decision.refund is not None
    by_terms = frozenset(Destination)
    if any(finding.code is FindingCode.WALLET_ONLY for finding in decision.trace):
        by_terms = frozenset({Destination.WALLET})
    try:
        able = services.gateway.destinations(number, decision.refund, decision.currency)
    except Unavailable:
        return by_terms
    if not by_terms & able:
        raise Rejected("no_way_back")
    return by_terms & able


def check_before_stop(services: Services, number: str, step: OutboxStep) -> None:
    """The same before the service of a refund is stopped, for the sum and destination that were confirmed. Raises
    Unavailable and Rejected: then it runs on."""
    if step.step is not Step.STOP_SERVICE:
        return
    with services.reading() as uow:
        case = uow.cases.get(step.case_id)
        deal = deal_of_step(uow, case, step) if case.kind is CaseKind.REFUND else None
    if deal is None:
        return
    if deal.destination not in services.gateway.destinations(number, deal.refund, deal.currency):
        raise Rejected("no_way_there", destination=deal.destination.value)

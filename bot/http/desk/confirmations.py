"""What an agent is shown before something that can't be undone: who gets what, in full sentences and sums. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from bot.cases.desk.views import DeskCase
from bot.cases.errors import BadAmount, CaseError
from bot.cases.model import AgentDecision, CaseKind, Verdict
from bot.http.desk.pages import Visit
from bot.http.desk.words import DESTINATIONS, money
from bot.policy.facts import Destination

_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Confirmation:
    """A page that asks once more. ``rows`` are (label, value, whether it matters most), ``fields`` what is sent again
    with the yes."""

    title: str
    sentences: list[str]
    button: str
    fields: dict[str, str] = field(repr=False)
    rows: list[tuple[str, str, bool]] = field(default_factory=list)
    danger: bool = False


@dataclass(frozen=True)
class Wanted:
    """A decision as an agent filled it in. Sums are in the order's currency."""

    verdict: Verdict
    refund: Decimal | None
    fee: Decimal | None
    destination: Destination | None
    reason: str


def read_decision(visit: Visit, seen: DeskCase) -> Wanted:
    """The decision in the sent form. Raises CaseError with what is missing."""
    verdict = next((one for one in Verdict if one.value == visit.field("verdict")), None)
    if verdict is None or verdict is Verdict.TERMINATE:
        raise CaseError("decision_missing")
    reason = visit.field("reason")
    if not reason and verdict is not Verdict.APPROVE:
        raise CaseError("reason_missing_read_later")
    if verdict is Verdict.APPROVE and visit.field("sure") == "yes" and visit.field("refund"):
        # The very sums that were confirmed: if the policy computes others by now, nothing is done.
        sums = _amount(visit, "refund"), _amount(visit, "fee")
        return Wanted(verdict, *sums, seen.case.destination, reason)
    if verdict is not Verdict.CHANGE:
        return Wanted(verdict, None, None, seen.case.destination, reason)
    chosen = visit.field("destination")
    destination = next((one for one in Destination if one.value == chosen), None)
    if destination is None:
        raise CaseError("destination_missing")
    return Wanted(verdict, _amount(visit, "refund"), _amount(visit, "fee"), destination, reason)


def of_decision(visit: Visit, seen: DeskCase, wanted: Wanted) -> Confirmation:
    """Before a decision."""
    order = f"order {seen.order_number}"
    fields = {name: visit.field(name) for name in ("verdict", "refund", "fee", "destination", "reason")}
    reason = [("Reason", wanted.reason, False)] if wanted.reason else []
    if wanted.verdict is Verdict.DECLINE:
        says = [f"The customer is told that the request for {order} is declined, with your reason. Nothing is paid."]
        return Confirmation("Decline this request?", says, "Yes, decline", fields, reason, danger=True)
    if seen.case.kind is CaseKind.CANCEL and wanted.verdict is Verdict.APPROVE:
        says = [f"The customer is asked to confirm that {order} is cancelled. There is no refund (C2)."]
        return Confirmation("Offer this cancellation?", says, "Yes, offer it", fields, reason)
    currency = seen.order.currency if seen.order else ""
    refund, fee = wanted.refund, wanted.fee
    if wanted.verdict is Verdict.APPROVE:
        refund, fee = seen.suggestion.refund, seen.suggestion.fee or Decimal(0)
        if refund is None:
            raise CaseError("nothing_by_policy")
        fields |= {"refund": f"{refund:f}", "fee": f"{fee:f}"}
    rows = [("Fee", money(fee, currency), False)] if fee is not None else []
    if refund is not None and fee is not None:
        rows.insert(0, ("Refund starts from", money(refund + fee, currency), False))
    rows += [("The customer gets", money(refund, currency), True)]
    if wanted.destination is not None:
        rows += [("To", DESTINATIONS[wanted.destination], False)]
    says = [f"The customer gets {money(refund, currency)} for {order}, once they have seen these figures and said yes."]
    if wanted.verdict is Verdict.CHANGE:
        by_policy = seen.suggestion.refund
        says += [
            f"By the policy it would be {money(by_policy, currency)}."
            if by_policy
            else "By the policy nothing is paid."
        ]
    if refund is not None and seen.limit.needs_second(visit.agent.role, refund, currency):
        says += ["This is above your limit: a second person has to agree before the customer is told."]
    return Confirmation("Offer this refund?", says, "Yes, offer it", fields, rows + reason)


def of_opinion(visit: Visit, waiting: AgentDecision) -> Confirmation:
    """Before a second person agrees."""
    says = [f"You agree with what {waiting.agent_name} decided. The customer is told at once."]
    rows = []
    if waiting.refund is not None and waiting.currency is not None:
        rows = [("Fee", money(waiting.fee, waiting.currency), False)] if waiting.fee is not None else []
        rows += [("The customer gets", money(waiting.refund, waiting.currency), True)]
    if waiting.destination is not None:
        rows += [("To", DESTINATIONS[waiting.destination], False)]
    rows += [("Reason", waiting.reason, False)] if waiting.reason else []
    fields = {"decision": str(waiting.id), "agrees": "yes"}
    return Confirmation("Agree with this decision?", says, "Yes, I agree", fields, rows)


def of_return(visit: Visit, seen: DeskCase, complete: bool) -> Confirmation:
    """Before a returned card is recorded. Raises CaseError for an incomplete one of which nothing is said."""
    fields = {"complete": "yes" if complete else "no", "text": visit.field("text")}
    number = seen.case.return_number or seen.case.reference
    if not complete and not fields["text"]:
        raise CaseError("say_what_is_missing")
    if complete:
        says = [
            f"The card of return {number} arrived, complete and as purchased (R5).",
            "The refund that the customer confirmed is processed from now on (R4).",
        ]
        return Confirmation("Record the card as complete?", says, "Yes, it is complete", fields)
    says = [
        f"The card of return {number} arrived, and is not complete (R5). The customer is told, with your words.",
        "Nothing is paid: a person has to decide.",
    ]
    rows = [("Missing", fields["text"], False)]
    return Confirmation("Record the card as incomplete?", says, "Yes, it is incomplete", fields, rows, danger=True)


def of_termination(visit: Visit, seen: DeskCase) -> Confirmation:
    """Before a service is ended for a violation. Raises CaseError without a reason."""
    reason = visit.field("reason")
    if not reason:
        raise CaseError("reason_missing_read_later")
    assert seen.order is not None
    lost = seen.order.remaining_balance
    says = [
        f"The service of order {seen.order.number} stops at once (C1), and nothing is refunded (C2).",
        "The customer is told, with your reason. This can’t be undone.",
    ]
    rows = [("Balance lost", money(lost, seen.order.currency), True)] if lost is not None else []
    rows += [("Reason", reason, False)]
    return Confirmation("End this service?", says, "Yes, end it now", {"reason": reason}, rows, danger=True)


def _amount(visit: Visit, name: str) -> Decimal:
    text = visit.field(name)
    if not _AMOUNT.fullmatch(text):
        raise BadAmount("not_a_number", field=name)
    return Decimal(text)

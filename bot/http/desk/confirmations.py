"""What an agent is shown before something that can't be undone: who gets what, in full sentences and sums. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from bot.cases.desk.views import DeskCase
from bot.cases.errors import BadAmount, CaseError
from bot.cases.model import AgentDecision, CaseKind, Verdict
from bot.http.desk.pages import DeskVisit
from bot.http.desk.words import destination, money
from bot.policy.facts import Destination
from bot.wording import say

_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")


@dataclass(frozen=True)
class ConfirmationPage:
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


def read_decision(visit: DeskVisit, seen: DeskCase) -> Wanted:
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


def of_decision(visit: DeskVisit, seen: DeskCase, wanted: Wanted) -> ConfirmationPage:
    """Before a decision."""
    order = seen.order_number or ""
    fields = {name: visit.field(name) for name in ("verdict", "refund", "fee", "destination", "reason")}
    reason = [(say("label_reason"), wanted.reason, False)] if wanted.reason else []
    if wanted.verdict is Verdict.DECLINE:
        says = [say("confirm_decline", order=order)]
        return ConfirmationPage(
            say("confirm_decline_title"), says, say("confirm_decline_yes"), fields, reason, danger=True
        )
    if seen.case.kind is CaseKind.CANCEL and wanted.verdict is Verdict.APPROVE:
        says = [say("confirm_cancel", order=order)]
        return ConfirmationPage(say("confirm_cancel_title"), says, say("confirm_offer_yes"), fields, reason)
    currency = seen.order.currency if seen.order else ""
    refund, fee = wanted.refund, wanted.fee
    if wanted.verdict is Verdict.APPROVE:
        refund, fee = seen.suggestion.refund, seen.suggestion.fee or Decimal(0)
        if refund is None:
            raise CaseError("nothing_by_policy")
        fields |= {"refund": f"{refund:f}", "fee": f"{fee:f}"}
    rows = [(say("label_fee"), money(fee, currency), False)] if fee is not None else []
    if refund is not None and fee is not None:
        rows.insert(0, (say("label_starts_from"), money(refund + fee, currency), False))
    rows += [(say("confirm_gets"), money(refund, currency), True)]
    if wanted.destination is not None:
        rows += [(say("label_to"), destination(wanted.destination), False)]
    says = [say("confirm_offer", refund=money(refund, currency), order=order)]
    if wanted.verdict is Verdict.CHANGE:
        by_policy = seen.suggestion.refund
        says += [
            say("confirm_by_policy", refund=money(by_policy, currency))
            if by_policy
            else say("confirm_policy_pays_nothing")
        ]
    if refund is not None and seen.limit.needs_second(visit.agent.role, refund, currency):
        says += [say("confirm_above_limit")]
    return ConfirmationPage(say("confirm_offer_title"), says, say("confirm_offer_yes"), fields, rows + reason)


def of_opinion(visit: DeskVisit, waiting: AgentDecision) -> ConfirmationPage:
    """Before a second person agrees."""
    says = [say("confirm_agree", name=waiting.agent_name)]
    rows = []
    if waiting.refund is not None and waiting.currency is not None:
        rows = [(say("label_fee"), money(waiting.fee, waiting.currency), False)] if waiting.fee is not None else []
        rows += [(say("confirm_gets"), money(waiting.refund, waiting.currency), True)]
    if waiting.destination is not None:
        rows += [(say("label_to"), destination(waiting.destination), False)]
    rows += [(say("label_reason"), waiting.reason, False)] if waiting.reason else []
    fields = {"decision": str(waiting.id), "agrees": "yes"}
    return ConfirmationPage(say("confirm_agree_title"), says, say("confirm_agree_yes"), fields, rows)


def of_return(visit: DeskVisit, seen: DeskCase, complete: bool) -> ConfirmationPage:
    """Before a returned card is recorded. Raises CaseError for an incomplete one of which nothing is said."""
    fields = {"complete": "yes" if complete else "no", "text": visit.field("text")}
    number = seen.case.return_number or seen.case.reference
    if not complete and not fields["text"]:
        raise CaseError("say_what_is_missing")
    if complete:
        says = [say("confirm_complete", number=number), say("confirm_complete_next")]
        return ConfirmationPage(say("confirm_complete_title"), says, say("confirm_complete_yes"), fields)
    says = [say("confirm_incomplete", number=number), say("confirm_incomplete_next")]
    rows = [(say("confirm_missing"), fields["text"], False)]
    return ConfirmationPage(
        say("confirm_incomplete_title"), says, say("confirm_incomplete_yes"), fields, rows, danger=True
    )


def of_termination(visit: DeskVisit, seen: DeskCase) -> ConfirmationPage:
    """Before a service is ended for a violation. Raises CaseError without a reason."""
    reason = visit.field("reason")
    if not reason:
        raise CaseError("reason_missing_read_later")
    assert seen.order is not None
    lost = seen.order.remaining_balance
    says = [say("confirm_end", order=seen.order.number), say("confirm_end_next")]
    rows = [(say("label_balance_lost"), money(lost, seen.order.currency), True)] if lost is not None else []
    rows += [(say("label_reason"), reason, False)]
    return ConfirmationPage(
        say("confirm_end_title"), says, say("confirm_end_yes"), {"reason": reason}, rows, danger=True
    )


def _amount(visit: DeskVisit, name: str) -> Decimal:
    text = visit.field(name)
    if not _AMOUNT.fullmatch(text):
        raise BadAmount("not_a_number", field=name)
    return Decimal(text)

"""From a case to what its page shows: a title, sentences, rows, and what can be done next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bot.cases.case.clause_links import policy_path
from bot.cases.case.overview import RequestView
from bot.cases.case.requests import order_view, preview_refund, question_that_matters
from bot.cases.conversation.hours import hours_notice
from bot.cases.customer.offers import offers
from bot.cases.customer.receipts import Agreed, Receipt, agreed_in, receipt_of, receipt_path, terms_of_version
from bot.cases.customer.wording import (
    base_rows,
    business_day,
    destination_words,
    state_words,
    what_stops,
    what_would_help,
)
from bot.cases.model import Author, CaseKind, CaseState, Cause, Message
from bot.cases.services import Services
from bot.http.pages.forms import Task, reason_words
from bot.policy.facts import Destination, Reason
from bot.policy.parsing import parse_order
from bot.wording import DEFAULT, say
from bot.wording.decisions import explained
from bot.wording.formats import spoken, spoken_date

_S = CaseState
_UNDER_WAY = (_S.CONFIRMED, _S.EXECUTING, _S.DONE, _S.AWAITING_RETURN, _S.RECEIVED)


@dataclass(frozen=True)
class Row:
    """A line of a quote or a record."""

    label: str
    value: str
    strong: bool = False


@dataclass
class CasePage:
    """What the page of one request shows. ``tone`` colours the first sentence: good, wait, or plain."""

    title: str
    lead: list[str] = field(default_factory=list)
    tone: str = ""
    rows: list[Row] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    policy: str = ""
    """Where the clauses are told, in the version that decided."""
    confirm: str = ""
    """What the button that confirms says; empty where there is nothing to confirm here."""
    refuse: str = ""
    decision_id: int = 0
    destinations: list[tuple[str, str]] = field(default_factory=list)
    """The choices of where the money goes, where the customer has to make one."""
    change: str = ""
    """Where the details can be changed."""
    refund_instead: str = ""
    receipt: str = ""
    take_back: bool = False
    person: str = ""
    """What the button to a person says; empty where there is none."""
    with_person: bool = False
    answers: list[Message] = field(default_factory=list)


def case_page(services: Services, conversation_id: str, view: RequestView, said: list[Message]) -> CasePage:
    """The page of a request; ``said`` is the conversation. Raises NotVerified for one whose verification ran out."""
    case = view.case
    receipt = receipt_of(services, case.reference)
    page = _pages(services, conversation_id, view, receipt)
    page.rows.insert(0, Row(say("label_reference"), case.reference))
    if receipt is not None and case.state in _UNDER_WAY:
        page.clauses = [clause.id for clause in receipt.clauses]
        page.policy = policy_path(receipt.agreed.policy_version)
    elif view.decision is not None and case.state not in (_S.WITHDRAWN, _S.APPROVED_BY_AGENT):
        page.clauses = list(view.decision.result["clauses"])
        page.policy = policy_path(view.decision.policy_version)
    if case.conversation_id == conversation_id:
        page.answers = [message for message in said if message.author is Author.AGENT]
    page.receipt = receipt_path(services, case.reference) if receipt else ""
    page.take_back = view.request.withdrawable and not page.confirm and case.state is not _S.QUOTED
    return page


def _pages(services: Services, conversation_id: str, view: RequestView, receipt: Receipt | None) -> CasePage:
    case = view.case
    if case.state is _S.QUOTED:
        own = case.conversation_id == conversation_id
        page = _refund_quote(services, conversation_id, view) if _pays(view) else _cancel_quote(services, view)
        page.change = f"{Task.REFUND.path if _pays(view) else Task.CANCEL.path}?from={case.reference}"
        if not own:
            page.confirm = page.refuse = ""
            page.lead.append(say("page_begun_elsewhere"))
        return page
    if case.state in _UNDER_WAY and receipt is not None:
        return _refund_done(services, view, receipt) if _pays(view) else _cancel_done(view, receipt)
    if case.state is _S.APPROVED_BY_AGENT:
        return _offered(services, conversation_id, view)
    if case.state is _S.DECLINED:
        return _declined(services, conversation_id, view)
    if case.state in (_S.IN_REVIEW, _S.FAILED):
        return _with_person(services, view)
    if case.state is _S.WITHDRAWN:
        return CasePage(say("page_withdrawn_title"), [say("page_withdrawn", reference=case.reference)])
    return CasePage(
        say("page_state_title", state=state_words(case.state)), tone="wait", person=say("page_write_to_person")
    )


def _pays(view: RequestView) -> bool:
    return view.case.kind is CaseKind.REFUND


def _refund_quote(services: Services, conversation_id: str, view: RequestView) -> CasePage:
    assert view.decision is not None and view.request.order_number is not None
    case, result, inputs = view.case, view.decision.result, view.decision.inputs
    refund = _sum(result, "refund")
    page = CasePage(say("page_quote_title", refund=refund), decision_id=view.decision.id)
    if view.renewed:
        page.tone = "wait"
        page.lead.append(say("page_renewed"))
    page.lead.append(explained(result))
    page.lead.append(what_stops(services, inputs))
    page.rows = _order_rows(inputs["order"])
    if case.reason is not None:
        page.rows.append(Row(say("label_reason"), reason_words(case.reason)))
    base = base_rows(result["clauses"], Decimal(result["base"]), parse_order(inputs["order"]))
    page.rows += [
        *(Row(label, value) for label, value in base),
        Row(say("label_fee"), _sum(result, "fee")),
        Row(say("label_refund"), refund, strong=True),
    ]
    matters = question_that_matters(
        services,
        conversation_id=conversation_id,
        order_number=view.request.order_number,
        reason=case.reason.for_policy if case.reason else None,
        destination=None,
        requested_at=case.requested_at,
    )
    if matters == "destination" and case.destination is None:
        page.destinations = [(known.value, say("destination_mine", destination=known.value)) for known in Destination]
    else:
        page.rows.append(Row(say("label_goes_to"), destination_words(case.destination)))
    if result["process_by"]:
        page.rows.append(Row(say("label_processed_by"), _day(result["process_by"])))
    page.confirm, page.refuse = say("page_confirm_refund", refund=refund), say("page_leave_it")
    return page


def _cancel_quote(services: Services, view: RequestView) -> CasePage:
    assert view.decision is not None
    result = view.decision.result
    page = CasePage(say("page_cancel_title"), [explained(result)], decision_id=view.decision.id)
    page.rows = [
        *_order_rows(view.decision.inputs["order"]),
        *_cancel_rows(agreed_in(services, view.case, view.decision, view.decision.decided_at)),
        Row(say("label_refund"), _sum(result, "refund")),
    ]
    if view.refund_open:
        page.lead.append(say("page_refund_stays"))
    else:
        page.refund_instead = _refund_instead(services, view)
    page.confirm, page.refuse = say("page_cancel_now"), say("page_leave_it")
    return page


def _refund_instead(services: Services, view: RequestView) -> str:
    """What a refund would give right now, for someone about to cancel; empty if nothing (C2)."""
    assert view.request.order_number is not None
    preview = preview_refund(
        services,
        conversation_id=view.case.conversation_id,
        order_number=view.request.order_number,
        reason=Reason.CHANGE_OF_MIND,
        destination=None,
        requested_at=view.case.requested_at,
    )
    return spoken(preview.refund, preview.currency) if preview.outcome.pays and preview.refund is not None else ""


def _offered(services: Services, conversation_id: str, view: RequestView) -> CasePage:
    """What a person has approved: it waits for the customer's yes (R10)."""
    waiting = offers(services, conversation_id=conversation_id)
    offer = next((offer for offer in waiting if offer.case.reference == view.case.reference), None)
    if offer is None:
        return CasePage(say("page_state_title", state=state_words(view.case.state)), tone="wait")
    refund = spoken(offer.refund, offer.currency)
    page = CasePage(say("page_approved_title"), tone="good", decision_id=offer.agent_decision_id)
    page.lead = [say("page_approved")]
    page.rows = [Row(say("label_order"), offer.order_number)]
    if offer.destination is None:
        page.rows.append(Row(say("label_refund"), refund))
        page.lead.append(say("page_stops_at_once"))
        page.confirm, page.refuse = say("page_cancel_now"), say("page_something_else")
        return page
    for label, sum_ in ((say("page_starts_from"), offer.base), (say("label_fee"), offer.fee)):
        if sum_ is not None:
            page.rows.append(Row(label, spoken(sum_, offer.currency)))
    page.rows += [
        Row(say("label_refund"), refund, strong=True),
        Row(say("label_goes_to"), destination_words(offer.destination)),
    ]
    if offer.process_by is not None:
        page.rows.append(Row(say("label_processed_by"), spoken_date(offer.process_by)))
    if offer.needs_return:
        page.lead.append(say("page_card_first"))
    if view.decision is not None:
        page.lead.append(what_stops(services, view.decision.inputs))
    page.confirm, page.refuse = say("page_confirm_refund", refund=refund), say("page_something_else")
    return page


def _refund_done(services: Services, view: RequestView, receipt: Receipt) -> CasePage:
    case, agreed = view.case, receipt.agreed
    refund = spoken(agreed.refund or Decimal(0), agreed.currency)
    goes_to = destination_words(agreed.destination)
    page = CasePage(say("page_refund_recorded"), tone="good")
    if case.state is _S.DONE:
        page.title = say("page_refund_paid")
        page.lead = [say("page_refund_went", refund=refund, destination=goes_to)]
    elif case.state in (_S.AWAITING_RETURN, _S.RECEIVED) and receipt.sending is not None:
        days = terms_of_version(services.policy, agreed.policy_version).processing_working_days
        page.lead = [
            say(
                "page_return",
                DEFAULT,
                **receipt.sending.values,
                refund=refund,
                destination=goes_to,
                days=days,
            )
        ]
    else:
        page.lead = [
            say("page_refund_due", refund=refund, destination=goes_to, process_by=agreed.process_by)
            if agreed.process_by
            else say("page_refund_goes", refund=refund, destination=goes_to)
        ]
    page.rows = [
        Row(say("label_order"), receipt.order_number),
        Row(say("label_product"), receipt.product),
        Row(say("label_refund"), refund, strong=True),
        Row(say("label_goes_to"), goes_to),
        Row(say("page_how_far"), state_words(case.state)),
    ]
    return page


def _cancel_done(view: RequestView, receipt: Receipt) -> CasePage:
    lead = [explained(view.decision.result)] if view.decision else []
    page = CasePage(say("page_cancelled_title"), lead, tone="good")
    if view.case.state is not _S.DONE:
        page.title = say("page_cancel_recorded_title")
        page.lead.insert(0, say("page_cancel_recorded"))
    page.rows = [
        Row(say("label_order"), receipt.order_number),
        Row(say("label_product"), receipt.product),
        *_cancel_rows(receipt.agreed),
    ]
    return page


def _declined(services: Services, conversation_id: str, view: RequestView) -> CasePage:
    assert view.decision is not None and view.request.order_number is not None
    number, result = view.request.order_number, view.decision.result
    said = explained(result)
    order = view.decision.inputs["order"]
    if not _pays(view):
        known = order_view(services, conversation_id=conversation_id, order_number=number)
        since = business_day(services.policy, known.cancelled_at) if known.cancelled_at else say("ended_before_records")
        page = CasePage(say("page_needs_no_cancelling"), [f"{said} {say('page_ended_on', since=since)}"])
    else:
        help_ = what_would_help(services.policy, view.case, view.decision.inputs)
        page = CasePage(say("page_declined_title"), [said, help_])
    page.rows = _order_rows(order)
    page.lead.append(say("page_declined"))
    page.person = say("page_ask_person")
    return page


def _with_person(services: Services, view: RequestView) -> CasePage:
    handoff = view.handoff
    page = CasePage(say("page_person_title"), tone="wait", with_person=True, person=say("page_send"))
    if handoff is not None and handoff.cause is Cause.VERIFICATION:
        page.lead.append(say("page_person_verifies"))
    elif handoff is not None and handoff.cause is Cause.REVIEW and view.decision is not None:
        page.title = say("page_person_decides")
        page.lead.append(explained(view.decision.result))
    page.lead.append(say("page_answer_by", answer_by=handoff.answer_by) if handoff is not None else say("page_answer"))
    page.lead += filter(None, [hours_notice(services)])
    page.lead.append(say("page_person_sees"))
    if view.request.order_number:
        page.rows.append(Row(say("label_order"), view.request.order_number))
    return page


def _order_rows(order: dict[str, Any]) -> list[Row]:
    return [Row(say("label_order"), order["number"]), Row(say("label_product"), order["product"])]


def _cancel_rows(agreed: Agreed) -> list[Row]:
    """What ends when, and what is lost."""
    rows = []
    if agreed.agreement_ends_on:
        rows.append(Row(say("label_agreement_ends_on"), spoken_date(agreed.agreement_ends_on)))
    if agreed.next_charge_on:
        rows.append(Row(say("label_first_charge_not_taken"), spoken_date(agreed.next_charge_on)))
    if agreed.balance_lost:
        rows.append(Row(say("label_balance_that_is_lost"), spoken(agreed.balance_lost, agreed.currency), strong=True))
    return rows


def _sum(result: dict[str, Any], key: str) -> str:
    return spoken(Decimal(result[key]), result["currency"])


def _day(text: str) -> str:
    return spoken_date(date.fromisoformat(text))

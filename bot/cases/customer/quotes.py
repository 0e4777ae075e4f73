"""From a request to a confirmed case: quote it in numbers, decide again at the yes, record it once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypedDict

from bot.cases.case.decisions import decide_and_store, same_figures, same_to_customer
from bot.cases.case.handoff import Transcript, save_handoff
from bot.cases.case.moves import move
from bot.cases.case.references import new_reference
from bot.cases.case.requests import cancel_request, channel_of, refund_request
from bot.cases.case.review import is_back
from bot.cases.conversation.notices import queue_notice
from bot.cases.customer.left_quotes import is_stopped, leave
from bot.cases.errors import UnknownCase
from bot.cases.identity.live_orders import sync_order
from bot.cases.identity.verification import verified_order
from bot.cases.model import (
    Case,
    CaseKind,
    CaseState,
    Cause,
    CauseCode,
    CustomerReason,
    Handoff,
    MoveCause,
    NoticeKind,
    StoredDecision,
    StoredOrder,
)
from bot.cases.payout.after_restore import look_up
from bot.cases.payout.execution import carry_out, schedule
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.policy import Outcome, RefundDecision, decide_refund
from bot.policy.facts import CancelRequest, Destination, OrderStatus, Reason, RefundRequest


@dataclass(frozen=True)
class Quote:
    """What the bot may say. ``existing``: another request for the order is under way, and nothing was decided.

    ``unchanged``: the customer was shown the same already.
    ``refund_instead`` is what a refund would give right now, for someone about to cancel; None if nothing.
    """

    case: Case
    decision: StoredDecision | None
    existing: bool = False
    unchanged: bool = False
    handoff: Handoff | None = None
    refund_instead: RefundDecision | None = None


class _Asked(TypedDict, total=False):
    """What a customer has said of a refund."""

    reason: CustomerReason | None
    reason_words: str
    destination: Destination | None


class ConfirmationStatus(str, Enum):
    """What came of a yes."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    ALREADY = "already"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Confirmation:
    """What came of a yes: recorded now, recorded before, or the quote has changed and is to be shown again. ELSEWHERE:
    the order was asked for again in another conversation, and the case is the request that lives there; nothing was
    done."""

    status: ConfirmationStatus
    case: Case
    decision: StoredDecision
    handoff: Handoff | None = None


def quote_refund(
    services: Services,
    *,
    conversation_id: str,
    order_number: str,
    reason: CustomerReason | None,
    reason_words: str,
    destination: Destination | None,
    requested_at: datetime,
    transcript: Transcript,
) -> Quote:
    """Decide a refund and store the decision: quoted, declined, or in review with a handoff. The reason may be None
    where none could change the outcome.

    An open quote of the same conversation is renewed under its reference. Raises NotVerified, and Unavailable or
    Rejected where the shop does not say how the order stands, or after a restore whether it was paid already.
    """
    sync_order(services, order_number)
    look_up(services, order_number)
    values: _Asked = {"reason": reason, "reason_words": reason_words, "destination": destination}
    with services.unit_of_work() as uow:
        stored = verified_order(services, uow, conversation_id, order_number, lock=True)
        asked = {"kind": CaseKind.REFUND, "conversation_id": conversation_id, "requested_at": requested_at, **values}
        if again := _answered_before(uow, stored, asked):
            return again
        case = _open_case(services, uow, stored, CaseKind.REFUND, conversation_id, requested_at, values)
        if case.state is not CaseState.QUOTED:
            return Quote(case, uow.decisions.latest(case.id), existing=True)
        why = reason.for_policy if reason else Reason.OTHER
        request = refund_request(services, uow, stored, why, destination, case.requested_at, case.channel)
        shown = uow.decisions.latest(case.id)
        case, decision, handoff = _decide_and_store(services, uow, case, request, transcript)
        uow.commit()
    return Quote(case, decision, unchanged=shown is not None and same_to_customer(shown, decision), handoff=handoff)


def quote_cancellation(
    services: Services,
    *,
    conversation_id: str,
    order_number: str,
    requested_at: datetime,
    transcript: Transcript,
) -> Quote:
    """Decide a cancellation and store the decision; nothing is cancelled yet. Raises what quote_refund raises."""
    sync_order(services, order_number)
    with services.unit_of_work() as uow:
        stored = verified_order(services, uow, conversation_id, order_number, lock=True)
        asked = {"kind": CaseKind.CANCEL, "conversation_id": conversation_id, "requested_at": requested_at}
        if again := _answered_before(uow, stored, asked):
            return again
        case = _open_case(services, uow, stored, CaseKind.CANCEL, conversation_id, requested_at, {})
        if case.state is not CaseState.QUOTED:
            return Quote(case, uow.decisions.latest(case.id), existing=True)
        request = cancel_request(services, stored, case.requested_at)
        shown = uow.decisions.latest(case.id)
        case, decision, handoff = _decide_and_store(services, uow, case, request, transcript)
        refund = refund_request(services, uow, stored, Reason.CHANGE_OF_MIND, None, case.requested_at, case.channel)
        instead = decide_refund(refund, services.policy)
        under_way = uow.cases.open_of_order(stored.id, CaseKind.REFUND)
        offer = instead.outcome.pays and (under_way is None or under_way.state is CaseState.QUOTED)
        uow.commit()
    unchanged = shown is not None and same_to_customer(shown, decision)
    return Quote(case, decision, unchanged=unchanged, handoff=handoff, refund_instead=instead if offer else None)


def confirm(
    services: Services,
    *,
    conversation_id: str,
    reference: str,
    decision_id: int,
    transcript: Transcript,
    destination: Destination | None = None,
) -> Confirmation:
    """The customer's yes to the quote ``decision_id``: decide again on fresh data, and record it if it still holds.

    What is due at once is carried out before this returns, as far as the gateway answers. Confirming again, from
    another tab or a repeated message, answers ALREADY, and a quote that is another conversation's by now ELSEWHERE.
    ``destination`` is where a refund is to go, if the customer has chosen it beside the figures, which don't depend on
    it (R9). Raises UnknownCase, NotVerified when the verification has run out, and Unavailable or Rejected where the
    shop does not say how the order stands: then nothing has changed.
    """
    since = time.monotonic()
    with services.reading() as uow:
        case = _case_of_order(uow, reference)
        assert case.order_id is not None
        number = uow.orders.number_of(case.order_id)
        verified_order(services, uow, conversation_id, number)
    if case.state is CaseState.QUOTED:
        sync_order(services, number, fresh=True)
    with services.unit_of_work() as uow:
        stored = verified_order(services, uow, conversation_id, number, lock=True)
        case = _case_of_order(uow, reference)  # again: another tab may have moved it before the lock
        seen = uow.decisions.latest(case.id)
        assert seen is not None
        living = _living(uow, case, conversation_id)
        if living is not None:
            return Confirmation(ConfirmationStatus.ELSEWHERE, living, uow.decisions.latest(living.id) or seen)
        if case.state is not CaseState.QUOTED:
            return Confirmation(ConfirmationStatus.ALREADY, case, seen)
        if destination is not None:
            case = uow.cases.change(case.id, destination=destination)
        case, fresh, handoff = _decide_and_store(
            services, uow, case, _request_again(services, uow, case, stored), transcript
        )
        recorded = seen.id == decision_id and same_figures(seen, fresh)
        if recorded:
            case = record_yes(services, uow, case, stored, fresh)
        uow.commit()
    if recorded:
        return Confirmation(ConfirmationStatus.CONFIRMED, carry_out(services, case, since), fresh)
    return Confirmation(ConfirmationStatus.CHANGED, case, fresh, handoff)


def _answered_before(uow: UnitOfWork, stored: StoredOrder, asked: dict[str, Any]) -> Quote | None:
    """What came of the very same request, of the same moment, where its answer did not arrive: it was declined, or the
    policy left it to a person."""
    for case in uow.cases.of_order(stored.id):
        if all(getattr(case, name) == value for name, value in asked.items()):
            handoff = uow.handoffs.of_case(case.id) if case.state is CaseState.IN_REVIEW else None
            if case.state is CaseState.DECLINED or (handoff is not None and handoff.cause is Cause.REVIEW):
                return Quote(case, uow.decisions.latest(case.id), handoff=handoff)
    return None


def _open_case(
    services: Services,
    uow: UnitOfWork,
    stored: StoredOrder,
    kind: CaseKind,
    conversation_id: str,
    requested_at: datetime,
    values: _Asked,
) -> Case:
    """The order's open case of the kind, renewed if it is this conversation's quote; else a new one."""
    known = uow.cases.open_of_order(stored.id, kind)
    if known is not None and known.state is not CaseState.QUOTED:
        return known
    if known is not None and known.conversation_id == conversation_id:
        return uow.cases.change(known.id, **values) if values else known
    if known is not None and is_stopped(uow, known):
        return uow.cases.change(known.id, conversation_id=conversation_id, **values)
    if known is not None:
        leave(services, uow, known, "system", MoveCause(CauseCode.ASKED_ELSEWHERE))
    now = services.clock()
    case = uow.cases.add(
        reference=new_reference("RD-"),
        kind=kind,
        state=CaseState.QUOTED,
        order_id=stored.id,
        conversation_id=conversation_id,
        requested_at=requested_at,
        created_at=now,
        channel=channel_of(uow, conversation_id),
        **values,
    )
    uow.cases.log(
        case.id, now, "customer", None, CaseState.QUOTED, MoveCause(CauseCode.ASKED_FOR, {"kind": kind.value})
    )
    return case


def _living(uow: UnitOfWork, case: Case, conversation_id: str) -> Case | None:
    """The request that another conversation has for what was asked for here: the case itself, if it is over there now,
    or the newest one of its kind that has taken the place of a withdrawn one."""
    if case.conversation_id != conversation_id:
        return case
    if case.state is not CaseState.WITHDRAWN:
        return None
    assert case.order_id is not None
    later = [other for other in uow.cases.of_order(case.order_id) if other.id > case.id and other.kind is case.kind]
    elsewhere = [other for other in later if other.conversation_id != conversation_id]
    return next((other for other in elsewhere if other.state is not CaseState.WITHDRAWN), None)


def _request_again(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder
) -> RefundRequest | CancelRequest:
    if case.kind is CaseKind.CANCEL:
        return cancel_request(services, stored, case.requested_at)
    assert case.reason is not None
    return refund_request(
        services, uow, stored, case.reason.for_policy, case.destination, case.requested_at, case.channel
    )


def _decide_and_store(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    request: RefundRequest | CancelRequest,
    transcript: Transcript,
) -> tuple[Case, StoredDecision, Handoff | None]:
    """Decide, append the decision, and move the case to where the outcome puts it."""
    result, decision = decide_and_store(services, uow, case, request)
    clauses = result.clauses or ("precedence",)
    cause = MoveCause(CauseCode.DECIDED, {"outcome": result.outcome.value, "clauses": clauses})
    handoff = None
    if result.outcome is Outcome.REVIEW:
        case = move(services, uow, case, CaseState.IN_REVIEW, "bot", cause)
        handoff = save_handoff(services, uow, case, Cause.REVIEW, transcript, {"verified": True})
    elif result.outcome in (Outcome.DECLINE, Outcome.ALREADY_CANCELLED):
        if is_stopped(uow, case):
            # Neither the service nor the money: not the policy's case any more, but a person's.
            case = leave(services, uow, case, "bot", cause)
            handoff = uow.handoffs.of_case(case.id)
        else:
            case = move(services, uow, case, CaseState.DECLINED, "bot", cause)
    return case, decision, handoff


def record_yes(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    stored: StoredOrder,
    fresh: StoredDecision,
    cause: MoveCause | None = None,
) -> Case:
    """Take a confirmed quote down, and change the order with it, within the running transaction."""
    cause = cause or MoveCause(CauseCode.CONFIRMED, {"decision": fresh.id})
    queue_notice(services, uow, NoticeKind.RECEIPT, conversation_id=case.conversation_id, case_id=case.id)
    outcome = Outcome(fresh.result["outcome"])
    if outcome is Outcome.CANCEL:
        case = move(services, uow, case, CaseState.CONFIRMED, "customer", cause)
        ends_on = fresh.result["agreement_ends_on"]
        # A refund under way stays visible in the status: the order is cancelled beside it.
        refunding = stored.order.status in (OrderStatus.REFUND_PENDING, OrderStatus.REFUNDED)
        uow.orders.change(
            stored.id,
            status=stored.order.status if refunding else OrderStatus.CANCELLED,
            cancelled_at=datetime.fromisoformat(fresh.result["service_stops_at"]),
            agreement_ends_on=datetime.fromisoformat(ends_on).date() if ends_on else None,
        )
        schedule(services, uow, case, fresh.id)
        return case
    if outcome is Outcome.APPROVE_ON_RETURN and not is_back(uow, case):
        uow.cases.change(case.id, return_number=case.return_number or new_reference("RT-"))
        return move(services, uow, case, CaseState.AWAITING_RETURN, "customer", cause)
    uow.orders.change(stored.id, status=OrderStatus.REFUND_PENDING)
    schedule(services, uow, case, fresh.id)
    return move(services, uow, case, CaseState.CONFIRMED, "customer", cause)


def _case_of_order(uow: Snapshot, reference: str) -> Case:
    case = uow.cases.find(reference)
    if case is None or case.kind is CaseKind.QUESTION:
        raise UnknownCase("no_request_here", reference=reference)
    return case

"""Questions about the policy, answered with its own figures and clauses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from actions.asking import tell_locked
from actions.base import Turn, services
from actions.replies import sentences, tell_refused
from bot.cases.case.requests import channel_here, order_view, preview_cancellation, preview_refund
from bot.cases.errors import NotVerified
from bot.cases.identity.verification import Verification, VerificationStatus, asks_for_code, is_verified, verify
from bot.cases.model import CustomerReason
from bot.dialogue.acts import Answer
from bot.dialogue.values import is_own_phone
from bot.language.pack import language_pack
from bot.policy import CancelDecision, NoTermsInForce, RefundDecision, Terms, money
from bot.policy.clauses import window_closes_on
from bot.policy.decision import FindingCode
from bot.policy.facts import Channel
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import say
from bot.wording.clauses import accepted_reasons, what_counts_as_asking

_ABOUT_THE_REFUND = frozenset(
    {"amount", "fee", "fee_computed", "used", "minimum", "processing_time", "return_shipping"}
)
"""What is answered with the figures of the order at hand, too."""

_SUM = frozenset({FindingCode.REFUND_LESS_FEE, FindingCode.REFUND_WITHOUT_FEE})
_ASKED_FOR = {
    "processing_time": frozenset({FindingCode.PROCESSED_BY, FindingCode.RETURN_FIRST}),
    "fee": _SUM,
    "fee_computed": _SUM,
    "amount": _SUM,
}
"""What of the order's own figures is all that was asked for: the rule for every order need not be told beside it."""

_ABOUT_THE_CANCELLATION = frozenset({"cancelling", "cancel_refund", "cancel_by"})
_BY_THE_DAY_OF_REQUEST = _ABOUT_THE_CANCELLATION | {"cancel_fee"}
"""What is judged by the terms of the day on which it is asked for, whenever the order was placed."""


def answer(turn: Turn, act: Answer) -> None:
    """One answer for each question, with its clauses; every figure comes from the policy file. Someone who names both
    an order and what proves it is verified by them, so that the answer can have the figures of the order."""
    heard = turn.talk.heard
    result = prove_by_what_is_known(turn) if act.prove else None
    _tell_policy(turn, act.topic)
    if result is None or result.status is VerificationStatus.VERIFIED:
        return
    # It cost a try: the customer is told, and what did not match is not tried once more by itself.
    number = heard.first("order_number") or turn.state.order_number or ""
    claimed = turn.state
    turn.state = replace(claimed, email=None, phone=None)
    if result.limit is not None:
        tell_refused(turn.dispatcher, number, result)
        if result.status is VerificationStatus.LOCKED:
            tell_locked(turn, claimed)
    else:
        turn.tell("utter_mismatch", order=number, tries_left=result.tries_left)


def prove_by_what_is_known(turn: Turn) -> Verification | None:
    """The answer to an order number and what proves whose it is, named now or before; None where it is proven already,
    or one of them is missing."""
    heard, state = turn.talk.heard, turn.state
    number = heard.first("order_number") or state.order_number
    email = heard.first("email")
    phone = heard.first("phone") if is_own_phone(heard, None, language_pack()) else None
    if email is None and phone is None:
        email, phone = state.email, state.phone
    if number is None or (email is None and phone is None):
        return None
    if is_verified(services(), conversation_id=turn.conversation_id, order_number=number):
        return None
    if asks_for_code(services(), conversation_id=turn.conversation_id, order_number=number):
        return None
    return verify(
        services(),
        conversation_id=turn.conversation_id,
        message_id=turn.talk.message_id,
        order_number=number,
        email=email,
        phone=None if email else phone,
    )


def _tell_policy(turn: Turn, topic: str) -> None:
    """Answer from the terms by which the order at hand is judged, and with its figures; where no order is known, from
    those in force today."""
    heard = turn.talk.heard
    order_number = heard.first("order_number") or turn.state.order_number
    today = services().policy.terms_for(services().clock())
    terms = _terms_of_order(turn, order_number) if order_number and topic not in _BY_THE_DAY_OF_REQUEST else None
    if order_number and terms is not None and terms is not today:
        turn.tell("utter_older_terms", order=order_number, version=terms.version)
    if order_number and topic in _ASKED_FOR and _tell_figures(turn, order_number, _ASKED_FOR[topic]):
        return
    values = policy_values(terms or today, channel_here(services(), turn.conversation_id))
    turn.tell(f"utter_ask_policy/{topic}", **values)
    if order_number is None:
        return
    if topic == "window" and terms is not None:
        _tell_window(turn, order_number, terms)
        return
    with suppress(NotVerified):
        if topic in _ABOUT_THE_REFUND:
            _tell(turn, order_number, sentences(_refund_of(turn, order_number)))
        elif topic in _ABOUT_THE_CANCELLATION:
            _tell(turn, order_number, sentences(_cancellation_of(turn, order_number)))


def _tell_figures(turn: Turn, order_number: str, codes: frozenset[FindingCode]) -> bool:
    """What was found of the order under those codes; whether it is theirs, a refund could be had, and there was any."""
    try:
        preview = _refund_of(turn, order_number)
    except NotVerified:
        return False
    told = sentences(preview, codes) if preview.refund is not None else ""
    if told:
        _tell(turn, order_number, told)
    return bool(told)


def _terms_of_order(turn: Turn, order_number: str) -> Terms | None:
    """The terms in force when the order was placed; None where it is not theirs, or older than all terms."""
    try:
        view = order_view(services(), conversation_id=turn.conversation_id, order_number=order_number)
        return services().policy.terms_for(view.order.placed_at)
    except (NotVerified, NoTermsInForce):
        return None


def policy_values(terms: Terms, channel: Channel = Channel.CHAT) -> dict[str, Value]:
    """What the answers say of the terms, in a conversation over that channel."""
    asked_here = channel.value in terms.accepted_channels
    elsewhere = what_counts_as_asking(terms)
    first = say("asking_counts_here") if asked_here else elsewhere
    base = Decimal(50)
    fee = money.rounded(base * terms.default_fee_rate, "USD")
    return {
        "window_days": terms.window_working_days,
        "processing_days": terms.processing_working_days,
        "fee_rate": terms.default_fee_rate,
        "fault_fee_rate": terms.confirmed_fault_fee_rate,
        "minimum": terms.minimum_ratio,
        "minimum_measured": terms.minimum_measured.value,
        "asking": first,
        "contact": say("contact_here") if asked_here else say("contact_to_cancel", asking=elsewhere),
        "accepted_reasons": accepted_reasons(terms),
        "cycle_day": terms.calendar.cycle_day,
        "time_zone": terms.time_zone.key,
        "example_base": Money(base, "USD"),
        "example_fee": Money(fee, "USD"),
        "example_refund": Money(base - fee, "USD"),
    }


def _tell_window(turn: Turn, order_number: str, terms: Terms) -> None:
    """Until which day a refund of the order can be asked for (R2). The order is theirs."""
    view = order_view(services(), conversation_id=turn.conversation_id, order_number=order_number)
    last_day = window_closes_on(view.order, terms)
    today = terms.calendar.business_date(turn.state.refund_requested_at or turn.talk.heard.said_at)
    left = 0
    while left < terms.window_working_days and terms.calendar.nth_working_day_after(today, left + 1) <= last_day:
        left += 1
    turn.tell("utter_window_for_order", order=order_number, last_day=last_day, days_left=left, over=today > last_day)


def _tell(turn: Turn, order_number: str, told: str) -> None:
    turn.tell("utter_policy_for_order", order=order_number, told=told)


def _refund_of(turn: Turn, order_number: str) -> RefundDecision:
    return preview_refund(
        services(),
        conversation_id=turn.conversation_id,
        order_number=order_number,
        reason=(turn.state.reason or CustomerReason.CHANGE_OF_MIND).for_policy,
        destination=None,
        requested_at=turn.state.refund_requested_at or turn.talk.heard.said_at,
    )


def _cancellation_of(turn: Turn, order_number: str) -> CancelDecision:
    return preview_cancellation(
        services(),
        conversation_id=turn.conversation_id,
        order_number=order_number,
        requested_at=turn.talk.heard.said_at,
    )

"""Questions about the policy, answered with its own figures and clauses."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services, tell
from actions.finish import tell_locked
from actions.notes import is_own_phone, noted
from actions.replies import sentences, tell_refused
from actions.talk import Talk
from bot.cases.case.requests import channel_here, order_view, preview_cancellation, preview_refund
from bot.cases.errors import NotVerified
from bot.cases.identity.verification import Verification, VerificationStatus, asks_for_code, verify
from bot.cases.model import CustomerReason
from bot.policy import NoTermsInForce, Terms, money
from bot.policy.facts import Channel
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import say
from bot.wording.clauses import accepted_reasons, what_counts_as_asking

_ABOUT_THE_REFUND = frozenset(
    {"amount", "fee", "fee_computed", "used", "minimum", "window", "processing_time", "return_shipping"}
)
"""What is answered with the figures of the order at hand, too."""

_ABOUT_THE_CANCELLATION = frozenset({"cancelling", "cancel_refund", "cancel_by"})
_BY_THE_DAY_OF_REQUEST = _ABOUT_THE_CANCELLATION | {"cancel_fee"}
"""What is judged by the terms of the day on which it is asked for, whenever the order was placed."""


class AnswerPolicy(SafeAction):
    """One answer for each question, with its clauses; every figure comes from the policy file."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_answer_policy"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Answer, and remember which order and whose it was about. Someone who names both is verified by them, so
        that the answer can have the figures of the order."""
        result = None if talk.requested else _verified_by(talk)
        tell_policy(talk, talk.detail, dispatcher)
        if result is None or result.status is VerificationStatus.VERIFIED:
            return noted(talk)
        # It cost a try: the customer is told, and what did not match is not tried once more by itself.
        number = talk.entities["order_number"][0]
        if result.limit is not None:
            tell_refused(dispatcher, number, result)
            if result.status is VerificationStatus.LOCKED:
                tell_locked(talk, dispatcher)
        else:
            tell(dispatcher, "utter_mismatch", order=number, tries_left=result.tries_left)
        return [event for event in noted(talk) if event["name"] not in ("email", "phone")]


def _verified_by(talk: Talk) -> Verification | None:
    """The answer to an order number and what proves whose it is; None where the message does not name both."""
    numbers, emails = talk.entities.get("order_number"), talk.entities.get("email")
    phones = talk.entities.get("phone") if is_own_phone(talk, None) else None
    if not numbers or not (emails or phones):
        return None
    if asks_for_code(services(), conversation_id=talk.conversation_id, order_number=numbers[0]):
        return None
    return verify(
        services(),
        conversation_id=talk.conversation_id,
        message_id=talk.message_id,
        order_number=numbers[0],
        email=emails[0] if emails else None,
        phone=phones[0] if phones else None,
    )


def tell_policy(talk: Talk, topic: str | None, dispatcher: CollectingDispatcher) -> None:
    """Answer from the terms by which the order at hand is judged, and with its figures; where no order is known, from
    those in force today."""
    topic = topic or "overview"
    order_number = next(iter(talk.entities.get("order_number", [])), talk.slot("order_number"))
    today = services().policy.terms_for(services().clock())
    terms = _terms_of_order(talk, order_number) if order_number and topic not in _BY_THE_DAY_OF_REQUEST else None
    if order_number and terms is not None and terms is not today:
        tell(dispatcher, "utter_older_terms", order=order_number, version=terms.version)
    values = policy_values(terms or today, channel_here(services(), talk.conversation_id))
    tell(dispatcher, f"utter_ask_policy/{topic}", card=None, **values)
    if order_number is None:
        return
    with suppress(NotVerified):
        if topic in _ABOUT_THE_REFUND:
            _tell_about_the_refund(talk, order_number, dispatcher)
        elif topic in _ABOUT_THE_CANCELLATION:
            _tell_about_the_cancellation(talk, order_number, dispatcher)


def _terms_of_order(talk: Talk, order_number: str) -> Terms | None:
    """The terms in force when the order was placed; None where it is not theirs, or older than all terms."""
    try:
        view = order_view(services(), conversation_id=talk.conversation_id, order_number=order_number)
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


def _tell_about_the_refund(talk: Talk, order_number: str, dispatcher: CollectingDispatcher) -> None:
    reason = CustomerReason(talk.slot("refund_reason") or CustomerReason.CHANGE_OF_MIND)
    asked_at = talk.slot("refund_requested_at")
    preview = preview_refund(
        services(),
        conversation_id=talk.conversation_id,
        order_number=order_number,
        reason=reason.for_policy,
        destination=None,
        requested_at=datetime.fromisoformat(asked_at) if asked_at else talk.said_at,
    )
    tell(dispatcher, "utter_policy_for_order", order=order_number, told=sentences(preview))


def _tell_about_the_cancellation(talk: Talk, order_number: str, dispatcher: CollectingDispatcher) -> None:
    preview = preview_cancellation(
        services(), conversation_id=talk.conversation_id, order_number=order_number, requested_at=talk.said_at
    )
    tell(dispatcher, "utter_policy_for_order", order=order_number, told=sentences(preview))

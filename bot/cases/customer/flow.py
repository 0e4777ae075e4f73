"""The one way from a wish to its figures, for chat, pages and offers alike: whose order it is, what still matters, the
quote. Who asks says it in their own form; what is asked, and in which order, is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.cases.case.handoff import Transcript
from bot.cases.case.requests import preview_refund, question_that_matters
from bot.cases.customer.quotes import Quote, quote_refund
from bot.cases.identity.verification import Verification, VerificationStatus, is_verified, verify, verify_code
from bot.cases.model import CustomerReason
from bot.cases.payout.dry_check import open_destinations
from bot.cases.services import Services
from bot.policy.facts import Destination, Reason


@dataclass(frozen=True, repr=False)
class Proof:
    """What a customer shows of an order: the digits of a mailed code, or its e-mail address or phone number; nothing,
    where all are None."""

    code: str | None = None
    email: str | None = None
    phone: str | None = None


class Missing(str, Enum):
    """What a refund can't be quoted without, since it can still change what the customer gets (R3, R7b, R9)."""

    REASON = "reason"
    DESTINATION = "destination"


def prove(
    services: Services, *, conversation_id: str, message_id: str, order_number: str, proof: Proof
) -> Verification | None:
    """Whether the order is the customer's, shown now or before in this conversation; None where nothing was shown. A
    code goes before an address. Raises Unavailable and Rejected as ``verify`` does."""
    if is_verified(services, conversation_id=conversation_id, order_number=order_number):
        return Verification(VerificationStatus.VERIFIED, services.verification_tries)
    if proof.code is not None:
        return verify_code(
            services,
            conversation_id=conversation_id,
            message_id=message_id,
            order_number=order_number,
            digits=proof.code,
        )
    if proof.email is None and proof.phone is None:
        return None
    return verify(
        services,
        conversation_id=conversation_id,
        message_id=message_id,
        order_number=order_number,
        email=proof.email,
        phone=proof.phone,
    )


def refund_or_question(
    services: Services,
    *,
    conversation_id: str,
    order_number: str,
    reason: CustomerReason | None,
    reason_words: str,
    destination: Destination | None,
    requested_at: datetime,
    transcript: Transcript,
    destination_beside_figures: bool = False,
) -> Missing | Quote:
    """Quote the refund of a proven order, or say what has to be asked first: only what can still change the outcome is.
    With ``destination_beside_figures`` it is quoted without a destination, which the customer then chooses with their
    yes. A destination that changes nothing is the wallet (R9), and where the money can go one way only, it is that one,
    whatever was wished. Raises NotVerified, and Rejected where it could go nowhere."""
    matters = question_that_matters(
        services,
        conversation_id=conversation_id,
        order_number=order_number,
        reason=reason.for_policy if reason else None,
        destination=None,
        requested_at=requested_at,
    )
    if matters == Missing.REASON.value:
        return Missing.REASON
    decided = preview_refund(
        services,
        conversation_id=conversation_id,
        order_number=order_number,
        reason=reason.for_policy if reason else Reason.OTHER,
        destination=None,
        requested_at=requested_at,
    )
    ways = open_destinations(services, order_number, decided) if decided.outcome.pays else frozenset(Destination)
    if len(ways) == 1:
        (destination,) = ways
    elif matters is None:
        destination = Destination.WALLET
    elif destination is None and not destination_beside_figures:
        return Missing.DESTINATION
    return quote_refund(
        services,
        conversation_id=conversation_id,
        order_number=order_number,
        reason=reason,
        reason_words=reason_words,
        destination=destination,
        requested_at=requested_at,
        transcript=transcript,
    )

"""What a customer has said so far, and what a message adds to it, corrects or takes back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rasa_sdk.events import EventType, SlotSet

from actions.notes import is_own_phone, reason_of
from actions.talk import Talk
from actions.wishes import WH_WORDS, asks_something, says_cancel, wants_both
from bot.cases.model import CustomerReason
from bot.policy.facts import Destination


@dataclass(frozen=True)
class Details:
    """What the customer has said so far, after this turn; ``heard`` names what this turn added or took back.

    ``later_orders`` wait for their turn. ``plan`` is set for someone who wants to cancel and the money back.
    ``email_code`` is what was typed in this turn; it is not kept.
    ``case_reference`` and ``decision_id`` are the quote that was shown last: a yes can only mean that one.
    """

    order_number: str | None
    later_orders: tuple[str, ...]
    email: str | None
    reason: CustomerReason | None
    reason_words: str
    destination: str | None
    plan: str | None
    requested_at: datetime
    answer: str | None
    unclear: int
    case_reference: str | None = None
    decision_id: int | None = None
    phone: str | None = None
    email_code: str | None = None
    heard: frozenset[str] = field(default=frozenset())

    @classmethod
    def before(cls, talk: Talk, task: str) -> Details:
        """What the slots remember. The request counts from the first message that asked for it (R2)."""
        reason = talk.slot("refund_reason")
        asked_at = talk.slot(f"{task}_requested_at")
        return cls(
            order_number=talk.slot("order_number"),
            later_orders=tuple((talk.slot("later_orders") or "").split()),
            email=talk.slot("email"),
            phone=talk.slot("phone"),
            reason=CustomerReason(reason) if reason else None,
            reason_words=talk.slot("reason_words") or "",
            destination=talk.slot("refund_destination"),
            plan=talk.slot("plan"),
            requested_at=datetime.fromisoformat(asked_at) if asked_at else talk.said_at,
            answer=None,
            unclear=int(talk.slots.get("unclear") or 0) if talk.requested else 0,
            case_reference=talk.slot("case_reference"),
            decision_id=int(talk.slots["decision_id"]) if talk.slots.get("decision_id") else None,
        )

    def events(self) -> list[EventType]:
        """The slots as they are now."""
        values = {
            "order_number": self.order_number,
            "later_orders": " ".join(self.later_orders) or None,
            "email": self.email,
            "phone": self.phone,
            "refund_reason": self.reason.value if self.reason else None,
            "reason_words": self.reason_words or None,
            "refund_destination": self.destination,
            "plan": self.plan,
            "answer": self.answer,
            "case_reference": self.case_reference,
            "decision_id": float(self.decision_id) if self.decision_id else None,
            "unclear": float(self.unclear),
        }
        return [SlotSet(name, value) for name, value in values.items()]


def hear(talk: Talk, details: Details, asked: str | None, subject: frozenset[str], foreign: frozenset[str]) -> Details:
    """Take what the message says: order numbers, address, reason, destination, and yes or no to the quote, which is
    about ``subject``. A detail that is only called wrong is forgotten, so that it is asked again."""
    heard: dict[str, Any] = _orders(talk, details)
    if talk.entities.get("email"):
        heard["email"] = talk.entities["email"][-1]
    elif talk.entities.get("phone") and is_own_phone(talk, asked):
        heard["phone"] = talk.entities["phone"][-1]
    if talk.entities.get("destination") and not _only_asks_where(talk, asked):
        heard["destination"] = talk.entities["destination"][-1]
    elif asked in ("refund_destination", "answer") and (named := _destination_named(talk, asked)):
        heard["destination"] = named
    called_wrong = _called_wrong(talk) if not heard and asked and asked != "refund_reason" else {}
    reason = None if called_wrong else reason_of(talk, asked)
    if reason and not (asked == "answer" and (heard or reason is details.reason)):
        heard["reason"] = reason
        heard["reason_words"] = talk.said
    heard = heard or called_wrong
    if wants_both(talk):
        heard["plan"] = "both"
    if asked == "answer" and not heard:
        if talk.says_yes(subject, foreign):
            heard["answer"] = "yes"
        elif talk.intent in ("deny", "withdraw_request") or says_cancel(talk) or _NO.match(talk.text):
            heard["answer"] = "no"
    if not heard:
        return details
    # What was said last shows whose the order is: the address, or the phone number.
    instead = {"phone": None} if heard.get("email") else {"email": None} if heard.get("phone") else {}
    return replace(details, **{**instead, **heard}, unclear=0, heard=frozenset(heard))


def _orders(talk: Talk, details: Details) -> dict[str, Any]:
    numbers = talk.entities.get("order_number", [])
    if not numbers:
        return {}
    rejected = {number for number in numbers if _is_rejected(talk.text, number)}
    numbers = [number for number in numbers if number not in rejected] or numbers
    new = [number for number in numbers if number != details.order_number and number not in details.later_orders]
    corrects = bool(talk.words & _CORRECTING)
    if details.order_number and not corrects and talk.words & _ADDING:
        return {"later_orders": (*details.later_orders, *new)} if new else {"order_number": details.order_number}
    if not new:
        return {"order_number": details.order_number or numbers[0]}
    if corrects or len(new) == 1:
        return {"order_number": new[-1]}
    return {"order_number": new[0], "later_orders": (*details.later_orders, *new[1:])}


def _is_rejected(text: str, number: str) -> bool:
    digits = r"\D{0,3}".join(number[3:])
    return bool(re.search(rf"\b(?:not|isn't|instead of|rather than|wasn't)\b[^,.;]{{0,25}}?{digits}", text, re.I))


def _called_wrong(talk: Talk) -> dict[str, Any]:
    match = _WRONG.search(talk.text)
    if match is None or _WRONG_PRODUCT.search(talk.text):
        return {}
    return {_DETAIL_NAMES[match["what"].lower()]: None}


def _destination_named(talk: Talk, asked: str) -> str | None:
    """A destination in fewer words than would name one elsewhere, or in misspelt ones."""
    if asks_something(talk) or talk.words & {"not", "no", "don't", "neither"}:
        return None
    wallet, original = "wallet" in talk.words, "original" in talk.words
    if asked == "refund_destination":
        wallet = wallet or bool(talk.words & _WALLET_WORDS)
        original = original or bool(talk.words & _ORIGINAL_WORDS)
    if wallet == original:
        return None
    return Destination.WALLET.value if wallet else Destination.ORIGINAL_PAYMENT_METHOD.value


def _only_asks_where(talk: Talk, asked: str | None) -> bool:
    """Whether a destination is only asked about. "Can I have it in my wallet?" is an answer, once that was asked."""
    if talk.intent != "ask_policy" or not asks_something(talk):
        return False
    return asked != "refund_destination" or talk.text.lower().split()[0] in WH_WORDS


_NO = re.compile(r"\s*(?:(?:no|nope|nah|don'?t)\b|👎|❌)", re.I)
_WALLET_WORDS = frozenset("store credit".split())
_ORIGINAL_WORDS = frozenset("card bank paypal account visa mastercard".split())
_CORRECTING = frozenset("no not wait sorry mean meant instead actually oops wrong rather typo correction".split())
_ADDING = frozenset("also too and both then plus".split())
_DETAIL_NAMES = {
    "email": "email",
    "e-mail": "email",
    "mail": "email",
    "address": "email",
    "phone": "phone",
    "order": "order_number",
    "number": "order_number",
    "reason": "reason",
    "destination": "destination",
}
_WRONG = re.compile(
    r"\b(?:wrong|other|different|another|change|correct|incorrect|mistyped|typo in)\b[^.?!]{0,20}?"
    rf"\b(?P<what>{'|'.join(_DETAIL_NAMES)})\b",
    re.I,
)
_WRONG_PRODUCT = re.compile(r"\b(?:sent|got|received|delivered|bought|ordered|product)\b", re.I)

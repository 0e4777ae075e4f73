"""The turns that all requests share: hear the details, verify the customer, ask the next question."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.talk import Talk
from bot.cases.identity import VerificationStatus, is_verified, verify
from bot.cases.model import CustomerReason

LEAVING = frozenset({"talk_to_human", "nevermind", "check_request_status", "withdraw_request"})
"""Wishes that come before the form, whatever else the message holds."""

DIGRESSIONS = frozenset({"ask_policy", "greet", "goodbye", "thank", "bot_challenge", "help", "complain"})
"""Words in between: answered by their own rule, then the form asks again."""

_OTHER_REASON = frozenset({"another reason", "other reason", "something else", "other", "none of these"})


@dataclass(frozen=True)
class Details:
    """What the customer has said so far, after this turn; ``heard`` names what this turn added.

    ``case_reference`` and ``decision_id`` are the quote that was shown last: a yes can only mean that one.
    """

    order_number: str | None
    email: str | None
    reason: CustomerReason | None
    reason_words: str
    destination: str | None
    requested_at: datetime
    answer: str | None
    unclear: int
    case_reference: str | None = None
    decision_id: int | None = None
    heard: frozenset[str] = field(default=frozenset())

    @classmethod
    def before(cls, talk: Talk) -> Details:
        """What the slots remember; the request counts from the message that started the form (R2)."""
        reason = talk.slot("refund_reason")
        return cls(
            order_number=talk.slot("order_number"),
            email=talk.slot("email"),
            reason=CustomerReason(reason) if reason else None,
            reason_words=talk.slot("reason_words") or "",
            destination=talk.slot("refund_destination"),
            requested_at=talk.requested_at,
            answer=None,
            unclear=int(talk.slots.get("unclear") or 0) if talk.requested else 0,
            case_reference=talk.slot("case_reference"),
            decision_id=int(talk.slots["decision_id"]) if talk.slots.get("decision_id") else None,
        )

    def events(self, asked: str | None) -> list[EventType]:
        """The slots as they are now, and the question that was asked."""
        values = {
            "order_number": self.order_number,
            "email": self.email,
            "refund_reason": self.reason.value if self.reason else None,
            "reason_words": self.reason_words or None,
            "refund_destination": self.destination,
            "requested_at": self.requested_at.isoformat(),
            "answer": self.answer,
            "case_reference": self.case_reference,
            "decision_id": float(self.decision_id) if self.decision_id else None,
            "unclear": float(self.unclear),
            "requested_slot": asked,
        }
        return [SlotSet(name, value) for name, value in values.items()]


class RequestForm(SafeAction):
    """The validation action of a form. It asks its own questions, so that each is asked only where it matters."""

    other_task = ""
    """The intent that leaves this form for the other one."""
    subject: frozenset[str] = frozenset()
    """The words for what the customer is asked to confirm."""

    @abstractmethod
    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """With a verified order: ask the next question (and name its slot), or say the outcome and end (None)."""

    def failed(self) -> list[EventType]:
        """End the form; the action that follows it finds nothing to do."""
        return [SlotSet("answer", "told"), SlotSet("requested_slot", None)]

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Hear, then ask. An empty answer makes Rasa leave the turn to the rules."""
        details = Details.before(talk)
        if not talk.resumed:
            if talk.requested and self._leaves(talk):
                return []
            details = hear(talk, details, self.subject)
            if talk.requested and not details.heard:
                if talk.intent in DIGRESSIONS or (talk.intent == "out_of_scope" and talk.requested != "refund_reason"):
                    return []
                return self._unclear(talk, details, dispatcher)
        details, asked = self._next(talk, details, dispatcher)
        return details.events(asked)

    def _leaves(self, talk: Talk) -> bool:
        if talk.requested == "answer" and (_says_cancel(talk) or talk.says_yes(self.subject)):
            return False
        if talk.intent == "nevermind" and talk.entities:
            return False  # "no wait, it's 104273": a correction, not a farewell
        return talk.intent in LEAVING or talk.intent == self.other_task

    def _next(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        if details.order_number is None:
            dispatcher.utter_message(response="utter_which_order")
            return details, "order_number"
        known = is_verified(services(), conversation_id=talk.conversation_id, order_number=details.order_number)
        if not known and details.email and details.heard & {"order_number", "email"}:
            result = verify(
                services(),
                conversation_id=talk.conversation_id,
                message_id=talk.message_id,
                order_number=details.order_number,
                email=details.email,
            )
            if result.status is VerificationStatus.LOCKED:
                return replace(details, answer="locked"), None
            known = result.status is VerificationStatus.VERIFIED
            if not known:
                dispatcher.utter_message(
                    response="utter_mismatch", order_number=details.order_number, tries_left=result.tries_left
                )
                return details, "email"
        if not known:
            dispatcher.utter_message(response="utter_which_email", order_number=details.order_number)
            return details, "email"
        return self.proceed(talk, details, dispatcher)

    def _unclear(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> list[EventType]:
        details = replace(details, unclear=details.unclear + 1)
        if talk.requested == "refund_reason" and details.unclear > 1:
            # Twice unclear: the words are kept, and a person reads them. Never the cheaper guess.
            details = replace(details, reason=CustomerReason.OTHER, reason_words=talk.text, unclear=0)
            details, asked = self._next(talk, details, dispatcher)
            return details.events(asked)
        if details.unclear > 1:
            dispatcher.utter_message(response="utter_still_not_understood")
        response = _UNCLEAR.get(talk.requested or "", "utter_not_understood")
        dispatcher.utter_message(response=response, order_number=details.order_number or "")
        return [*details.events(talk.requested)]


def hear(talk: Talk, details: Details, subject: frozenset[str]) -> Details:
    """Take what the message says: order number, address, reason, destination, and yes or no to the quote, which is
    about ``subject``."""
    heard: dict[str, Any] = {}
    numbers = talk.entities.get("order_number", [])
    if numbers:
        # "Not that one, 104332": of two numbers the one that is new.
        heard["order_number"] = next((number for number in numbers if number != details.order_number), numbers[0])
    for name in ("email", "destination"):
        if talk.entities.get(name):
            heard[name] = talk.entities[name][-1]
    reason = reason_of(talk)
    if reason and not (talk.requested == "answer" and heard):
        heard["reason"] = reason
        heard["reason_words"] = talk.text
    if talk.requested == "answer":
        if not heard and talk.says_yes(subject):
            heard["answer"] = "yes"
        elif not heard and (talk.intent == "deny" or _says_cancel(talk)):
            heard["answer"] = "no"
    if not heard:
        return details
    return replace(details, **heard, unclear=0, heard=frozenset(heard))


def reason_of(talk: Talk) -> CustomerReason | None:
    """The reason that a message gives. Several reasons, or a problem of an unclear kind, are a person's
    to read: never the cheaper guess."""
    if talk.requested == "refund_reason" and talk.text.strip(" .!").lower() in _OTHER_REASON:
        return CustomerReason.OTHER
    if talk.text == "/report_problem":
        return CustomerReason.SERVICE_FAULT
    told = {_reason(talk.intent, talk.detail), *(_reason(part["name"], part["detail"]) for part in talk.parts)} - {None}
    return next(iter(told)) if len(told) == 1 else CustomerReason.OTHER if told else None


def _reason(intent: str, detail: str | None) -> CustomerReason | None:
    if intent == "change_of_mind":
        return CustomerReason.CHANGE_OF_MIND
    if intent == "dispute_charge":
        return CustomerReason.BILLING
    if intent != "report_problem":
        return None
    if detail == "fault":
        return CustomerReason.SERVICE_FAULT
    return CustomerReason.WRONG_PRODUCT if detail == "wrong_product" else CustomerReason.OTHER


def _says_cancel(talk: Talk) -> bool:
    # Said to a quote, it means the request, and nothing is done: the safe one of its two meanings.
    return talk.text.strip(" .!").lower() in _CANCEL_WORDS


_CANCEL_WORDS = frozenset({"cancel", "cancel that", "cancel this", "abort"})
_UNCLEAR = {
    "order_number": "utter_order_number_unclear",
    "email": "utter_email_unclear",
    "refund_reason": "utter_reason_unclear",
    "refund_destination": "utter_destination_unclear",
    "answer": "utter_answer_unclear",
}

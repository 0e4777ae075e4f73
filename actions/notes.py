"""What a message says of the details of a request, whether or not it asks for one."""

from __future__ import annotations

import re

from rasa_sdk.events import EventType, SlotSet

from actions.talk import SURE, Talk
from bot.cases.model import CustomerReason
from bot.wording import say


def noted(talk: Talk) -> list[EventType]:
    """Remember the details of a message that was answered outside of a form. In the middle of a form nothing is."""
    if talk.requested:
        return []
    reason = reason_of(talk)
    events = [
        SlotSet(slot, talk.entities[entity][-1])
        for entity, slot in (
            ("order_number", "order_number"),
            ("email", "email"),
            ("phone", "phone"),
            ("destination", "refund_destination"),
        )
        if talk.entities.get(entity) and (entity != "phone" or is_own_phone(talk, None))
    ]
    return events + ([SlotSet("refund_reason", reason.value), SlotSet("reason_words", talk.said)] if reason else [])


def is_own_phone(talk: Talk, asked: str | None) -> bool:
    """Whether a phone number is told to show whose the order is: not one that was called, or where to be called."""
    return not _CALLS.search(talk.text) and (asked == "email" or bool(talk.words & _PHONE_WORDS))


def reason_of(talk: Talk, asked: str | None = None) -> CustomerReason | None:
    """The reason that a message gives: in answer to that question, or else unmistakably. Told when asked for, several
    reasons, or a problem of an unclear kind, are a person's to read: never the cheaper guess."""
    if asked == "refund_reason":
        answer = talk.text.replace("’", "'").strip(" .!").lower()
        if answer in _OTHER_REASON:
            return CustomerReason.OTHER
        for reason in CustomerReason:
            if answer == _title(reason).lower():
                return reason
    if talk.text == "/report_problem":
        return CustomerReason.SERVICE_FAULT
    told = {_reason(part["name"], part["detail"]) for part in talk.parts}
    if asked == "refund_reason" or talk.confidence >= SURE:
        told.add(_reason(talk.intent, talk.detail))
    told.discard(None)
    if len(told) == 1 and (asked == "refund_reason" or CustomerReason.OTHER not in told):
        return told.pop()
    return CustomerReason.OTHER if told and asked == "refund_reason" else None


def reason_buttons() -> list[dict[str, str]]:
    """A button for each reason."""
    return [{"title": _title(reason), "payload": _PAYLOADS.get(reason, _title(reason))} for reason in CustomerReason]


def _title(reason: CustomerReason) -> str:
    return say(f"reason_mine_{reason.value}")


def _reason(intent: str, detail: str | None) -> CustomerReason | None:
    if intent != "report_problem":
        return _BY_INTENT.get(intent)
    return _BY_DETAIL.get(detail or "", CustomerReason.OTHER)


_BY_INTENT = {"change_of_mind": CustomerReason.CHANGE_OF_MIND, "dispute_charge": CustomerReason.BILLING}
_BY_DETAIL = {**{reason.value: reason for reason in CustomerReason}, "fault": CustomerReason.SERVICE_FAULT}
_PAYLOADS = {
    CustomerReason.CHANGE_OF_MIND: "/change_of_mind",
    CustomerReason.SERVICE_FAULT: "/report_problem",
    CustomerReason.BILLING: "/dispute_charge",
    CustomerReason.OTHER: "Another reason",
}
"""What a button sends, where it is not what it reads."""


_PHONE_WORDS = frozenset("phone telephone tel mobile cell".split())
_CALLS = re.compile(r"\b(?:call(?:ed|ing)?|rang|ring|dial(?:led|ed)?|text me|reach)\b", re.I)
_OTHER_REASON = frozenset({"another reason", "other reason", "something else", "other", "none of these"})

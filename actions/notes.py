"""What a message says of the details of a request, whether or not it asks for one."""

from __future__ import annotations

import re

from rasa_sdk.events import EventType, SlotSet

from actions.talk import SURE, Talk
from bot.cases.model import CustomerReason


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
    if asked == "refund_reason" and talk.text.strip(" .!").lower() in _OTHER_REASON:
        return CustomerReason.OTHER
    if talk.text == "/report_problem":
        return CustomerReason.SERVICE_FAULT
    told = {_reason(part["name"], part["detail"]) for part in talk.parts}
    if asked == "refund_reason" or talk.confidence >= SURE:
        told.add(_reason(talk.intent, talk.detail))
    told.discard(None)
    if len(told) == 1 and (asked == "refund_reason" or CustomerReason.OTHER not in told):
        return told.pop()
    return CustomerReason.OTHER if told and asked == "refund_reason" else None


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


_PHONE_WORDS = frozenset("phone telephone tel mobile cell".split())
_CALLS = re.compile(r"\b(?:call(?:ed|ing)?|rang|ring|dial(?:led|ed)?|text me|reach)\b", re.I)
_OTHER_REASON = frozenset({"another reason", "other reason", "something else", "other", "none of these"})

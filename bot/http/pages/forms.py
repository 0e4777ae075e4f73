"""What a customer enters on a page: read, cleaned and checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

from bot import order_numbers
from bot.cases.conversation.notices import is_email
from bot.cases.identity.addresses import plain_address
from bot.cases.identity.phones import normal_phone
from bot.cases.model import CustomerReason
from bot.http.clean_text import clean
from bot.masking import mask_cards
from bot.wording import say

MOST_FIELDS = 20
LONGEST_LINE = 200
"""Characters of a field of one line."""
LONGEST_WORDS = 2_000

TOKEN = "token"  # noqa: S105 (the name of a field)
"""The field of what a form must bring back. It is compared and never kept: of some hundred tokens, one has digits in it
like a card's, and its visitor could send no form."""

_ORDER = ("order_number", "contact", "reason", "words")


class Task(str, Enum):
    """What a page is for; also the first part of its path."""

    REFUND = "refund"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"

    @property
    def path(self) -> str:
        """Where its first form is."""
        return f"/{self.value}"


class BadForm(Exception):
    """A body that is no form of ours; the message ``page_form_<code>`` says why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def reason_words(reason: CustomerReason) -> str:
    """A reason as the customer says it."""
    return say(f"reason_mine_{reason.value}")


@dataclass(frozen=True)
class Fields:
    """The fields of a form as they arrived, cleaned. ``cards``: those in which a card number was replaced."""

    values: Mapping[str, str] = field(default_factory=dict)
    cards: frozenset[str] = frozenset()

    def line(self, name: str) -> str:
        """A field of one line, without the space around it."""
        return " ".join(self.values.get(name, "").split())

    def words(self, name: str) -> str:
        """A field of several lines."""
        return self.values.get(name, "").strip()

    def problem(self, name: str, longest: int = LONGEST_LINE) -> str | None:
        """What is wrong with a field whatever it is for."""
        if name in self.cards:
            return say("page_card_removed")
        if len(self.values.get(name, "")) > longest:
            return say("page_too_long", most=longest)
        return None


def read_fields(content_type: str, body: bytes) -> Fields:
    """The fields of a posted form. Raises BadForm."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise BadForm(415, "foreign")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace", encoding="utf-8"
        )
    except ValueError:
        raise BadForm(400, "unreadable") from None
    values, cards = {}, set()
    for name, value in pairs:
        if name == TOKEN:
            values[name] = value
            continue
        masked, had_card = mask_cards(clean(value))
        values[name] = masked
        if had_card:
            cards.add(name)
    return Fields(values, frozenset(cards))


@dataclass(frozen=True, repr=False)
class Entry:
    """The first form of a task, as far as it could be read: ``errors`` by field. ``contact`` is as typed, and one of
    ``email`` and ``phone`` where it is either."""

    task: Task
    order_number: str = ""
    contact: str = ""
    email: str | None = None
    phone: str | None = None
    reason: CustomerReason | None = None
    words: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What was entered, for the transcript."""
        parts = [say(f"page_wish_{self.task.value}"), say("page_said_order", order=self.order_number)]
        if self.contact:
            parts.append(say("page_said_contact", contact=self.contact))
        if self.reason:
            parts.append(say("page_said_reason", reason=reason_words(self.reason)))
        return " ".join([*parts, self.words]).strip()

    def kept(self) -> dict[str, Any]:
        """What the steps behind the form need of it."""
        reason = self.reason.value if self.reason else None
        return {"task": self.task.value, "order_number": self.order_number, "reason": reason, "words": self.words}

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any]) -> Entry:
        """The entry of ``kept()``."""
        reason = CustomerReason(kept["reason"]) if kept["reason"] else None
        return cls(Task(kept["task"]), kept["order_number"], reason=reason, words=kept["words"])


def read_entry(task: Task, fields: Fields) -> Entry:
    """The first form of a task. That the contact is missing is no error here: it may have been shown before."""
    errors: dict[str, str] = {}
    order = fields.line("order_number")
    numbers = order_numbers.in_use()
    number = numbers.typed(order)
    if not number:
        errors["order_number"] = say("page_order_number_wrong", example=numbers.example)
    contact = fields.line("contact")
    address = plain_address(contact)
    email = address if is_email(address) else None
    phone = contact if not email and "@" not in address and normal_phone(contact) else None
    if contact and not (email or phone):
        errors["contact"] = say("page_contact_wrong")
    reason, words = None, ""
    if task is Task.REFUND:
        reason = next((known for known in CustomerReason if known.value == fields.line("reason")), None)
        words = fields.words("words")
        if reason is CustomerReason.OTHER and not words:
            errors["words"] = say("page_words_missing")
    for name, longest in (("order_number", LONGEST_LINE), ("contact", LONGEST_LINE), ("words", LONGEST_WORDS)):
        if problem := fields.problem(name, longest):
            errors[name] = problem
    shown = number or order[:LONGEST_LINE]
    ordered: dict[str, str] = {name: errors[name] for name in _ORDER if name in errors}
    return Entry(task, shown, contact[:LONGEST_LINE], email, phone, reason, words[:LONGEST_WORDS], ordered)

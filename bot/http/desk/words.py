"""How the desk says things: sums, times, states."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime

from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason, MoveCause, Role, Verdict
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.wording.causes import cause_words
from bot.wording.formats import spoken

KINDS = {CaseKind.REFUND: "Refund", CaseKind.CANCEL: "Cancellation", CaseKind.QUESTION: "Question"}
STATES = {
    CaseState.QUOTED: "Waits for the customer's yes",
    CaseState.CONFIRMED: "Confirmed",
    CaseState.EXECUTING: "Being carried out",
    CaseState.DONE: "Done",
    CaseState.DECLINED: "Declined",
    CaseState.IN_REVIEW: "Needs a person",
    CaseState.APPROVED_BY_AGENT: "Approved, waits for the customer's yes",
    CaseState.REFUSED_BY_AGENT: "Declined by a person",
    CaseState.AWAITING_RETURN: "Waits for the card",
    CaseState.RECEIVED: "Card received",
    CaseState.WITHDRAWN: "Withdrawn",
    CaseState.FAILED: "Failed",
}
CAUSES = {
    Cause.ASKED: "The customer asked for a person",
    Cause.REVIEW: "The policy leaves it to a person",
    Cause.VERIFICATION: "The customer could not be verified",
    Cause.FAILURE: "Something failed on our side",
    Cause.QUOTE_LEFT: "A changed quote was not answered",
    Cause.RETURN: "A card came back",
    Cause.OFFER_DECLINED: "The customer said no to an offer",
    Cause.CHANGED: "Something changed after it was approved",
}
REASONS = {
    CustomerReason.SERVICE_FAULT: "The service does not work",
    CustomerReason.CHANGE_OF_MIND: "Changed their mind",
    CustomerReason.BILLING: "Something about the bill",
    CustomerReason.WRONG_PRODUCT: "The wrong product",
    CustomerReason.OTHER: "Another reason",
}
DESTINATIONS = {
    Destination.WALLET: "the store wallet",
    Destination.ORIGINAL_PAYMENT_METHOD: "the original payment method",
}
VERDICTS = {
    Verdict.APPROVE: "Approve",
    Verdict.CHANGE: "Change the outcome",
    Verdict.DECLINE: "Decline",
    Verdict.TERMINATE: "End the service",
}
ROLES = {Role.AGENT: "Agent", Role.LEAD: "Lead", Role.ADMIN: "Admin"}

_SAID: dict[Any, str] = {**KINDS, **STATES, **CAUSES, **REASONS, **DESTINATIONS, **VERDICTS, **ROLES}


def money(amount: Decimal | str | None, currency: str) -> str:
    """``$44.00``; a dash for no sum."""
    return "–" if amount is None else spoken(Decimal(amount), currency)


def says(value: Any) -> str:
    """A member of one of the enumerations in words."""
    known = _SAID.get(value)
    return known if known is not None else str(getattr(value, "value", value)).replace("_", " ").capitalize()


def because(cause: MoveCause) -> str:
    """Why a case has moved."""
    return cause_words(cause.code.value, cause.values)


def span(time: timedelta) -> str:
    """A length of time in its two largest units: ``3 h 5 min``, ``2 days 4 h``."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86_400
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    return (f"{hours} h" if hours else "") + (" " if hours and minutes else "") + (f"{minutes} min" if minutes else "")


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    parts = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def short_day(day: date) -> str:
    """``Nov 25``."""
    return format_date(day, "MMM d", locale="en_US")


class Clock:
    """Times as the desk shows them: in the business time zone, and how long ago."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def exact(self, moment: datetime) -> str:
        """``Nov 25, 2026, 2:04 PM EST``."""
        zone = self._services.policy.terms_for(moment).time_zone
        return format_datetime(moment.astimezone(zone), "MMM d, y, h:mm a z", locale="en_US")

    def hour(self, moment: datetime) -> str:
        """``2:04 PM``, with the day unless it is today."""
        zone = self._services.policy.terms_for(moment).time_zone
        here = moment.astimezone(zone)
        today = here.date() == self._services.clock().astimezone(zone).date()
        return format_datetime(here, "h:mm a" if today else "MMM d, h:mm a", locale="en_US")

    def day(self, moment: datetime) -> str:
        """``Wednesday, November 25``."""
        here = moment.astimezone(self._services.policy.terms_for(moment).time_zone)
        return format_date(here.date(), "EEEE, MMMM d", locale="en_US")

    def ago(self, moment: datetime) -> str:
        """``12 min``: how long it has been."""
        passed = self._services.clock() - moment
        return "just now" if passed < timedelta(minutes=1) else span(passed)

    def now(self) -> datetime:
        """The aware time of now."""
        return self._services.clock()


FILTERS = {"because": because, "money": money, "says": says, "span": span, "initials": initials, "short_day": short_day}

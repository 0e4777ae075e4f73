"""How the desk says things: sums, times, states."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason, MoveCause, Role, Verdict
from bot.cases.services import Services
from bot.policy.facts import Destination, OrderStatus, ProductKind
from bot.wording import say
from bot.wording.causes import cause_words
from bot.wording.formats import exact_moment, short_date, short_moment, short_time, spoken, weekday_date

_LABELS: dict[type[Enum], str] = {
    CaseKind: "kind",
    CaseState: "desk_state",
    ProductKind: "product_kind",
    Cause: "handoff",
    CustomerReason: "reason",
    Verdict: "verdict",
    Role: "role",
}
"""How the messages begin that name the members of an enumeration."""


def money(amount: Decimal | str | None, currency: str) -> str:
    """``$44.00``; a dash for no sum."""
    return "–" if amount is None else spoken(Decimal(amount), currency)


def says(value: Any) -> str:
    """A member of one of the enumerations in words."""
    if isinstance(value, Destination):
        return destination(value)
    if isinstance(value, OrderStatus):
        return say("order_status", status=value.value)
    if type(value) in _LABELS:
        return say(f"{_LABELS[type(value)]}_{value.value}")
    return str(getattr(value, "value", value)).replace("_", " ").capitalize()


def destination(where: Destination) -> str:
    """``the store wallet``."""
    return say("destination_the", destination=where.value)


def method(payment_method: str) -> str:
    """A way to pay in words, as far as it is known."""
    return say("payment_method", method=payment_method).replace("_", " ")


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
        return say("span_days", days=days) + (f" {hours} h" if hours else "")
    return (f"{hours} h" if hours else "") + (" " if hours and minutes else "") + (f"{minutes} min" if minutes else "")


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    parts = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


class Clock:
    """Times as the desk shows them: in the business time zone, and how long ago."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def exact(self, moment: datetime) -> str:
        """``Nov 25, 2026, 2:04 PM EST``."""
        return exact_moment(self._here(moment))

    def hour(self, moment: datetime) -> str:
        """``2:04 PM``, with the day unless it is today."""
        here = self._here(moment)
        today = here.date() == self._services.clock().astimezone(here.tzinfo).date()
        return short_time(here) if today else short_moment(here)

    def day(self, moment: datetime) -> str:
        """``Wednesday, November 25``."""
        return weekday_date(self._here(moment).date())

    def ago(self, moment: datetime) -> str:
        """``12 min``: how long it has been."""
        passed = self._services.clock() - moment
        return say("span_none") if passed < timedelta(minutes=1) else span(passed)

    def now(self) -> datetime:
        """The aware time of now."""
        return self._services.clock()

    def _here(self, moment: datetime) -> datetime:
        return moment.astimezone(self._services.policy.terms_for(moment).time_zone)


FILTERS = {
    "because": because,
    "method": method,
    "money": money,
    "says": says,
    "span": span,
    "initials": initials,
    "short_day": short_date,
}

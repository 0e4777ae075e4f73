"""How the desk says things: sums, times, states."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from babel.dates import format_date, format_datetime

from bot.cases.model import CaseKind, CaseState, Cause, CustomerReason, MoveCause, Role, Verdict
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.wording import say
from bot.wording.causes import cause_words
from bot.wording.formats import spoken

_LABELS: dict[type[Enum], str] = {
    CaseKind: "kind",
    CaseState: "desk_state",
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
    if type(value) in _LABELS:
        return say(f"{_LABELS[type(value)]}_{value.value}")
    return str(getattr(value, "value", value)).replace("_", " ").capitalize()


def destination(where: Destination) -> str:
    """``the store wallet``."""
    return say("destination_the", destination=where.value)


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
        return say("span_none") if passed < timedelta(minutes=1) else span(passed)

    def now(self) -> datetime:
        """The aware time of now."""
        return self._services.clock()


FILTERS = {"because": because, "money": money, "says": says, "span": span, "initials": initials, "short_day": short_day}

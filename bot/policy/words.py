"""Dates and rates as a customer reads them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil

from babel.dates import format_date, format_time
from babel.numbers import format_percent


@lru_cache(maxsize=4096)
def spoken_date(day: date) -> str:
    """``Monday, November 30, 2026``."""
    return format_date(day, "EEEE, MMMM d, y", locale="en_US")


@lru_cache(maxsize=256)
def percent(rate: Decimal) -> str:
    """A fraction as a percentage: ``12%``, ``12.5%``."""
    return format_percent(rate, format="#,##0.####%", locale="en_US")


def spoken_time(moment: datetime) -> str:
    """The time of day of a moment in its own time zone: ``9:00 AM EST``."""
    return format_time(moment, "h:mm a zzz", tzinfo=moment.tzinfo, locale="en_US").replace("\u202f", " ")


def spoken_wait(time: timedelta) -> str:
    """How long to wait, rounded up: ``20 seconds``, ``13 minutes``, ``2 hours``."""
    seconds = max(1, ceil(time.total_seconds()))
    number, unit = (seconds, "second") if seconds <= 60 else (ceil(seconds / 60), "minute")
    if unit == "minute" and number > 120:
        number, unit = ceil(number / 60), "hour"
    return f"{number} {unit}{'' if number == 1 else 's'}"

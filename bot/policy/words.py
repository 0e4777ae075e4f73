"""Dates and rates as a customer reads them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

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

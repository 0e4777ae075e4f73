"""Money, dates, times and rates as people read them, in the forms of a language (CLDR, by Babel)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_percent, get_currency_symbol
from babel.units import format_unit

from bot.policy.money import is_known, rounded, unit_of

_YEAR_BEHIND = re.compile(r"[\s,]*(?:'[^']*'\s*)?y$")
"""The year at the end of a CLDR pattern for dates, with what leads to it: ``, y``, `` 'de' y``."""


@lru_cache(maxsize=4096)
def spoken(amount: Decimal, currency: str, language: str = "en") -> str:
    """``amount`` as a customer reads it: ``$44.00``; with its code, and a space, where there is no symbol:
    ``KWD 5.000``."""
    if not is_known(currency):
        return f"{amount:f} {currency}"
    pattern = _money_pattern(currency, language)
    return format_currency(rounded(amount, currency), currency, locale=language, currency_digits=False, format=pattern)


def _money_pattern(currency: str, language: str) -> str:
    # ISO's minor units, not CLDR's: the two differ for a few currencies, and the sums follow ISO.
    digits = f"{unit_of(currency):f}".partition(".")[2]
    decimals = "." + "0" * len(digits) if digits else ""
    pattern = re.sub(r"0\.0+", f"0{decimals}", Locale.parse(language).currency_formats["standard"].pattern)
    symbol = get_currency_symbol(currency, locale=language)
    # As CLDR spaces currencies: between a letter and a digit, where the pattern has no space of its own.
    pattern = re.sub(r"¤(?=[#0])", "¤ ", pattern) if symbol[-1].isalpha() else pattern
    return re.sub(r"(?<=[#0])¤", " ¤", pattern) if symbol[0].isalpha() else pattern


@lru_cache(maxsize=4096)
def spoken_date(day: date, language: str = "en") -> str:
    """``Monday, November 30, 2026``, also of a time."""
    return format_date(day, "full", locale=language)


@lru_cache(maxsize=256)
def percent(rate: Decimal, language: str = "en") -> str:
    """A fraction as a percentage: ``12%``, ``12.5%``."""
    usual = Locale.parse(language).percent_formats[None].pattern
    return format_percent(rate, format=usual.replace("0", "0.####", 1), locale=language)


def spoken_time(moment: datetime, language: str = "en") -> str:
    """The time of day of a moment in its own time zone: ``9:00 AM EST``."""
    usual = Locale.parse(language).time_formats["short"].pattern
    said = format_time(moment, f"{usual} zzz", tzinfo=moment.tzinfo, locale=language)
    return said.replace("\u202f", " ")


def spoken_moment(moment: datetime, language: str = "en") -> str:
    """A time in its own zone with its day: ``Monday, November 30, 2026, 16:05 (EST)``."""
    return f"{spoken_date(moment.date(), language)}, {moment:%H:%M} ({moment.tzname()})"


def short_date(day: date, language: str = "en") -> str:
    """``Nov 25``."""
    return format_skeleton("MMMd", day, locale=language)


def weekday_date(day: date, language: str = "en") -> str:
    """``Wednesday, November 25``."""
    full = Locale.parse(language).date_formats["full"].pattern
    return format_date(day, _YEAR_BEHIND.sub("", full), locale=language)


def short_time(moment: datetime, language: str = "en") -> str:
    """The time of day in the moment's own zone: ``2:04 PM``."""
    return format_time(moment, "short", tzinfo=moment.tzinfo, locale=language).replace("\u202f", " ")


def short_moment(moment: datetime, language: str = "en") -> str:
    """A time in its own zone with its day: ``Nov 25, 2:04 PM``."""
    return f"{short_date(moment.date(), language)}, {short_time(moment, language)}"


def exact_moment(moment: datetime, language: str = "en") -> str:
    """A time with its year and zone: ``Nov 25, 2026, 2:04 PM EST``."""
    return f"{format_date(moment.date(), 'medium', locale=language)}, {spoken_time(moment, language)}"


def spoken_wait(time: timedelta, language: str = "en") -> str:
    """How long to wait, rounded up: ``20 seconds``, ``13 minutes``, ``2 hours``."""
    seconds = max(1, ceil(time.total_seconds()))
    number, unit = (seconds, "second") if seconds <= 60 else (ceil(seconds / 60), "minute")
    if unit == "minute" and number > 120:
        number, unit = ceil(number / 60), "hour"
    return format_unit(number, f"duration-{unit}", locale=language)

"""Dates and times in the forms of a language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.wording.formats import exact_moment, short_date, short_moment, short_time, spoken, weekday_date

AT = datetime(2026, 11, 25, 14, 4, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Nov 25", "Wednesday, November 25", "2:04 PM", "Nov 25, 2:04 PM", "Nov 25, 2026, 2:04 PM EST"]),
        ("de", ["25. Nov.", "Mittwoch, 25. November", "14:04", "25. Nov., 14:04", "25.11.2026, 14:04 -0500"]),
        ("es", ["25 nov", "miércoles, 25 de noviembre", "14:04", "25 nov, 14:04", "25 nov 2026, 14:04 -0500"]),
    ],
)
def test_the_times_of_the_desk_are_short(language: str, said: list[str]) -> None:
    day = AT.date()
    assert [
        short_date(day, language),
        weekday_date(day, language),
        short_time(AT, language),
        short_moment(AT, language),
        exact_moment(AT, language),
    ] == said


def test_a_language_with_the_year_in_front_keeps_it() -> None:
    assert weekday_date(date(2026, 11, 25), "hu") == "2026. november 25., szerda"


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("5", "KWD", "en", "KWD 5.000"),
        ("-5", "KWD", "en", "-KWD 5.000"),
        ("1234.5", "BGN", "en", "BGN 1,234.50"),
        ("5", "USD", "en", "$5.00"),
        ("5", "CAD", "en", "CA$5.00"),
        ("5", "KWD", "de", "5,000\u00a0KWD"),
    ],
)
def test_a_code_stands_apart_from_its_amount(amount: str, currency: str, language: str, said: str) -> None:
    assert spoken(Decimal(amount), currency, language) == said

"""Messages by code: read once from the files of a language, filled with values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from babel import Locale
from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import FluentType, fluent_number

from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording.formats import percent, spoken, spoken_date, spoken_moment, spoken_time, spoken_wait

DEFAULT = "en"
"""The language that has every message."""
_FOLDER = Path(__file__).parent
LANGUAGES = frozenset(file.parent.name for file in _FOLDER.glob("*/*.ftl"))
"""The languages that have a catalogue, as ISO 639 codes."""

_LONGEST = 2_000
"""Fluent gives up a message with a part longer than 2,500 characters: longer texts are put in afterwards."""
_log = structlog.get_logger(__name__)


def say(code: str, language: str = DEFAULT, **values: Value) -> str:
    """The message of a code in a language, filled with values.

    Sums, dates and rates are written as the language does it. What a language lacks is said in the default one; a
    message or a value that is missing there, too, is logged, and something plain is said: whoever reads it is in the
    middle of their business. Tests turn it into an error.
    """
    said = ""
    for tongue in dict.fromkeys((language if language in LANGUAGES else DEFAULT, DEFAULT)):
        said, problems = _render(tongue, code, values)
        if not problems:
            return said
        on_missing(f"{code} ({tongue}): {', '.join(problems)}")
    return said or code.replace("_", " ").capitalize()


def _log_missing(problem: str) -> None:
    _log.error("wording.missing", problem=problem)


on_missing: Callable[[str], None] = _log_missing
"""What is done about a message or value that is missing."""


@cache
def catalogue(language: str) -> FluentBundle:
    """All messages of a language of LANGUAGES."""
    bundle = FluentBundle([language], functions=FUNCTIONS, use_isolating=False)
    for file in sorted((_FOLDER / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))
    return bundle


def _render(language: str, code: str, values: dict[str, Value]) -> tuple[str, list[str]]:
    """The text, and what is wrong with it."""
    bundle = catalogue(language)
    pattern = bundle.get_message(code).value if bundle.has_message(code) else None
    if pattern is None:
        return "", ["no such message"]
    try:
        values = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
        text, errors = bundle.format_pattern(pattern, {name: _fluent(name, v, language) for name, v in values.items()})
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:  # a value of another kind, such as None
        return "", [f"{type(error).__name__}: {error}"]
    said = str(text)
    for name, value in values.items():
        if isinstance(value, str) and len(value) > _LONGEST:
            said = said.replace(_stand_in(name), value)
    return said, [str(error) for error in errors]


def _stand_in(name: str) -> str:
    return f"\ue000{name}\ue001"


def _fluent(name: str, value: Value, language: str) -> Any:
    """A value as Fluent takes it. A bool becomes ``yes`` or ``no``, for messages that choose by it."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else _stand_in(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return fluent_number(value, useGrouping=False)
    if isinstance(value, Money):
        return spoken(value.amount, value.currency, language)
    if isinstance(value, Decimal):
        return percent(value, language)
    if isinstance(value, date):
        return _Moment(value, language)
    if isinstance(value, timedelta):
        return spoken_wait(value, language)
    return ", ".join(value)


class _Moment(FluentType):
    """A day, or a time with its day, within a message that may ask for ``DAY($at)``, ``TIME($at)`` or ``ISO($at)``."""

    def __init__(self, moment: date, language: str) -> None:
        self.moment = moment
        self.language = language

    def format(self, locale: Locale) -> str:
        if isinstance(self.moment, datetime):
            return spoken_moment(self.moment, self.language)
        return spoken_date(self.moment, self.language)


def _day(at: _Moment) -> Any:
    return spoken_date(at.moment, at.language)


def _time(at: _Moment) -> Any:
    assert isinstance(at.moment, datetime)
    return spoken_time(at.moment, at.language)


def _iso(at: _Moment) -> Any:
    return at.moment.isoformat()


FUNCTIONS: dict[str, Callable[[Any], Any]] = {"DAY": _day, "TIME": _time, "ISO": _iso}
"""What messages may ask of a time."""

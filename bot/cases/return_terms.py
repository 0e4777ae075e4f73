"""Where a shipped card goes back to, and how long it is waited for (R5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

import phonenumbers

EVERYWHERE = ""
"""In place of a country: wherever nothing else is said."""

_COUNTRIES = phonenumbers.SUPPORTED_REGIONS
"""Those of phone numbers: a customer's country is read from one."""
_PART = re.compile(r"(?![A-Z]{2}\s*:\s*$)(?:(?P<country>[A-Z]{2})\s*:\s*)?(?P<text>\S.*)", re.S)


class BadByCountry(ValueError):
    """The text says nothing, the same country twice, or names a country that there is not. ``part`` is that part."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def by_country(text: str) -> Mapping[str, str]:
    """Texts by their country (ISO 3166), EVERYWHERE for the one without: parts with ``|`` between them, each perhaps
    with its country before it. Raises BadByCountry.

    >>> dict(by_country("1 Main St, Albany NY | DE: Hauptstr. 1, Berlin"))
    {'': '1 Main St, Albany NY', 'DE': 'Hauptstr. 1, Berlin'}
    """
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split("|"))):
        match = _PART.fullmatch(part)
        country = (match["country"] if match else None) or EVERYWHERE
        if match is None or country in found or (country and country not in _COUNTRIES):
            raise BadByCountry(part)
        found[country] = " ".join(match["text"].split())
    return found


@dataclass(frozen=True)
class ReturnTerms:
    """Addresses and instructions by the customer's country, as by_country has them; after how long a customer is
    reminded of a card that has not come back (None: never), and after how long a person has the case."""

    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    instructions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    remind_after: timedelta | None = timedelta(days=14)
    overdue_after: timedelta = timedelta(days=30)

    def address(self, country: str | None) -> str:
        """Where a customer of that country sends the card; empty where nothing is set."""
        return _for(self.addresses, country)

    def instruction(self, country: str | None) -> str:
        """What they are told beside it; empty where nothing is set."""
        return _for(self.instructions, country)


def _for(texts: Mapping[str, str], country: str | None) -> str:
    return texts.get(country or EVERYWHERE, texts.get(EVERYWHERE, ""))

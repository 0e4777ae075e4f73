"""Phone numbers: what people write, read by the numbering plans of all countries, and when two of them are the same.

Two numbers with their countries are the same if all digits are. A number without one is of the company's own country
if there is such a number; else it is the same as a number of any country that is it without the country code, all of
it: the last digits of a number prove nothing. Extensions are no part of it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from bot.cases.hashes import same

FEWEST, MOST = 7, 15
"""How many digits a phone number has."""
OWN = "US"
"""The country of the embedded terms."""
EXTENSION = r"(?:[\s,;]*(?:ext(?:ension)?\b\.?|x|#)\s*[0-9]{1,5}(?![0-9]))"
"""What follows a number within a company; six digits would be an order number."""

_EXTENSION = re.compile(rf"{EXTENSION}\s*$", re.I)
_LONGEST = len("011") + MOST + len("0")
"""With a prefix for calls abroad, and with a zero that is dialled within the country only."""
_MEXICO, _AMERICA = 52, 1
_NO_COUNTRY = phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY


@dataclass(frozen=True)
class PhoneKeys:
    """What two numbers are compared by, in plain or hashed: ``whole`` with the country, None where none is known, and
    ``national`` within it, None where there is no number."""

    whole: str | None
    national: str | None

    def agree(self, other: PhoneKeys) -> bool:
        """Whether both are the same number. Both comparisons are always made, so that the answer takes as long
        whichever decides."""
        whole, short = same(self.whole, other.whole), same(self.national, other.national)
        return whole or (short and (self.whole is None or other.whole is None))


def phone_keys(text: str | None, country: str = OWN) -> PhoneKeys:
    """What a number is compared by, however it is written; ``country`` (ISO 3166) is the company's own.

    >>> phone_keys("+44 (0)20 7946 0958")
    PhoneKeys(whole='+442079460958', national='2079460958')
    >>> phone_keys("212-555-0100 ext 5").whole, phone_keys("020 7946 0958").whole
    ('+12125550100', None)
    """
    written = _written(text)
    digits = written.lstrip("+")
    if not FEWEST <= len(digits) <= _LONGEST:
        return PhoneKeys(None, None)
    number = _parsed(written, country)
    if number is None:
        return PhoneKeys(written, None) if written.startswith("+") else PhoneKeys(None, _short(digits))
    short = phonenumbers.national_significant_number(number)
    whole = f"+{number.country_code}{short}"
    if written.startswith("+") or _is_american(digits, number) or phonenumbers.is_valid_number(number):
        return PhoneKeys(whole, _short(short)) if len(whole) - 1 <= MOST else PhoneKeys(None, None)
    is_own = phonenumbers.parse(written, country, keep_raw_input=True).country_code_source == _NO_COUNTRY
    return PhoneKeys(None, _short(short if is_own else digits))


def normal_phone(text: str | None) -> str | None:
    """A phone number as digits, with a plus if it names its country; None where there is none.

    >>> normal_phone("+1 (212) 555-0100"), normal_phone("0044 20 7946 0958"), normal_phone("(020) 7946 0958")
    ('+12125550100', '+442079460958', '02079460958')
    """
    written, keys = _written(text), phone_keys(text)
    if keys == PhoneKeys(None, None):
        return None
    number = _parsed(written, OWN)
    names_country = written.startswith("+") or (number is not None and _is_american(written, number))
    return keys.whole if names_country else written


def country_of(text: str | None, country: str = OWN) -> str | None:
    """The country of a number (ISO 3166), as far as it is known; ``country`` is the company's own.

    >>> country_of("+49 30 901820"), country_of("212-555-0100"), country_of("020 7946 0958")
    ('DE', 'US', None)
    """
    number = _parsed(_written(text), country)
    found: str | None = phonenumbers.region_code_for_number(number) if number is not None else None
    return found


def _written(text: str | None) -> str:
    """The digits without an extension; with a plus where the country code comes first."""
    plain = _EXTENSION.sub("", unicodedata.normalize("NFKC", text or "").strip())
    digits = re.sub(r"[^0-9]", "", plain)
    if not plain.startswith("+") and not digits.startswith("00"):
        return digits
    return f"+{digits if plain.startswith('+') else digits[2:]}"


def _parsed(written: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    short = phonenumbers.national_significant_number(number)
    if number.country_code == _MEXICO and len(short) == 11 and short.startswith("1"):
        number.national_number = int(short[1:])  # the 1 was dialled before mobile numbers until 2019
    return number


def _is_american(digits: str, number: phonenumbers.PhoneNumber) -> bool:
    """Whether a number of North America has its country code, which is dialled there without a plus."""
    return number.country_code == _AMERICA and len(digits) == 11 and digits.startswith("1")


def _short(national: str) -> str | None:
    """A number within its country, without the zero that some countries dial before it."""
    short = national.lstrip("0")
    return short if len(short) >= FEWEST else None

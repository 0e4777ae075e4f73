"""Phone numbers: one form for what people write, and when two of them are the same number.

Two international numbers are the same if all digits are. A national number is the same as an international one if it is
that number without its country code, all of it: the last digits of a number prove nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.cases.hashes import same

FEWEST, MOST = 7, 15
"""How many digits a phone number has."""

_TWO_DIGIT_CODES = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
    "81 82 84 86 90 91 92 93 94 95 98".split()
)


def normal_phone(text: str | None) -> str | None:
    """A phone number as digits, with a plus if it names its country; None where there is none.

    >>> normal_phone("+1 (212) 555-0100"), normal_phone("0044 20 7946 0958"), normal_phone("(020) 7946 0958")
    ('+12125550100', '+442079460958', '02079460958')
    """
    plain = (text or "").strip()
    digits = re.sub(r"[^0-9]", "", plain)
    international = plain.startswith("+")
    if not international and digits.startswith("00"):
        digits, international = digits[2:], True
    elif not international and len(digits) == 11 and digits.startswith("1"):
        international = True  # in the company's own country the code is often written without the plus
    if not FEWEST <= len(digits) <= MOST:
        return None
    return f"+{digits}" if international else digits


def national(phone: str) -> str:
    """The number within its country, without the zero that some countries dial before it."""
    if not phone.startswith("+"):
        return phone.lstrip("0")
    digits = phone[1:]
    code = 1 if digits[0] in "17" else 2 if digits[:2] in _TWO_DIGIT_CODES else 3
    return digits[code:].lstrip("0")


@dataclass(frozen=True)
class PhoneKeys:
    """What two numbers are compared by, in plain or hashed: ``whole`` with the country, None where none is named, and
    ``national`` within it, None where there is no number."""

    whole: str | None
    national: str | None

    def agree(self, other: PhoneKeys) -> bool:
        """Whether both are the same number. Both comparisons are always made, so that the answer takes as long
        whichever decides."""
        whole, short = same(self.whole, other.whole), same(self.national, other.national)
        return whole or (short and (self.whole is None or other.whole is None))


def phone_keys(text: str | None) -> PhoneKeys:
    """What a number is compared by, however it is written."""
    number = normal_phone(text)
    short = national(number) if number else ""
    whole = number if number and number.startswith("+") else None
    return PhoneKeys(whole, short if len(short) >= FEWEST else None)


def phones_agree(known: str | None, given: str | None) -> bool:
    """Whether two numbers, however they are written, are the same; a missing one agrees with none."""
    return phone_keys(known).agree(phone_keys(given))

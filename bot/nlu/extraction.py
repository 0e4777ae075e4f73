"""Order numbers, e-mail addresses and destinations in what people write: rules, because here a rule is exact."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_WORD = "|".join(_DIGIT_WORDS)
_SPOKEN = re.compile(
    rf"\b(?:(?:double|triple)\s+(?:{_WORD})|{_WORD})(?:[\s,-]+(?:(?:double|triple)\s+(?:{_WORD})|{_WORD}))+\b"
)
_EMAIL = re.compile(r"[a-z0-9._%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.I)
# Six digits, perhaps in groups; not a part of a longer number, an amount, a date or a phone number.
_SIX = r"\d(?:[ .\u2009-]?\d){5}"
_WITH_PREFIX = re.compile(rf"(?<![a-z0-9])c\s?[-_.]?\s?c\s*[-–—_#:.]?\s*({_SIX})(?!\d)", re.I)
_BARE = re.compile(
    rf"(?<![\d$€£+@.,/-])(?<!\d[ :])#?({_SIX})(?!\d)(?![ ]?\d)(?![.,:/@-]\d)(?!\s*(?:dollars|usd|euros?|bucks|%))", re.I
)

_WALLET = re.compile(
    r"\b(wallet|store credit|shop credit|credit on (?:the|my) (?:store|account)|store balance)\b", re.I
)
_ORIGINAL = re.compile(
    r"\b(original (?:payment )?method|(?:original|same) (?:payment|card|way|method|account)|"
    r"(?:back )?(?:to|on|onto) (?:my|the) (?:\w+ )?(?:card|bank|account|paypal|visa|mastercard)|"
    r"(?:credit|debit|bank) card|paypal|visa|mastercard|amex|how i paid|way i paid|payment method)\b",
    re.I,
)
_NOT = re.compile(r"\b(?:not|no|don'?t want|instead of|rather than|except)\b[^,.;]{0,20}$", re.I)


@dataclass(frozen=True)
class Extracted:
    """A value found in a text, and where."""

    entity: str
    value: str
    start: int
    end: int


def extract(text: str) -> list[Extracted]:
    """Everything the rules find, in the order of the text; ``value`` is normalised."""
    plain = _same_length_ascii(text)
    emails = [Extracted("email", m.group().strip("'.").lower(), m.start(), m.end()) for m in _EMAIL.finditer(plain)]
    for email in emails:
        plain = plain[: email.start] + "@" * (email.end - email.start) + plain[email.end :]
    return sorted([*emails, *_order_numbers(plain), *_destinations(plain)], key=lambda found: found.start)


def _order_numbers(text: str) -> list[Extracted]:
    found: list[Extracted] = []
    for pattern in (_WITH_PREFIX, _BARE):
        for match in pattern.finditer(text):
            if not any(match.start() < other.end and other.start < match.end() for other in found):
                digits = re.sub(r"\D", "", match.group(1))
                found.append(Extracted("order_number", f"CC-{digits}", match.start(), match.end()))
    for match in _SPOKEN.finditer(text.lower()):
        digits = _spoken_digits(match.group())
        if len(digits) == 6:
            found.append(Extracted("order_number", f"CC-{digits}", match.start(), match.end()))
    return found


def _spoken_digits(words: str) -> str:
    digits, times = "", 1
    for word in re.findall(r"[a-z]+", words):
        if word in ("double", "triple"):
            times = 2 if word == "double" else 3
        else:
            digits += _DIGIT_WORDS[word] * times
            times = 1
    return digits


def _destinations(text: str) -> list[Extracted]:
    found = []
    for pattern, value in ((_WALLET, "wallet"), (_ORIGINAL, "original_payment_method")):
        for match in pattern.finditer(text):
            if not _NOT.search(text[: match.start()]):
                found.append(Extracted("destination", value, match.start(), match.end()))
    return found


def _same_length_ascii(text: str) -> str:
    """Full-width and other digits and letters as plain ones, position by position."""
    return "".join(folded if len(folded := unicodedata.normalize("NFKC", char)) == 1 else char for char in text)

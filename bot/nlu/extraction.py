"""Order numbers, references of requests, addresses, phone numbers, destinations, sums and dates in what people write.

Rules, because here a rule is exact.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot import order_numbers
from bot.cases.identity.addresses import plain_address
from bot.cases.identity.phones import EXTENSION, normal_phone, phone_keys

_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_WORD = "|".join(_DIGIT_WORDS)
_SPOKEN = re.compile(
    rf"\b(?:(?:double|triple)\s+(?:{_WORD})|{_WORD})(?:[\s,-]+(?:(?:double|triple)\s+(?:{_WORD})|{_WORD}))+\b"
)
# With the apostrophes and hyphens of phone keyboards; dashes are none, since they also stand between words.
_EMAIL = re.compile(
    r"[a-z0-9._%+'\u2018\u2019\u02bc\u2032\u00b4\u2010-]+@[a-z0-9\u2010-]+(?:\.[a-z0-9\u2010-]+)*\.[a-z]{2,}", re.I
)

# A run of digits as phone numbers are written. What of such a run is a phone number is decided in _phones.
_RUN = re.compile(
    r"(?<![\w@$€£#.,/:+-])(?P<number>(?P<country>\+|00)?[ (]{0,2}\d(?:[ .()\u2009\u2010-]{0,3}\d)*)"
    rf"{EXTENSION}?",
    re.I,
)
_DAY = re.compile(r"\d{1,2}[-.]\d{1,2}[-.]\d{2,4}|\d{4}[-.]\d{1,2}[-.]\d{1,2}|\d{4} \d{4} \d{4}")
"""Runs that are a date, or the digits of a card."""
_PHONE_WORD = re.compile(r"\b(?:phone|telephone|tel|mobile|cell|whatsapp)\b[^.!?\n]{0,30}$", re.I)
_OTHER_NUMBER = re.compile(
    r"\b(?:pin|code|card|serial|imei|sim|tracking|member(?:ship)?|account|subscription|receipt|invoice|transaction)\b"
    r"[^.!?\n]{0,20}$|\b(?:order|purchase)(?: number| nr| no)?[\s.:#]*$",
    re.I,
)

_REFERENCE = re.compile(r"\bRD[-– ]?([34679ACDEFGHJKMNPQRTWXY]{6})\b", re.I)
_WALLET = re.compile(
    r"\b(wal+e?t+|store credit|shop credit|credit on (?:the|my) (?:store|account)|store balance)\b", re.I
)
_ORIGINAL = re.compile(
    r"\b(original (?:payment )?method|(?:original|same) (?:payment|card|way|method|account)|"
    r"(?:back )?(?:to|on|onto) (?:my|the) (?:\w+ )?(?:card|bank|account|paypal|visa|mastercard)|"
    r"(?:credit|debit|bank) card|paypal|visa|mastercard|amex|how i paid|way i paid|payment method)\b",
    re.I,
)
_NOT = re.compile(
    r"\b(?:not|no|don'?t want|instead of|rather than|except)\b[^,.;]{0,20}$",
    re.I,
)
_LEFT = re.compile(r"\b(?:left|remains|remaining|balance|credit|still|minutes|have|is|was|are|were)\s+$", re.I)
"""Before a card: what is on it, and no wish where money should go."""


_CURRENCIES = {
    "$": "USD", "usd": "USD", "us$": "USD", "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,7}(?:\.\d{1,2})?"
_NAMES = "|".join(name for name in _CURRENCIES if name.isalpha())
_AMOUNT = re.compile(
    rf"(?:(?P<before>us\$|[$€£]|\b(?:usd|eur|gbp))\s?(?P<number>{_NUMBER})"
    rf"|(?<![\w.,-])(?P<plain>{_NUMBER})\s?(?P<after>[$€£]|(?:{_NAMES})\b))(?![\d])",
    re.I,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,september sept sep,"
        "october oct,november nov,december dec".split(","),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(_MONTHS)
_DATES = (
    re.compile(r"(?<![\w-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])"),
    re.compile(
        rf"\b(?P<name>{_MONTH})\.?\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
        r"(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?",
        re.I,
    ),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_MONTH})\b\.?(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?",
        re.I,
    ),
)


@dataclass(frozen=True)
class Extracted:
    """A value found in a text, and where. An ``amount`` is a decimal with its currency (``50.00 USD``), a ``date`` ISO
    8601, without its year (``--11-20``) where none was said."""

    entity: str
    value: str
    start: int
    end: int


def extract(text: str) -> list[Extracted]:
    """Everything the rules find, in the order of the text; ``value`` is normalised."""
    plain = _same_length_ascii(text)
    named = [
        Extracted("email", plain_address(m.group()).strip("'."), m.start(), m.end()) for m in _EMAIL.finditer(plain)
    ]
    named += [Extracted("reference", f"RD-{m[1].upper()}", m.start(), m.end()) for m in _REFERENCE.finditer(plain)]
    plain = _without(plain, named)  # no digits in these are an order number
    measured = [*_amounts(plain), *_dates(plain)]
    phones = _phones(_without(plain, [*measured, *_prefixed_order_numbers(plain)]))
    found = [*named, *measured, *phones, *_order_numbers(_without(plain, phones)), *_destinations(plain)]
    return sorted(found, key=lambda item: item.start)


def _without(text: str, found: list[Extracted]) -> str:
    """The text with what was found made unreadable, position by position."""
    for item in found:
        text = text[: item.start] + "@" * (item.end - item.start) + text[item.end :]
    return text


def _prefixed_order_numbers(text: str) -> list[Extracted]:
    """Those that are told by more than their digits, which may be a phone number as well."""
    numbers = order_numbers.in_use()
    found = [Extracted("order_number", "", match.start(), match.end()) for match in numbers.loose.finditer(text)]
    return [one for one in found if numbers.prefix or not _PHONE_WORD.search(text[: one.start])]


def _phones(text: str) -> list[Extracted]:
    """Runs of digits that name their country, or are as long as a number with its area code; shorter ones where the
    words before say that it is a phone number, longer ones that the numbering plans have. What the words call another
    number, a date or a card is none."""
    found = []
    for match in _RUN.finditer(text):
        before, after, run = text[: match.start()], text[match.end() :], match["number"].strip(" ")
        digits = sum(char.isdigit() for char in run)
        if re.match(r"[\w@%$€£]|[,:/]\d", after) or _DAY.fullmatch(run):
            continue
        if match["country"]:
            is_one = digits >= (8 if match["country"] == "+" else 12)
        elif digits > 12:
            is_one = phone_keys(run).whole is not None and not _OTHER_NUMBER.search(before)
        elif _PHONE_WORD.search(before):
            is_one = digits >= 7
        else:
            is_one = digits >= 10 and not _OTHER_NUMBER.search(before)
        value = normal_phone(run) if is_one else None
        if value is not None:
            found.append(Extracted("phone", value, match.end() - len(match.group().lstrip(" ")), match.end()))
    return found


def _order_numbers(text: str) -> list[Extracted]:
    numbers = order_numbers.in_use()
    found: list[Extracted] = []
    for pattern in filter(None, (numbers.loose, numbers.bare)):
        for match in pattern.finditer(text):
            if not any(match.start() < other.end and other.start < match.end() for other in found):
                found.append(Extracted("order_number", numbers.written(match), match.start(), match.end()))
    for match in _SPOKEN.finditer(text.lower()):
        digits = _spoken_digits(match.group())
        number = numbers.typed(digits) if len(digits) in numbers.spoken_lengths else None
        if number is not None:
            found.append(Extracted("order_number", number, match.start(), match.end()))
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
            before = text[: match.start()]
            if not _NOT.search(before) and not (pattern is _ORIGINAL and _LEFT.search(before)):
                found.append(Extracted("destination", value, match.start(), match.end()))
    return found


def _amounts(text: str) -> list[Extracted]:
    found = []
    for match in _AMOUNT.finditer(text):
        currency = _CURRENCIES[(match["before"] or match["after"]).lower()]
        number = Decimal((match["number"] or match["plain"]).replace(",", ""))
        found.append(Extracted("amount", f"{number:.2f} {currency}", match.start(), match.end()))
    return found


def _dates(text: str) -> list[Extracted]:
    found: list[Extracted] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            month = int(groups.get("month") or _MONTHS[groups["name"].lower()])
            try:  # 2024 had a February 29th
                day = date(int(groups["year"] or 2024), month, int(groups["day"]))
            except ValueError:
                continue
            value = day.isoformat() if groups["year"] else f"--{day:%m-%d}"
            if not any(match.start() < other.end and other.start < match.end() for other in found):
                found.append(Extracted("date", value, match.start(), match.end()))
    return found


def _same_length_ascii(text: str) -> str:
    """Full-width and other digits and letters as plain ones, position by position. NFKC makes one of both hyphens."""
    return "".join(folded if len(folded := unicodedata.normalize("NFKC", char)) == 1 else char for char in text)

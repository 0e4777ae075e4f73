"""How this shop writes its order numbers, and how people write them. The only place that knows.

The setting ``REFUND_DESK_ORDER_NUMBERS`` is an example (``CC-104233``), or a prefix or pattern and an example behind it
(``SO\\d{4}-\\d{5} SO2026-00017``). What the form is made of are literal parts and runs of digits or letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

DEFAULT = "CC-104233"
LONGEST = 40
"""How many characters an order number may have."""

_MOST_DIGITS = 12
"""Longer runs are the numbers of payment cards, which are never kept."""
_GROWS_BELOW = 6
_GROWS_TO = 9
"""A counter that is written without zeros before it, such as ``#1001``, has a digit more one day."""
_SHORT = 5
"""Bare digits below that are a year, a sum or an amount as well."""
_KINDS = {r"\d": r"\d", "[0-9]": r"\d", "[A-Z]": "[A-Z]", "[A-Z0-9]": "[A-Z0-9]"}
_PIECE = re.compile(
    r"(?P<kind>\\d|\[0-9\]|\[A-Z\]|\[A-Z0-9\])(?:\{(?P<least>\d{1,2})(?:,(?P<most>\d{1,2}))?\}|(?P<many>\+))?"
    r"|\\(?P<escaped>[^A-Za-z0-9])|(?P<plain>[A-Za-z0-9#_/:.-])"
)
_ANY_MARK = r"[-–—_#:.]"
_BETWEEN_LETTERS = r"\s?[-_.]?\s?"
_BETWEEN_DIGITS = r"[ .\u2009-]?"
_CALLED = r"(?:order|number|nr|no)\b(?:\s+is\b)?[\s.:#]*"
"""What a few bare digits need before them to be an order number."""
_SUM = r"\d{4}\.\d\d(?!\d)"


class BadForm(ValueError):
    """The setting is none; the message ``setting_order_numbers_<code>`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Part:
    """A run of characters of a ``kind`` (a class of a regular expression), from ``least`` to ``most`` of them; or, with
    an empty kind, the text that stands there as it is."""

    text: str = ""
    kind: str = ""
    least: int = 0
    most: int = 0

    @property
    def exact(self) -> str:
        """The part as the shop writes it."""
        return f"({self.kind}{{{self.least},{self.most}}})" if self.kind else re.escape(self.text)

    @property
    def loose(self) -> str:
        """The part as people write it: with spaces between, another mark or none, in lower case."""
        if self.kind:
            one = f"{_BETWEEN_DIGITS}{self.kind}"
            return f"({self.kind}(?:{one}){{{self.least - 1},{self.most - 1}}})"
        pieces = re.findall(r"[A-Za-z0-9]+|[^A-Za-z0-9]+", self.text)
        mark = rf"\s*{_ANY_MARK}?\s*"
        spelled = "".join(_BETWEEN_LETTERS.join(piece) if piece.isalnum() else mark for piece in pieces)
        return spelled + mark if pieces[-1].isalnum() else spelled


@dataclass(frozen=True)
class OrderNumbers:
    """A form of order numbers, with an ``example`` of it that customers are shown."""

    parts: tuple[Part, ...]
    example: str

    @classmethod
    def parse(cls, text: str) -> OrderNumbers:
        """The form that a setting describes. Raises BadForm."""
        words = text.split()
        if not 1 <= len(words) <= 2:
            raise BadForm("words")
        example = words[-1]
        if len(words) == 1:
            parts = _parts_of_example(example)
        elif example.startswith(words[0]) and example != words[0]:
            parts = (Part(words[0]), *_parts_of_example(example[len(words[0]) :]))
        else:
            parts = _parts_of_pattern(words[0])
        form = cls(parts, example)
        if not any(part.kind for part in parts):
            raise BadForm("fixed")
        if any(part.most > _MOST_DIGITS or part.least < 1 or part.least > part.most for part in parts if part.kind):
            raise BadForm("run")
        if sum(part.most or len(part.text) for part in parts) > LONGEST:
            raise BadForm("long")
        if not form.is_number(example):
            raise BadForm("example")
        return form

    # As the shop writes them

    def is_number(self, text: str) -> bool:
        """Whether a text is an order number as the shop writes it."""
        return self._exact.fullmatch(text) is not None

    def counted(self, count: int) -> str | None:
        """The number of a shop that counts its orders; None where the form is no counter, or has no room."""
        if self._counter is None:
            return None
        number = "".join(f"{count:0{part.least}}" if part.kind else part.text for part in self.parts)
        return number if self.is_number(number) else None

    def count_of(self, number: str) -> int | None:
        """The inverse of ``counted``."""
        match = self._exact.fullmatch(number)
        return int(match[1]) if match and self._counter else None

    @property
    def nobody(self) -> str:
        """A number that asks for nothing: whoever answers that it is unknown has understood the question."""
        kinds = {"[A-Z]": "A"}
        return "".join(kinds.get(part.kind, "0") * part.least if part.kind else part.text for part in self.parts)

    @property
    def prefix(self) -> str:
        """What stands before the first part that counts; empty for nothing."""
        return "" if self.parts[0].kind else self.parts[0].text

    # As people write them

    def typed(self, text: str) -> str | None:
        """The order number that a text is, in any spelling; None where it is none."""
        if self.is_number(text):
            return text
        match = self.loose.fullmatch(text) or (self._bare and self._bare.fullmatch(text))
        return self.written(match) if match else None

    def written(self, match: re.Match[str]) -> str:
        """What was found by ``loose`` or ``bare``, as the shop writes it."""
        runs = iter(match.groups())
        return "".join(
            re.sub(r"[^0-9A-Z]", "", str(next(runs)).upper()) if part.kind else part.text for part in self.parts
        )

    @cached_property
    def loose(self) -> re.Pattern[str]:
        """A number with its prefix anywhere in a text; a group for each run."""
        start = "".join(part.loose for part in self.parts)
        if self._counter is None or re.search("[A-Za-z0-9]", self.prefix):
            return re.compile(rf"(?<![a-z0-9]){start}(?![0-9])", re.I)
        if self.bare and not self.prefix:
            return self.bare
        marks = rf"{re.escape(self.prefix)}\s*|" if self.prefix else ""
        return re.compile(rf"(?<![a-z0-9])(?:{marks}{_CALLED})" + rf"{self._counter.loose}(?![0-9])", re.I)

    @cached_property
    def bare(self) -> re.Pattern[str] | None:
        """The digits alone; not a part of a longer number, a sum, a date or a phone number. None where the form has
        more than a prefix and digits, or so few of them that other numbers look alike."""
        if self._counter is None or self._counter.least < _SHORT:
            return None
        return re.compile(
            rf"(?<![\d$€£+@.,/-])(?<!\d[ :])#?(?!{_SUM}){self._counter.loose}"
            r"(?![ ]?\d)(?![.,:/@-]\d)(?!\s*(?:dollars|usd|euros?|bucks|%))",
            re.I,
        )

    @property
    def spoken_lengths(self) -> range:
        """How many digits in words are an order number."""
        counter = self._counter
        return range(counter.least, counter.most + 1) if counter and counter.least >= _SHORT else range(0)

    def has_prefix(self, text: str) -> bool:
        """Whether the letters of the prefix stand in a text: beside them digits are no code."""
        letters = re.sub("[^a-z]", "", self.prefix.lower())
        return bool(letters) and letters in text.lower()

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        return re.compile("".join(part.exact for part in self.parts), re.ASCII)

    @cached_property
    def _bare(self) -> re.Pattern[str] | None:
        return None if self._counter is None else re.compile(rf"#?{self._counter.loose}", re.I)

    @property
    def _counter(self) -> Part | None:
        """The one run of digits behind the prefix; None where there is more to it."""
        runs = [part for part in self.parts if part.kind]
        return runs[0] if len(runs) == 1 and runs[0].kind == r"\d" and self.parts[-1].kind else None


def digits_anywhere(number: str) -> str:
    """The expression that finds an order number in what was written, by its digits."""
    return r"\D{0,3}".join(re.sub(r"\D", "", number))


def _parts_of_example(example: str) -> tuple[Part, ...]:
    found = re.findall(r"\d+|\D+", example)
    return tuple(_run_of(text, index == len(found) - 1) if text[0].isdigit() else Part(text) for index, text in
                 enumerate(found))  # fmt: skip


def _run_of(digits: str, is_last: bool) -> Part:
    grows = is_last and len(digits) < _GROWS_BELOW and digits[0] != "0"
    return Part(kind=r"\d", least=len(digits), most=_GROWS_TO if grows else len(digits))


def _parts_of_pattern(pattern: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for part in _pieces(pattern):
        if not part.kind and parts and not parts[-1].kind:
            parts[-1] = Part(parts[-1].text + part.text)
        else:
            parts.append(part)
    return tuple(parts)


def _pieces(pattern: str) -> Iterator[Part]:
    at = 0
    while at < len(pattern):
        match = _PIECE.match(pattern, at)
        if match is None:
            raise BadForm("pattern")
        at = match.end()
        if match["kind"] is None:
            yield Part(match["escaped"] or match["plain"])
            continue
        least = 1 if match["many"] else int(match["least"] or 1)
        most = _MOST_DIGITS if match["many"] else int(match["most"] or least)
        yield Part(kind=_KINDS[match["kind"]], least=least, most=most)


_chosen: list[OrderNumbers] = []


def choose(text: str) -> None:
    """Take this setting for the process. Raises BadForm."""
    _chosen[:] = [_parsed(text)]


def in_use() -> OrderNumbers:
    """The form of this process: the one that was chosen, else the usual one."""
    return _chosen[0] if _chosen else _parsed(DEFAULT)


@lru_cache(maxsize=16)
def _parsed(text: str) -> OrderNumbers:
    return OrderNumbers.parse(text)

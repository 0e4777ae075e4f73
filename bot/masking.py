"""Card numbers in a text: recognised, and nothing of them kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.wording import say

_SHORTEST, _LONGEST = 13, 19
_LONGEST_PHONE = 15  # E.164
_MOST_SEPARATORS = 3
_SEPARATORS = frozenset("\t\n\r./_·•−")
_EQUAL_GROUPS = (1, 2, 3, 4, 8)
"""Lengths of equal groups in which people write a card number; the last may be shorter. Six is an order number."""
_OTHER_GROUPS = frozenset({(4, 6, 5), (4, 6, 4), (4, 4, 5), (4, 3, 3, 3), (4, 4, 4, 5), (4, 4, 4, 6), (4, 4, 4, 7)})


@dataclass(frozen=True)
class _Group:
    """A run of digits in the text: as plain digits, where it stands, and what separates it from the one before."""

    digits: str
    start: int
    end: int
    separator: str


def mask_cards(text: str) -> tuple[str, bool]:
    """The text with each card number replaced, and whether there was any.

    A card number has 13 to 19 digits of any script, passes Luhn's check, begins with 2 to 6, and is written without
    spaces or in groups as on cards. Groups of six digits are order numbers, never a card.
    """
    spans = sorted(span for run in _runs(text) for span in _cards(run, _plus_before(text, run[0].start)))
    if not spans:
        return text, False
    pieces: list[str] = []
    done = 0
    for start, end in _merged(spans):
        pieces += [text[done:start], say("stands_for_card")]
        done = end
    return "".join([*pieces, text[done:]]), True


def _runs(text: str) -> Iterator[list[_Group]]:
    """Groups of digits that nothing but a few separators parts from each other."""
    run: list[_Group] = []
    digits, start, end, separator = "", 0, 0, ""
    for position, character in enumerate(text):
        digit = unicodedata.digit(character, None)
        if digit is not None:
            if not digits:
                start = position
            digits += str(digit)
            end = position + 1
            continue
        if unicodedata.category(character) == "Cf":
            continue  # such as a zero-width space: nobody sees it
        if digits:
            run.append(_Group(digits, start, end, separator))
            digits = separator = ""
        if run and len(separator) < _MOST_SEPARATORS and _separates(character):
            separator += character
        elif run:
            yield run
            run, separator = [], ""
    if digits:
        run.append(_Group(digits, start, end, separator))
    if run:
        yield run


def _separates(character: str) -> bool:
    return character in _SEPARATORS or unicodedata.category(character) in ("Zs", "Pd")


def _plus_before(text: str, start: int) -> bool:
    return re.search(r"[+＋]\W?$", text[max(0, start - 2) : start]) is not None


def _cards(run: list[_Group], plus: bool) -> Iterator[tuple[int, int]]:
    """Where card numbers stand in a run. After a plus sign, what can be a phone number is one."""
    if plus and sum(len(group.digits) for group in run) <= _LONGEST_PHONE:
        return
    for start in range(len(run)):
        for end in range(start + 1, len(run) + 1):
            groups = run[start:end]
            digits = "".join(group.digits for group in groups)
            if len(digits) > _LONGEST:
                break
            if plus and start == 0 and len(digits) <= _LONGEST_PHONE:
                continue
            if len(digits) >= _SHORTEST and digits[0] in "23456" and _grouped(groups) and _luhn(digits):
                yield groups[0].start, groups[-1].end


def _grouped(groups: list[_Group]) -> bool:
    """Whether the digits are grouped as people group those of a card."""
    lengths = tuple(len(group.digits) for group in groups)
    separators = {group.separator for group in groups[1:]}
    if len(groups) == 1 or lengths in _OTHER_GROUPS:
        return True
    size = lengths[0]
    if size not in _EQUAL_GROUPS or set(lengths[:-1]) != {size} or lengths[-1] > size:
        return False
    # Sums and dates in a row look like short groups, but with a dot here and a space there.
    return size == 4 or (len(separators) == 1 and len(separators.pop()) == 1)


def _luhn(digits: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 * (digit > 9)
    return total % 10 == 0


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

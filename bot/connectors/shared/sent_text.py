"""Which lines of a mail are our own text, however the program that quotes it has set it: marked or not, and wrapped
elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

_LEAST_WORDS = 4
"""Of a line of ours, to be told from what a customer may say."""
_QUOTES = "> \t"


def marked(lines: Sequence[str], sent: Sequence[str]) -> list[str]:
    """The lines, with ">" for those that are of one of the texts that were ``sent``. A text of which not all is there
    is not known for sure, and left as it is."""
    found, words = list(lines), " ".join(" ".join(_bare(line) for line in lines).split())
    for text in dict.fromkeys(sent):
        first = next((line for line in _lines(text) if _is_long(line)), None)
        if first is not None and first in words:
            found = _marked(found, text)
    return found


def _marked(lines: list[str], text: str) -> list[str]:
    ours = _lines(text)
    bare = [_bare(line) for line in lines]
    starts, joined = [], " "
    for line in bare:
        starts.append(len(joined))
        joined += f"{line} " if line else ""
    ends, rests, short, place = dict[int, int](), dict[int, str](), Counter[str](), 0
    for line in ours:
        if not _is_long(line):
            short[line] += 1
            continue
        begin = joined.find(f" {line} ", place) + 1
        if not begin:
            return lines
        place = begin + len(line)
        for row in range(bisect_right(starts, begin) - 1, bisect_right(starts, place - 1)):
            # What is left of a row that we have written a part of stands before it, between and behind.
            before = bare[row][ends.get(row, 0) : max(0, begin - starts[row])]
            rests[row] = f"{rests.get(row, '')} {before}"
            ends[row] = place - starts[row]
    rests = {row: f"{rest} {bare[row][ends[row] :]}".strip() for row, rest in rests.items()}
    # Below first: that is where our choices stand, and what is written above an answer is the customer's.
    known = sorted(rests)
    for row in known:
        _take_short(bare, rests, short, range(row + 1, len(bare)))
    for row in known:
        _take_short(bare, rests, short, range(row - 1, -1, -1))
    return [
        line if rests.get(row) is None or line.startswith(">") else rests[row] or ">" for row, line in enumerate(lines)
    ]


def _bare(line: str) -> str:
    return " ".join(line.lstrip(_QUOTES).split())


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _is_long(line: str) -> bool:
    return line.count(" ") + 1 >= _LEAST_WORDS


def _take_short(bare: Sequence[str], rests: dict[int, str], short: Counter[str], rows: range) -> None:
    """Take short lines of ours, such as what stands on a button, where they stand next to a longer one; each as often
    as we have sent it, since the customer may choose by writing the same."""
    for row in rows:
        if row in rests:
            return
        if bare[row] and not short[bare[row]]:
            return
        if bare[row]:
            short[bare[row]] -= 1
            rests[row] = ""

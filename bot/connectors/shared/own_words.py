"""What somebody has written in a mail, without what they quote and how they sign: in English, German, French, Spanish,
Dutch, Portuguese and Italian. Customers' mail and that of a help desk are read alike.

What we have sent ourselves is known, however a program has set it. Else a program that quotes says so with ">" before
each line, or with a line or a block before all of it. Words of the writer may stand above, below or between; below a
quotation without marks they can't be told from it, so that nothing is taken for theirs there: a yes that is read out of
a quotation would be nobody's yes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.connectors.shared.quotations import (
    is_unknown_attribution,
    length_of_attribution,
    length_of_block,
    names_its_writer,
)
from bot.connectors.shared.sent_text import marked
from bot.connectors.shared.signatures import without_signature

MARK = re.compile(r"##- .{1,200} -##")
"""The line above a mail of ours to a help desk: what stands below it is ours, unless the mail marks what is quoted."""

_WRAPPED = 60
"""Characters from which on a line may have been wrapped by a program that marks only its beginning as quoted."""


def own_words(text: str, sent: Sequence[str] = ()) -> str:
    """What somebody has written in a mail; empty where nothing is theirs for sure. ``sent`` are texts that we have sent
    them."""
    lines = marked(text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n"), sent)
    runs: list[list[str]] = [[]]
    """What stands between quotations."""
    place = 0
    while place < len(lines):
        length = _quoted(lines, place)
        if length is None:
            break
        if length:
            place += length
            runs.append([])
        else:
            runs[-1].append(lines[place])
            place += 1
    said = ("\n".join(without_signature(run)).strip() for run in runs)
    return "\n".join(words for words in said if words)


def _quoted(lines: Sequence[str], place: int) -> int | None:
    """How many lines from here are quoted, or say that what follows is; None where all is that follows."""
    line = lines[place]
    if line.startswith(">"):
        return 1 + _wrapped(lines, place)
    if MARK.search(line):
        return None
    attribution = length_of_attribution(lines, place)
    length = attribution or length_of_block(lines, place)
    if length and _is_marked(lines, place + length):
        return length
    if length and (not attribution or names_its_writer(lines[place : place + length])):
        return None
    return int(is_unknown_attribution(line) and (_next(lines, place + 1) or "").startswith(">"))


def _is_marked(lines: Sequence[str], place: int) -> bool:
    """Whether what comes next has the mark of a quote; also where nothing comes, since it was taken off already."""
    following = _next(lines, place)
    return following is None or following.startswith(">")


def _next(lines: Sequence[str], place: int) -> str | None:
    """The next line with anything in it."""
    return next((lines[n] for n in range(place, len(lines)) if lines[n].strip()), None)


def _wrapped(lines: Sequence[str], place: int) -> int:
    """1 where the next line is the rest of a quoted one: a program has wrapped it, and marked its beginning alone."""
    if place + 1 == len(lines) or len(lines[place]) < _WRAPPED or lines[place].rstrip().endswith((".", "!", "?", ":")):
        return 0
    return int(lines[place + 1][:1].islower())

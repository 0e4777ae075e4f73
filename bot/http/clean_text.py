"""What a message holds that nobody sees: control characters, reversed directions, hidden text."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters without a shape."""
_JOINER = "\u200d"
_SELECTORS = range(0xE0100, 0xE01F0)
"""Variation selectors of ideographs; enough of them carry hidden text."""


def clean(text: str) -> str:
    """The text as it is seen: breaks as newlines, tabs kept, joiners kept where they hold an emoji together."""
    # Lone surrogates are no characters, and no database takes them.
    text = _BREAKS.sub("\n", text.encode("utf-8", "replace").decode())
    kept: list[str] = []
    for char in text:
        if char == _JOINER:
            if kept and unicodedata.category(kept[-1]) in ("So", "Sk", "Mn"):
                kept.append(char)
        elif not _is_hidden(char):
            kept.append(char)
    return "".join(kept)


def _is_hidden(char: str) -> bool:
    if char in "\n\t":
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") or char in _BLANKS or ord(char) in _SELECTORS

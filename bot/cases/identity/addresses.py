"""E-mail addresses as they are compared: what keyboards put in the place of plain characters makes no difference.

For addresses that somebody has typed, only. One that a shop or a mail server vouches for is taken as it is: a mailbox
with a curly apostrophe in its name may be another person's.
"""

from __future__ import annotations

_PLAIN: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full-width letters, digits and signs
    **dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02b9\u02bc\u2032\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63"), "-"),
    **dict.fromkeys(map(ord, "\u3002\uff61"), "."),
    ord("\ufe6b"): "@",
}


def plain_characters(text: str) -> str:
    """The text with plain apostrophes, hyphens, dots and at signs, character by character."""
    return text.translate(_PLAIN)


def plain_address(text: str) -> str:
    """What a typed address is compared by: plain characters, in lower case, without space around it.

    >>> plain_address(" O’Neil＠example.com ")
    "o'neil@example.com"
    """
    return plain_characters(text).strip().lower()

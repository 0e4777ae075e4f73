"""The words of a mail that has a plain part, an HTML part, or both."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.connectors.shared.own_words import own_words
from bot.connectors.shared.page_words import page_words

_WORD = re.compile(r"\w{1,100}")
_SAME = 0.5
"""Which part of the plain part's words the HTML part has at least, where both say the same."""


def mail_words(plain: str, page: str, sent: Sequence[str] = ()) -> str:
    """What the sender has written, as ``own_words``: in the plain part, or in the HTML part where the plain one has no
    words of theirs, or only a footer that a server has added."""
    words = own_words(plain, sent)
    if not page.strip():
        return words
    seen = page_words(page)
    shown = own_words(seen, sent)
    # What both have and the plain part marks as quoted is quoted.
    is_whole = _has(seen, words) if words else bool(shown) and _has(plain, shown)
    return words if is_whole else shown or words


def _has(text: str, words: str) -> bool:
    there, asked = ({word.lower() for word in _WORD.findall(part)} for part in (text, words))
    return len(asked & there) >= _SAME * len(asked)

"""What counts as a yes or a no that can't be mistaken, by the words alone."""

from __future__ import annotations

import re

_YES = frozenset(
    "yes yeah yep yup ya y ok okay fine sure confirm confirmed agreed agree accept proceed absolutely".split()
)
_YES_PHRASES = (
    "go ahead",
    "do it",
    "please do",
    "sounds good",
    "that's fine",
    "thats fine",
    "that's right",
    "👍",
    "👌",
    "✅",
)
_BESIDE_YES = frozenset(
    "please thanks thank you i it that this is that's thats a the my me now go ahead do sounds good fine right great "
    "with to of and just all correct perfect understood order want lot so very much".split()
)
_DOUBTS = frozenset("no not don't dont but wait if unless except instead before first why how what when maybe".split())
_NO = frozenset("no nope nah don't dont".split())
_BESIDE_NO = frozenset("thanks thank you please i do that it not want".split())


def words_of(text: str) -> set[str]:
    """The words of a text, in lower case."""
    return set(re.findall(r"[a-z0-9']+", text.lower().replace("’", "'")))


def doubts(text: str, foreign: frozenset[str] = frozenset()) -> bool:
    """Whether there is a question, a condition, or a ``foreign`` wish in it."""
    return "?" in text or bool(words_of(text) & (_DOUBTS | foreign))


def plain_yes(text: str, subject: frozenset[str] = frozenset()) -> bool:
    """Words that say yes, and nothing else than ``subject``, which are the words for what was asked."""
    lower = text.lower().replace("’", "'")
    words = words_of(text)
    agrees = bool(_YES & words) or any(phrase in lower for phrase in _YES_PHRASES)
    return agrees and not doubts(text) and _YES | _BESIDE_YES | subject >= words


def plain_no(text: str) -> bool:
    """Words that say no, and nothing else."""
    words = words_of(text)
    return bool(words & _NO) and "?" not in text and words <= _NO | _BESIDE_NO

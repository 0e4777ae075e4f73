"""What counts as a yes or a no that can't be mistaken, by the words alone."""

from __future__ import annotations

from bot.language.pack import LanguagePack, language_pack, straight, words_of


def doubts(text: str, foreign: frozenset[str] = frozenset(), pack: LanguagePack | None = None) -> bool:
    """Whether there is a question, a condition, or a ``foreign`` wish in it."""
    pack = pack or language_pack()
    return "?" in text or bool(words_of(text) & (pack.words["doubts"] | foreign))


def plain_yes(text: str, subject: frozenset[str] = frozenset(), pack: LanguagePack | None = None) -> bool:
    """Words that say yes, and nothing else than ``subject``, which are the words for what was asked."""
    pack = pack or language_pack()
    if pack.says("yes", text):
        return True
    words = words_of(text)
    agrees = bool(pack.words["yes"] & words) or any(phrase in straight(text).lower() for phrase in _plain(pack))
    return agrees and not doubts(text, pack=pack) and pack.words["yes"] | pack.words["beside_yes"] | subject >= words


def plain_no(text: str, pack: LanguagePack | None = None) -> bool:
    """Words that say no, and nothing else."""
    pack = pack or language_pack()
    if pack.says("no", text):
        return True
    words = words_of(text)
    return bool(words & pack.words["no"]) and "?" not in text and words <= pack.words["no"] | pack.words["beside_no"]


def _plain(pack: LanguagePack) -> frozenset[str]:
    """The phrases of a yes that stay one among other words that say nothing else."""
    return frozenset(phrase for phrase in pack.phrases["yes"] if not words_of(phrase) & pack.words["doubts"])

"""The words, phrases and patterns of a language, read from ``data/language/<language>/*.yml``.

A pack has the same names in every language; a test holds them together, and each name with its use. What a language has
no word for is empty there, and never found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

DEFAULT = "en"
"""The language that has every name."""
FOLDER = Path(__file__).parents[2] / "data" / "language"
LANGUAGES = frozenset(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
"""The languages that have a pack, as ISO 639 codes."""

_NEVER = re.compile(r"(?!)")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class LanguagePack:
    """What people say in a language, by the name of what it means.

    ``words`` are compared word by word, ``phrases`` are whole messages without the punctuation around them, both in
    lower case with straight apostrophes; ``patterns`` are searched for in any case. ``beside_ours`` are patterns of
    wishes that this bot does not carry out, ``safety`` of what calls for a person at once, each in their order.
    """

    language: str
    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, frozenset[str]]
    patterns: Mapping[str, re.Pattern[str]]
    beside_ours: Mapping[str, re.Pattern[str]]
    safety: Mapping[str, re.Pattern[str]]

    def says(self, name: str, text: str) -> bool:
        """Whether the whole text is one of the phrases of that name, the interjections around it aside."""
        said, found = bare(text), self.phrases[name]
        if said in found:
            return True
        words, beside = said.split(), self.words["interjections"]
        while words and words[0] in beside:
            words = words[1:]
            if " ".join(words) in found:
                return True
        while words and words[-1] in beside:
            words = words[:-1]
            if " ".join(words) in found:
                return True
        return False

    def finds(self, name: str, text: str) -> bool:
        """Whether the pattern of that name is found in the text."""
        return self.patterns[name].search(straight(text)) is not None

    def has(self, name: str, text: str) -> bool:
        """Whether one of the words of that name is in the text."""
        return not self.words[name].isdisjoint(words_of(text))

    def rejects(self, text: str, value: str) -> bool:
        """Whether the text says that a value is not the one meant; ``value`` is the pattern that finds it."""
        pattern = self.patterns["rejected"].pattern.replace("{value}", value)
        return re.search(pattern, straight(text), re.I) is not None

    def is_question(self, text: str) -> bool:
        """Whether the text is put as a question."""
        first = next(iter(_WORD.findall(straight(text).lower())), "")
        return "?" in text or first in self.words["questions"]


@cache
def language_pack(language: str = DEFAULT) -> LanguagePack:
    """The pack of one of LANGUAGES. Raises KeyError for another language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    read: dict[str, dict[str, str]] = {}
    for file in sorted((FOLDER / language).glob("*.yml")):
        for kind, entries in YAML(typ="safe").load(file.read_text("utf-8")).items():
            read.setdefault(kind, {}).update(entries)
    return LanguagePack(
        language,
        {name: frozenset(text.split()) for name, text in read["words"].items()},
        {name: frozenset(filter(None, map(bare, text.split(";")))) for name, text in read["phrases"].items()},
        {name: _pattern(text) for name, text in read["patterns"].items()},
        {name: _pattern(text) for name, text in read["beside_ours"].items()},
        {name: _pattern(text) for name, text in read["safety"].items()},
    )


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern that may stand in several lines: the line breaks and the spaces around them are none of it."""
    joined = "".join(line.strip() for line in text.splitlines())
    return re.compile(joined, re.I) if joined else _NEVER


def straight(text: str) -> str:
    """The text with the apostrophes of a typewriter."""
    return text.replace("’", "'").replace("‘", "'").replace("ʼ", "'")


def bare(text: str) -> str:
    """The text in lower case with straight apostrophes, less the punctuation around it and within it."""
    return " ".join(re.sub(r"[.,;:!?\"()…]+", " ", straight(text)).lower().split()).strip(" '-–—")


def words_of(text: str) -> set[str]:
    """The words of a text, in lower case with straight apostrophes."""
    return set(_WORD.findall(straight(text).lower()))

"""A message as it was understood outside of the conversation: its words, its intent, its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bot.language.pack import words_of

SURE = 0.8
"""How sure the understanding must be of what may move money or change a sum; a button is always sure."""


@dataclass(frozen=True)
class Part:
    """The sure intent of a part of a longer message, with its finer intent."""

    intent: str
    detail: str | None = None


@dataclass(frozen=True)
class Heard:
    """One message of the customer.

    ``said`` are their words, ``text`` the same with the spelling corrected. ``detail`` is the finer intent, where there
    is one; ``guesses`` are the intents from the likeliest down, ``confidence`` (0 to 1) is that of the first,
    and ``alone`` what it would be without the question that was asked.
    ``values`` are what the rules found, by entity, normalised, in the order of the text. ``crossed``: the bot has said
    something since they wrote it. ``said_at`` is the moment of the message.
    """

    said: str
    text: str
    intent: str
    said_at: datetime
    detail: str | None = None
    confidence: float = 0.0
    alone: float = 1.0
    guesses: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    crossed: bool = False

    @property
    def is_button(self) -> bool:
        """Whether it is what a button of ours sends."""
        return self.text.startswith("/")

    @cached_property
    def words(self) -> set[str]:
        """The words, in lower case."""
        return words_of(self.text)

    def last(self, entity: str) -> str | None:
        """The value of that entity that was said last."""
        return next(reversed(self.values.get(entity, ())), None)

    def first(self, entity: str) -> str | None:
        """The value of that entity that was said first."""
        return next(iter(self.values.get(entity, ())), None)

    @property
    def is_sure(self) -> bool:
        """Whether the intent is beyond doubt."""
        return self.is_button or self.confidence >= SURE

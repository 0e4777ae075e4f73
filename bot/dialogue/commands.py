"""What a customer wants of the bot: few kinds, and which goes before which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """The kinds of commands, from the one that goes before all others down: PRIORITY numbers them."""

    PERSON = "person"
    SAFETY = "safety"
    TAKE_BACK = "take_back"
    STOP = "stop"
    CORRECT = "correct"
    GIVE = "give"
    AFFIRM = "affirm"
    DENY = "deny"
    HOLD = "hold"
    ASK = "ask"
    BESIDE_OURS = "beside_ours"
    START = "start"
    COMPLAIN = "complain"
    SMALL_TALK = "small_talk"
    NOT_UNDERSTOOD = "not_understood"


PRIORITY: dict[Kind, int] = {
    Kind.PERSON: 1,
    Kind.SAFETY: 2,
    Kind.TAKE_BACK: 3,
    Kind.STOP: 3,
    Kind.CORRECT: 4,
    Kind.GIVE: 5,
    Kind.AFFIRM: 5,
    Kind.DENY: 5,
    Kind.HOLD: 5,
    Kind.ASK: 6,
    Kind.BESIDE_OURS: 6,
    Kind.START: 7,
    Kind.COMPLAIN: 8,
    Kind.SMALL_TALK: 8,
    Kind.NOT_UNDERSTOOD: 9,
}
"""The lower number is carried out first. What stands behind it is kept as far as it still makes sense: a value is
remembered, a question is answered, a second task waits its turn."""


class Basis(str, Enum):
    """What a command rests on."""

    BUTTON = "button"
    WORDS = "words"
    MODEL = "model"


@dataclass(frozen=True)
class Command:
    """One thing that a message wants.

    ``name`` says what of its kind: the task that is started, the value that is given or wrong, the topic that is asked
    about, the small talk. ``value`` is what is given, normalised. ``order`` is the order that it is about, where the
    message says which. ``confidence`` is 1 for words and buttons.
    """

    kind: Kind
    name: str = ""
    value: str | None = None
    order: str | None = None
    basis: Basis = Basis.WORDS
    confidence: float = 1.0


def in_order(commands: list[Command]) -> list[Command]:
    """The commands by their priority; of the same, as they were said. One of each kind, name and value."""
    return sorted(dict.fromkeys(commands), key=lambda command: PRIORITY[command.kind])

"""What a customer chooses: a button of ours, pressed or typed as its number or its words. Pure.

Every button that a messaging channel shows carries the place of its message in the log and its own place in it, never
the payload: short enough for every provider, worth nothing elsewhere, and a button of an earlier message is told from
the newest one's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.model import Author, Message, MessageKind
from bot.language.consent import plain_no, plain_yes

LOOK_BACK = 40
"""So many messages back a button may stand that is still answered."""
SCORES = ("1", "2", "3", "4", "5")
ASIDE = "aside"
"""Marks what the channel itself says in between, such as that it opens no files: it takes no question's place."""
_CROSSING = timedelta(seconds=2)  # how much later than the provider our clock may run

_ID = re.compile(r"(\d{1,9})\.(\d{1,2})", re.ASCII)
_NUMBER = re.compile(r"\W*(\d{1,2})\W*", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """One button: what it carries, and what is written on it."""

    id: str
    title: str


@dataclass(frozen=True)
class Says:
    """A message for the bot. ``title`` is what was written on the button that it stands for."""

    text: str
    title: str | None = None


@dataclass(frozen=True)
class Rates:
    """A score for a case."""

    reference: str
    score: int


@dataclass(frozen=True)
class Stale:
    """A button, or a yes, that belongs to an earlier message than the newest; ``text`` is what was written on it."""

    text: str


def choices_of(message: Message) -> list[Choice]:
    """What can be chosen below a message."""
    if message.kind is MessageKind.RATING:
        titles: list[str] = list(SCORES)
    else:
        titles = [str(button["title"]) for button in message.body.get("buttons") or []]
    return [Choice(f"{message.seq}.{place}", title) for place, title in enumerate(titles, 1)]


def chosen(
    log: list[Message], text: str, pressed: str | None, written_at: datetime | None = None
) -> Says | Rates | Stale:
    """What a message means after what was said before, in order. ``pressed`` is what a button carried: one that is
    not ours counts by what was written on it, but answers no question of ours. ``written_at`` is when the customer
    wrote, where the provider tells: what was brought later they had not seen."""
    asked = _asked(log)
    if pressed is not None:
        if asked is None:
            return Stale(text) if _ID.fullmatch(pressed) or not text else Says(text)
        place = next((i for i, choice in enumerate(choices_of(asked)) if choice.id == pressed), None)
        return Stale(text) if place is None else _choice(asked, place)
    typed = None if asked is None else _typed(asked, text)
    if (
        asked is not None
        and not _had_come(asked, written_at)
        and (typed is not None or plain_yes(text) or plain_no(text))
    ):
        return Stale(text)
    return Says(text) if asked is None or typed is None else _choice(asked, typed)


def shown_until(log: list[Message], written_at: datetime | None = None) -> int:
    """The ``seq`` of the last message before which nothing of ours was still on its way when the customer wrote;
    ``log`` and ``written_at`` as in ``chosen``."""
    for message in log:
        if message.author is not Author.CUSTOMER and not message.body.get(ASIDE) and not _had_come(message, written_at):
            return message.seq - 1
    return log[-1].seq if log else 0


def _had_come(message: Message, written_at: datetime | None) -> bool:
    if message.delivered_at is None:
        return False
    return written_at is None or message.delivered_at <= written_at + _CROSSING


def _asked(log: list[Message]) -> Message | None:
    """What waits for an answer: the newest message with choices among those that were brought last."""
    found_any = False
    for message in reversed(log):
        if message.author is Author.CUSTOMER:
            if found_any:
                return None
        elif message.delivered_at is not None and not message.body.get(ASIDE):
            if choices_of(message):
                return message
            found_any = True
    return None


def _typed(asked: Message, text: str) -> int | None:
    titles = [_plain(choice.title) for choice in choices_of(asked)]
    if number := _NUMBER.fullmatch(text.strip()):
        place = int(number[1]) - 1
        return place if 0 <= place < len(titles) else None
    words = _plain(text)
    return titles.index(words) if words and words in titles else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!\"'")


def _choice(asked: Message, place: int) -> Says | Rates:
    if asked.kind is MessageKind.RATING:
        return Rates(str(asked.body.get("reference")), place + 1)
    button = asked.body["buttons"][place]
    return Says(str(button.get("payload") or button["title"]), str(button["title"]))

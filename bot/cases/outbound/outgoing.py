"""What is said to a customer over a messaging channel, before the channel gives it its own form. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.cases.conversation.choices import Choice, choices_of
from bot.cases.model import Author, Message, MessageKind
from bot.wording import say


@dataclass(frozen=True, repr=False)
class Outgoing:
    """A message to bring. ``heading`` and ``lines`` are of a card below the text, ``choices`` its buttons; ``key``
    names it within its conversation. ``by_person``: not the bot says it."""

    key: int
    text: str
    heading: str = ""
    lines: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    by_person: bool = False
    kind: MessageKind = MessageKind.TEXT


def outgoing(message: Message, public_url: str) -> Outgoing:
    """A message of the log as it is brought. Links of ours are made whole with ``public_url``, or left out without."""
    text, card = message.text, message.body.get("card") or {}
    if message.author is Author.AGENT and message.agent_name:
        text = f"{message.agent_name}: {text}"
    if message.kind is MessageKind.RATING:
        text = say("rate_by_number", text=text)
    return Outgoing(
        key=message.seq,
        text=text,
        heading=str(card.get("title") or ""),
        lines=tuple(_lines(card, public_url)),
        choices=tuple(choices_of(message)),
        by_person=message.author is Author.AGENT,
        kind=message.kind,
    )


def _lines(card: dict[str, Any], public_url: str) -> list[str]:
    lines = [f"{row['label']}: {row['value']}" for row in card.get("rows") or []]
    if card.get("reference"):
        lines.append(f"{say('label_reference')}: {card['reference']}")
    for clause in card.get("clauses") or []:
        link = absolute(str(clause.get("url") or ""), public_url)
        lines.append(say("line_clause", clause=clause["id"]) + (f": {link}" if link else ""))
    receipt = absolute(str(card.get("receipt") or ""), public_url)
    return [*lines, f"{say('label_receipt')}: {receipt}"] if receipt else lines


def absolute(url: str, public_url: str) -> str:
    """A link of ours with the address of the desk; empty where that is not known."""
    if not url.startswith("/"):
        return url
    return public_url + url if public_url else ""


def split(text: str, limit: int) -> list[str]:
    """A text in pieces of at most ``limit`` UTF-16 units, in which providers count, cut where it hurts least."""
    pieces = []
    text = text.strip()
    while _length(text) > limit:
        cut = _fitting(text, limit)
        best = max(text.rfind("\n", cut // 2, cut), text.rfind(" ", cut // 2, cut))
        newline = text.rfind("\n", cut // 2, cut)
        end = newline if newline > 0 else best if best > 0 else cut
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text or not pieces else pieces


def shortened(text: str, limit: int) -> str:
    """A label that fits."""
    if _length(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + "…"


def as_text(what: Outgoing, *, numbered: bool) -> str:
    """All of it as plain text; with the choices as a list where ``numbered``, but for a rating's: its text has them."""
    parts = [what.text, "\n".join(line for line in (what.heading, *what.lines) if line)]
    if numbered and what.choices and what.kind is not MessageKind.RATING:
        numbers = [f"{place}. {choice.title}" for place, choice in enumerate(what.choices, 1)]
        parts.append("\n".join([say("choose_by_number"), *numbers]))
    return "\n\n".join(part for part in parts if part)


def _length(text: str) -> int:
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _fitting(text: str, limit: int) -> int:
    """How many characters fit."""
    used = 0
    for place, character in enumerate(text):
        used += 1 + (ord(character) > 0xFFFF)
        if used > limit:
            return place
    return len(text)

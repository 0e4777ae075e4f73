"""What of a message is wording, and what only values that say nothing about what is wanted."""

from __future__ import annotations

import re

from bot.nlu.extraction import Extracted, extract


def is_only_values(text: str) -> bool:
    """Whether a text holds an order number, an e-mail address, a phone number, an amount or a date, and next to
    nothing else."""
    found = [item for item in extract(text) if item.entity != "destination"]
    return bool(found) and _words_beside(text, found) <= _FILLERS


def names_an_order(text: str) -> bool:
    """Whether a text holds an order number."""
    return any(item.entity == "order_number" for item in extract(text))


def wording(text: str) -> str:
    """The text as it is embedded: less its order numbers, addresses, phone numbers, greeting and thanks, which say
    nothing about what is wanted, and not in capitals alone."""
    rest, end = "", 0
    for item in extract(text):
        if item.entity in ("order_number", "email", "phone"):
            rest += _LEAD_IN.sub(" ", text[end : item.start])
            end = item.end
    rest = _without_politeness(" ".join((rest + text[end:]).split())) or text
    # The embedding knows shouted words badly.
    return rest.lower() if rest.isupper() else rest


def _without_politeness(text: str) -> str:
    """The text without the greeting before it and the thanks after it, if three words or more are left."""
    rest = _THANKS.sub("", _GREETING.sub("", text))
    return rest if len(rest.split()) > 2 else text


def parts_of(text: str) -> list[str]:
    """The sentences and clauses of a text of two words or more, parted by order numbers, addresses, phone
    numbers and thanks, too."""
    for item in reversed(extract(text)):
        if item.entity in ("order_number", "email", "phone"):
            text = text[: item.start] + "\n" + text[item.end :]
    text = _THANKS.sub(lambda thanks: "\n" + thanks.group(), text)
    return [part for part in (piece.strip(" \t-") for piece in _BREAK.split(text)) if len(part.split()) > 1]


def asks_for_a_person(text: str) -> bool:
    """Whether a clause of the text asks for a human, if only by the word: what the bot tells everybody to say."""
    return bool(_PERSON.search(text.replace("’", "'")))


_PERSON = re.compile(
    r"(?:^|[.,;:!?\n]\s*|\s[-–—]\s)"
    r"(?:(?:and|but|then|just|ok|okay|please|pls)\s+)*"
    r"(?:(?:give|get|bring) me\s+|i (?:want|need)\s+|i'd like\s+|(?:(?:i (?:want|need) to|let me|can i) )?"
    r"(?:talk|speak|chat) (?:to|with)\s+|(?:connect|transfer) me (?:to|with)\s+)?"
    r"(?:(?:a|an|the|some|your)\s+)?(?:(?:real|live|actual)\s+)?"
    r"(?:human(?: being)?|person|agent|representative|operator)"
    r"(?:\s+(?:please|pls|now|then|instead))*\s*(?=$|[.,;:!?\n])",
    re.I,
)
_BREAK = re.compile(r"[.!?;]+(?=\s|$)|,\s|\n|\s[-–—]\s|\b(?:because|since|but|and then|and also)\b", re.I)
_LEAD_IN = re.compile(
    r"(?:\b(?:for|with|and|on|of|about|from|in|under)\s+)?(?:\b(?:my|the|our)\s+)?"
    r"\b(?:order|e-?mail|(?:cell |mobile )?phone|mobile)(?:\s+(?:number|address|nr\.?|no\.?))?(?:\s+is)?[\s:#]*$",
    re.I,
)


_GREETING = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|dear (?:team|all|sirs?)|good (?:morning|afternoon|evening|day))(?: (?:there|again|all))?"
    r"[\s,.!]+)+",
    re.I,
)
_THANKS = re.compile(
    r"[\s,.!]+(?:(?:many )?thanks|thank you|thx|ty|cheers)(?: (?:a lot|so much|very much|again|in advance))?[\s.!]*$",
    re.I,
)


def _words_beside(text: str, found: list[Extracted]) -> frozenset[str]:
    rest = list(text)
    for item in found:
        rest[item.start : item.end] = " " * (item.end - item.start)
    words = "".join(char if char.isalnum() else " " for char in "".join(rest)).lower().split()
    return frozenset(words)


_FILLERS = frozenset(
    (
        "it is its s the my order number no nr num and email e mail address here hi hello ok sure this that for with a "
        "phone telephone tel mobile cell on oh ah so then please thanks sorry i am m im first used use was be would"
    ).split()
)

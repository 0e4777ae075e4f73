"""Moves of cases from before their causes had codes: sentences, read here alone."""

from __future__ import annotations

import re

from bot.cases.model import CauseCode, MoveCause

_YES = re.compile(r"the customer confirmed (?P<by_agent>agent )?decision (?P<decision>\d+)")
"""The sentence of a move that was the customer's yes, and to which decision: receipts are made from it."""


def old_cause(sentence: str) -> MoveCause:
    """What such a sentence says: the customer's yes, or its words as they are."""
    yes = _YES.fullmatch(sentence)
    if yes is None:
        return MoveCause(CauseCode.IN_WORDS, {"text": sentence})
    code = CauseCode.OFFER_CONFIRMED if yes["by_agent"] else CauseCode.CONFIRMED
    return MoveCause(code, {"decision": int(yes["decision"])})

"""Turns of a conversation, with readable defaults: plain words, not understood, nothing asked, nothing known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from actions.talk import Talk


def a_talk(text: str = "hm", **changes: Any) -> Talk:
    """One turn with these words."""
    values = {
        "conversation_id": "talk",
        "message_id": "1",
        "said": text,
        "text": text,
        "intent": "nlu_fallback",
        "detail": None,
        "parts": [],
        "confidence": 0.6,
        "guesses": [],
        "entities": {},
        "slots": {},
        "requested": None,
        "said_at": datetime.now(timezone.utc),
        "silence": timedelta(0),
        "crossed": False,
        "handled_by": [],
        "responses": [],
        "transcript": [],
    }
    return Talk(**{**values, **changes})

"""What the trained model makes of single messages, outside of a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from bot.nlu.intent_model import FALLBACK, OTHER_LANGUAGE


def understood(model: Path, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """For each text ``{"text", "intent", "confidence", "entities", "detail"}``.

    ``intent`` is what the bot acts on, ``out_of_scope`` where it falls back or does not know the language; ``detail``
    is then ``other_language`` or its best guess, else the finer intent, if there is one.
    """
    agent = Agent.load(str(model))
    for text in texts:
        parsed = asyncio.run(agent.parse_message(text)) if text else {}
        intent = parsed.get("intent") or {"name": FALLBACK, "confidence": 1.0}
        guesses = [guess["name"] for guess in parsed.get("intent_ranking", []) if guess["name"] != FALLBACK]
        detail = parsed.get("detail")
        if intent["name"] == FALLBACK:
            detail = next(iter(guesses), None)
        elif intent["name"] == OTHER_LANGUAGE:
            detail = OTHER_LANGUAGE
        yield {
            "text": text,
            "intent": "out_of_scope" if intent["name"] in (FALLBACK, OTHER_LANGUAGE) else intent["name"],
            "confidence": round(float(intent["confidence"]), 4),
            "entities": [
                {key: entity[key] for key in ("entity", "value", "start", "end")}
                for entity in parsed.get("entities", [])
            ],
            "detail": detail,
        }

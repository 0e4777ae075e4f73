"""What the trained model makes of single messages, outside of a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from bot.nlu.intent_model import FALLBACK


def understood(model: Path, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """For each text ``{"text", "intent", "confidence", "entities", "detail"}``.

    ``intent`` is what the bot acts on, ``out_of_scope`` where it falls back; ``detail`` then holds its best guess.
    """
    agent = Agent.load(str(model))
    for text in texts:
        parsed = asyncio.run(agent.parse_message(text)) if text else {}
        intent = parsed.get("intent") or {"name": FALLBACK, "confidence": 1.0}
        guesses = [guess["name"] for guess in parsed.get("intent_ranking", []) if guess["name"] != FALLBACK]
        fell_back = intent["name"] == FALLBACK
        yield {
            "text": text,
            "intent": "out_of_scope" if fell_back else intent["name"],
            "confidence": round(float(intent["confidence"]), 4),
            "entities": [
                {key: entity[key] for key in ("entity", "value", "start", "end")}
                for entity in parsed.get("entities", [])
            ],
            "detail": next(iter(guesses), None) if fell_back else None,
        }

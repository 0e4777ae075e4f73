"""Why a case has moved, and what can't be done, in words."""

from __future__ import annotations

from bot.policy.values import Values
from bot.wording.catalogue import DEFAULT, say


def cause_words(code: str, values: Values, language: str = DEFAULT) -> str:
    """What a cause says. ``because`` among the values is the code of the cause behind it."""
    return _said(f"cause_{code}", values, language)


def error_words(code: str, values: Values, language: str = DEFAULT) -> str:
    """What is wrong. ``because`` among the values is the code of the cause behind it."""
    return _said(f"error_{code}", values, language)


def _said(message: str, values: Values, language: str) -> str:
    if "because" not in values:
        return say(message, language, **values)
    behind = {name: value for name, value in values.items() if name != "because"}
    because = cause_words(str(values["because"]), behind, language)
    return say(message, language, **{**behind, "because": because})

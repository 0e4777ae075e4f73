"""Errors that people read: codes with values, whose sentences are made when they are shown."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.policy.values import Value
from bot.wording.catalogue import DEFAULT, say


class CodedError(Exception):
    """A code with values. Its sentence is the message ``<group>_<code>``."""

    group: ClassVar[str]

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(code, values)
        self.code = code
        self.values: dict[str, Any] = values  # as they may be handed on to another error

    def text(self, language: str = DEFAULT) -> str:
        """What a person is told."""
        return say(f"{self.group}_{self.code}", language, **self.values)

    def __str__(self) -> str:
        return self.text()

"""The messages of the catalogue and the responses of the domain, as tests read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "bot/wording").glob("*/*.ftl"))
PLACEHOLDERS = {"{words}": "", "{other_words}": "_other"}
"""What responses have in place of words that a message has, and how its name then ends."""


class Typed(Visitor):  # type: ignore[misc]
    """The words of a message without its values."""

    def __init__(self) -> None:
        self.words = ""

    def visit_TextElement(self, node: ftl.TextElement) -> None:
        self.words += node.value


@cache
def entries(file: Path) -> Sequence[ftl.Message | ftl.Junk]:
    """What a file has, also what can't be read."""
    body = FluentParser().parse(file.read_text("utf-8")).body
    return tuple(entry for entry in body if isinstance(entry, (ftl.Message, ftl.Junk)))


@cache
def messages_of(language: str) -> Mapping[str, ftl.Message]:
    """The messages of a language by their codes."""
    return {entry.id.name: entry for file in FILES if file.parent.name == language for entry in entries(file)}


def typed_in(message: ftl.Message) -> str:
    """The words of a message without its values."""
    typed = Typed()
    typed.visit(message)
    return typed.words


def pattern_of(pattern: ftl.Pattern) -> str:
    """A regular expression for what a message may say, whatever its values."""
    return "".join(
        re.escape(part.value) if isinstance(part, ftl.TextElement) else _of_placeable(part.expression)
        for part in pattern.elements
    )


def _of_placeable(expression: ftl.Expression) -> str:
    if isinstance(expression, ftl.StringLiteral):
        return re.escape(expression.parse()["value"])
    if isinstance(expression, ftl.SelectExpression):
        return f"(?:{'|'.join(pattern_of(variant.value) for variant in expression.variants)})"
    return ".*"


@cache
def responses() -> Mapping[str, Sequence[str]]:
    """The texts of the responses of the domain."""
    return {name: [one["text"] for one in texts] for name, texts in _responses().items()}


def buttons_of(response: str) -> list[str]:
    """What the buttons of a response send."""
    return [button["payload"] for text in _responses()[response] for button in text.get("buttons", [])]


@cache
def _responses() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return dict(YAML(typ="safe").load((ROOT / "domain.yml").read_text("utf-8"))["responses"])


def message_of(response: str, text: str = "{words}") -> str:
    """The code of the message that a response leaves its words to."""
    return f"chat_{response.removeprefix('utter_').replace('/', '_')}{PLACEHOLDERS[text]}"

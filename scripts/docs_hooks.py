"""What the site of the documentation is made of beside its pages: the settings, the command and the texts at the root.

MkDocs calls ``on_page_markdown``; nothing that is generated is committed, so nothing can be out of date. A page asks
for a part with a comment on a line of its own, such as ``<!-- made: settings -->``.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import ModelField

from bot.__main__ import command_line
from bot.settings import PREFIX, PROJECT, Settings

_MADE = re.compile(r"^<!-- made: (\w+)(?: ([\w./-]+))? -->$", re.M)
_LINK = re.compile(r"(\]\()(?:docs/)?([\w./-]+\.(?:md|yml)(?:#[\w-]+)?)(\))")
_WIDTH = "92"
"""Columns of the command's help."""

log = logging.getLogger("mkdocs.hooks")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace the comments by what they ask for. Called by MkDocs for each page."""

    def made(match: re.Match[str]) -> str:
        what, name = match.groups()
        if what == "settings":
            return settings_tables(page.file.src_uri)
        if what == "commands":
            return command_reference()
        if what == "file" and name:
            return root_text(name)
        log.warning("%s asks for %s, which nothing makes", page.file.src_uri, match.group())
        return ""

    return _MADE.sub(made, markdown)


def settings_tables(page: str) -> str:
    """A table for each part of the settings, from their own descriptions; ``page`` is where they will stand."""
    lines: list[str] = []
    for name, field in Settings.__fields__.items():
        if part := field.field_info.extra.get("part"):
            lines += ["", f"## {part}", "", "| Variable | Default | Meaning |", "| --- | --- | --- |"]
        star = " *" if is_secret(field) else ""
        meaning = described(field)
        if more := field.field_info.extra.get("page"):
            meaning += f" ([more]({os.path.relpath(more, Path(page).parent)}))"
        lines.append(f"| `{PREFIX}{name.upper()}`{star} | {default_of(field)} | {meaning} |")
    return "\n".join(lines)


def described(field: ModelField) -> str:
    """What a setting means. Raises KeyError where nobody has said it."""
    if not field.field_info.description:
        raise KeyError(f"{PREFIX}{field.name.upper()} has no description in bot/settings.py")
    return field.field_info.description


def is_secret(field: ModelField) -> bool:
    """Whether it is never shown, and may come from a file."""
    return isinstance(field.type_, type) and issubclass(field.type_, SecretStr)


def default_of(field: ModelField) -> str:
    """The default in words where the field has such words, else as it is."""
    if shown := field.field_info.extra.get("shown"):
        return str(shown)
    value = field.default
    return "none" if is_secret(field) or value in ("", None) else f"`{value}`"


def command_reference() -> str:
    """Every verb with its help, as the command itself prints it."""
    os.environ["COLUMNS"] = _WIDTH
    lines: list[str] = []
    for verb, parser in _verbs(command_line()):
        lines += ["", f"## {verb}", "", "```text", parser.format_help().rstrip(), "```"]
    return "\n".join(lines)


def _verbs(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The verbs below a parser that are called themselves, such as "policy check"."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        for name, below in group.choices.items():
            inner = list(_verbs(below))
            yield from ((f"{name} {verb}", one) for verb, one in inner)
            if not inner:
                yield name, below


def root_text(name: str) -> str:
    """A text at the root of the project, for a page of the site: its links lead to pages of the site."""
    text = (PROJECT / name).read_text("utf-8")
    return _LINK.sub(lambda match: f"{match[1]}{_in_site(match[2])}{match[3]}", text)


def _in_site(link: str) -> str:
    """Where a file at the root is told of on the site; every such page lies at the top of it."""
    path, mark, anchor = link.partition("#")
    return path.removeprefix("docs/").lower().replace("license", "licences") + mark + anchor

"""What the site of the documentation is made of beside its pages: the settings, the command and the texts at the root.

MkDocs calls ``on_page_markdown``; nothing that is generated is committed, so nothing can be out of date. A page asks
for a part with a comment on a line of its own, such as ``<!-- made: settings -->``.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic.fields import ModelField

from bot.__main__ import command_line
from bot.setting_groups.base import setting_name, variable_of
from bot.settings import GROUPS, PROJECT, is_secret

_MADE = re.compile(r"^<!-- made: (\w+)(?: ([\w./-]+))? -->$", re.M)
_LINK = re.compile(r"(\]\()(?:docs/)?([\w./-]+)((?:#[\w-]+)?\))")
_ON_THE_SITE = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "LICENSE": "reference/licences.md",
}
NAME = "refund-desk"
_UNTOLD = {"axe-playwright-python": "MIT (its licence file)"}
"""Licences that a package's metadata does not tell."""
_PARTS = {
    "data": "Data",
    "policy": "Policy and people",
    "server": "Web and limits",
    "identity": "Identity and mail",
    "money": "Who moves the money",
    "messaging": "Messaging channels",
    "helpdesk": "Help desks",
}
"""The headings of the settings."""
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
        if what == "licences":
            return licence_tables()
        if what == "file" and name:
            return root_text(name)
        log.warning("%s asks for %s, which nothing makes", page.file.src_uri, match.group())
        return ""

    return _MADE.sub(made, markdown)


def settings_tables(page: str) -> str:
    """A table for each part of the settings, from their own descriptions; ``page`` is where they will stand."""
    parts: dict[str, list[str]] = {}
    for group in GROUPS:
        lines = parts.setdefault(_PARTS[group.part], ["| Variable | Default | Meaning |", "| --- | --- | --- |"])
        for name, field in group.fields().items():
            star = " *" if is_secret(field) else ""
            meaning = described(field)
            if more := field.field_info.extra.get("page"):
                meaning += f" ([more]({os.path.relpath(more, Path(page).parent)}))"
            lines.append(f"| `{variable_of(name)}`{star} | {default_of(field)} | {meaning} |")
    return "\n".join(line for part, lines in parts.items() for line in ("", f"## {part}", "", *lines))


def described(field: ModelField) -> str:
    """What a setting means. Raises KeyError where nobody has said it."""
    if not field.field_info.description:
        raise KeyError(f"{variable_of(setting_name(field))} has no description in its group of settings")
    return field.field_info.description


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


def licence_tables() -> str:
    """The licences of all packages that are installed: those that ship, and those of development only."""
    command = [Path(sys.executable).with_name("pip-licenses"), "--from=mixed", "--with-system", "--format=json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    ships = shipped()
    lines: list[str] = []
    for heading, is_wanted in (("What ships", True), ("For development only", False)):
        found = [row for row in told if (canonicalize_name(row["Name"]) in ships) is is_wanted]
        lines += ["", f"## {heading}", "", "| Package | Version | Licence |", "| --- | --- | --- |"]
        lines += [f"| {row['Name']} | {row['Version']} | {licence_of(row)} |" for row in found if row["Name"] != NAME]
    return "\n".join(lines)


def licence_of(row: Mapping[str, str]) -> str:
    """A package's licence in one line; its own text where its metadata has no more than that."""
    return _UNTOLD.get(row["Name"]) or row["License"].splitlines()[0].replace("|", "/")


def shipped() -> set[str]:
    """The names of the packages without which this one does not run."""
    found: set[tuple[str, str]] = set()
    wanted = [(NAME, "")]
    while wanted:
        name, extra = wanted.pop()
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                below = {(canonicalize_name(needed.name), more) for more in ("", *needed.extras)}
                wanted += below - found
                found |= below
    return {name for name, _ in found}


def root_text(name: str) -> str:
    """A text at the root of the project without its title, for a page at the top of the site: its links lead there."""
    text = (PROJECT / name).read_text("utf-8").partition("\n")[2]
    return _LINK.sub(lambda match: f"{match[1]}{_ON_THE_SITE.get(match[2], match[2])}{match[3]}", text)


if __name__ == "__main__":
    print(licence_tables())

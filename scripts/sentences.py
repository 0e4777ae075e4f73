"""Sentences stand in ``bot/wording``, ``domain.yml``, ``data`` and templates. This finds texts for people elsewhere.

A text for people is a literal with two words or more. What nobody who uses the bot reads does not count: docstrings,
the help of the command and of the settings, log events, SQL, patterns, word lists, and what an exception tells whoever
writes a program, a settings file, a policy file or an import.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ELSEWHERE = (
    "bot/wording/",
    "bot/store/migrations/",
    "bot/logs.py",  # for the log
    "bot/policy/parsing.py",  # for whoever writes a decision case
    "bot/policy/terms.py",  # for whoever writes a policy file
    "bot/store/exports/",  # the names of columns that other systems write
    "bot/store/demo.py",  # who buys in the demo, and what was broken there: data, as a shop has them
    "actions/__main__.py",  # for the Rasa server, and whoever starts it
    "bot/connectors/shared/mail_robots.py",
    "bot/connectors/shared/quotations.py",
    "bot/connectors/shared/signatures.py",
    "bot/http/connections.py",  # for clients: what is wrong with a request, and headers
    "bot/http/cookies.py",
    "bot/http/headers.py",
    "bot/http/statics.py",
    "bot/http/tokens.py",  # for whoever makes tokens
    "bot/http/health.py",  # for whoever watches the processes
)
"""Where sentences belong, and modules that speak to nobody else than those for whom the texts do not count."""

_TWO_WORDS = re.compile(r"[^\W\d_]{2,}['’]?[^\W\d_]*[,;:.!?]?\s+[^\W\d_]{2,}")
_RESPONSES = re.compile(r"(utter_[\w/]+\s*)+")
"""Names of responses of the domain, one after the other."""
_FOR_MACHINES = frozenset(
    "compile match search sub fullmatch split finditer exec_driver_sql execute format_date format_datetime "
    "keyed_hash exclude_others execution_options _derived Asked".split()
)
"""Functions that take patterns, SQL and how it is run, word lists, or the names of hashes, keys and locks; ``text`` is
SQLAlchemy's."""
_TEXT = frozenset({"text", "sa.text"})
_LOGS = frozenset({"log", "_log", "logger"})
_LOGGING = frozenset("debug info warning error exception critical".split())
_HELP = frozenset("ArgumentParser add_parser add_argument add_subparsers add_mutually_exclusive_group Field".split())
"""Functions that take what the reference documentation is made of: it stands beside what it is about, as docstrings
do. ``Field`` is pydantic's, of a setting."""
_FOR_AUTHORS = frozenset(
    "AssertionError IndexError KeyError LookupError NotImplementedError RuntimeError TypeError ValueError".split()
) | {"InvalidInput", "PolicyFileError", "BadRequest", "BadPost"}
"""Exceptions for whoever writes programs and files, also clients of our interfaces."""
_PLACES = frozenset({"loc", "textcoords"})
"""Keyword arguments that take names of places in a picture, of matplotlib."""
_ANSWER, _FOR_CLIENTS = "response.json", "error"
"""What answers a program, and the field that tells it what was wrong with its request."""
_MARKED_UP = re.compile(r"(?:attachment|inline); filename=|[a-z]+/[a-z+]+; |public, |event: |retry: |: |<\?xml |<svg ")
"""How headers, events and markup begin."""
_SKIPPED = _FOR_MACHINES | _HELP | _FOR_AUTHORS


@dataclass(frozen=True)
class Sentence:
    """A text for people: where it is, and its words; of an f-string without its values."""

    file: str
    line: int
    text: str


def sentences_in(source: str, file: str) -> list[Sentence]:
    """The texts for people in a module."""
    return [
        Sentence(file, node.lineno, " ".join(text.split()))
        for node, text in _texts(ast.parse(source))
        if _TWO_WORDS.search(text) and not _MARKED_UP.match(text) and not _RESPONSES.fullmatch(text)
    ]


def _texts(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring, also of a value
    if isinstance(node, ast.Call) and _is_skipped(node.func):
        return
    if isinstance(node, ast.keyword) and node.arg in _PLACES:
        return
    if isinstance(node, ast.JoinedStr):
        yield node, "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
        children: list[ast.AST] = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, node.value
        return
    elif isinstance(node, ast.Assert):
        children = [node.test]
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == _ANSWER:
        children = [part for argument in [*node.args, *node.keywords] for part in _for_people(argument)]
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _texts(child)


def _is_skipped(function: ast.expr) -> bool:
    """Whether what is called takes no text for people."""
    called = ast.unparse(function)
    receiver, _, name = called.rpartition(".")
    return name in _SKIPPED or called in _TEXT or (receiver in _LOGS and name in _LOGGING)


def _for_people(argument: ast.AST) -> list[ast.AST]:
    """What people may read of an argument of _ANSWER."""
    if not isinstance(argument, ast.Dict):
        return [argument]
    return [
        value
        for key, value in zip(argument.keys, argument.values, strict=True)
        if not (isinstance(key, ast.Constant) and key.value == _FOR_CLIENTS)
    ]


def found(root: Path = ROOT) -> list[Sentence]:
    """The texts for people of all modules."""
    files = sorted(file for room in ("actions", "bot") for file in (root / room).rglob("*.py"))
    named = [(file, file.relative_to(root).as_posix()) for file in files]
    return [
        sentence
        for file, name in named
        if not name.startswith(ELSEWHERE)
        for sentence in sentences_in(file.read_text("utf-8"), name)
    ]


def main() -> int:
    """Print the sentences that are where none may be; the exit status."""
    sentences = found()
    for one in sentences:
        print(f"{one.file}:{one.line}: move this to bot/wording: {one.text[:80]!r}")
    print(f"{len(sentences)} sentences outside of bot/wording")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())

"""What people say stands in the language packs: no action has a word or a pattern of it, and the dialogue has none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import PROJECT

ACTIONS = sorted(file for file in (PROJECT / "actions").glob("*.py") if file.name != "__main__.py")  # that serves HTTP
DIALOGUE = sorted((PROJECT / "bot" / "dialogue").glob("*.py"))
_OF_PEOPLE = frozenset({"text", "said", "words"})
"""The attributes of a message that are in the customer's language."""
_READS = frozenset({"words_of", "straight", "bare", "statements"})
_LOWERS = frozenset({"lower", "casefold", "upper"})
_PREFIX = "cc"
"""Of an order number, in every language."""
_ESCAPES = re.compile(r"\\[A-Za-z]|\(\?P<\w+>|\(\?[a-zA-Z]+\)|\[[^\]]*\]")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_RE_CALLS = frozenset({"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"})


def pattern_words(pattern: str) -> list[str]:
    """The words that a regular expression names; a structural one, of digits and punctuation, has none."""
    return _LETTERS.findall(_ESCAPES.sub(" ", pattern))


def _strings(node: ast.AST) -> list[str]:
    """The words written down in an expression, buttons aside."""
    found = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text for text in found if _LETTERS.search(text) and not text.startswith("/") and text != _PREFIX]


class _Scan(ast.NodeVisitor):
    """Finds words that are compared with a message, in one file. ``strict``: no pattern may be imported either."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.found: list[str] = []
        self.heard: set[str] = set()

    def _is_of_people(self, node: ast.AST) -> bool:
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and part.attr in _OF_PEOPLE and not _is_pack(part.value):
                return True
            if isinstance(part, ast.Name) and part.id in self.heard:
                return True
            if isinstance(part, ast.Call):
                name = part.func.id if isinstance(part.func, ast.Name) else getattr(part.func, "attr", "")
                if name in _READS or (name in _LOWERS and not part.args):
                    return True
        return False

    def _fault(self, node: ast.AST, why: str) -> None:
        self.found.append(f"line {getattr(node, 'lineno', 0)}: {why}: {ast.unparse(node)[:90]}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer = self.heard
        self.heard = outer | {arg.arg for arg in node.args.args if arg.arg in _OF_PEOPLE}
        self.generic_visit(node)
        self.heard = outer

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        if not isinstance(node.value, ast.Compare) and self._carries(node.value):
            self.heard |= names
        self.generic_visit(node)

    def _carries(self, value: ast.AST) -> bool:
        """Whether what is assigned is itself text of the customer, and not what was made of it."""
        while isinstance(value, ast.Call):
            name = value.func.id if isinstance(value.func, ast.Name) else getattr(value.func, "attr", "")
            if name in _READS or (name in _LOWERS and not value.args):
                return True
            if isinstance(value.func, ast.Attribute) and name in ("strip", "split", "replace"):
                value = value.func.value
            elif name in ("next", "iter", "set", "frozenset", "list", "sorted") and value.args:
                value = value.args[0]
            else:
                return False
        is_text = isinstance(value, ast.Attribute) and value.attr in _OF_PEOPLE and not _is_pack(value.value)
        return is_text or (isinstance(value, ast.Name) and value.id in self.heard)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if any(map(self._is_of_people, sides)) and any(_strings(s) and not _is_of_pack(s) for s in sides):
            self._fault(node, "a word is compared with what was said")
        elif any(map(self._is_of_people, sides)):
            inner = [s for side in sides for s in ast.walk(side) if isinstance(s, ast.Set | ast.Tuple | ast.List)]
            if any(_strings(s) for s in inner):
                self._fault(node, "a list of words is compared with what was said")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.BitAnd | ast.Sub | ast.BitOr):
            literal = any(
                isinstance(s, ast.Set | ast.List | ast.Tuple) and _strings(s) for s in (node.left, node.right)
            )
            if literal and self._is_of_people(node):
                self._fault(node, "a set of words meets what was said")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", "")
        of_re = (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
        )
        if of_re and name in _RE_CALLS and node.args and (words := _pattern_in(node.args[0])):
            self._fault(node, f"a pattern has words {words}")
        asks_method = name in (
            "startswith",
            "endswith",
            "intersection",
            "isdisjoint",
            "issubset",
            "issuperset",
            "count",
            "find",
        )
        if asks_method and self._is_of_people(node.func) and any(_strings(a) and not _is_of_pack(a) for a in node.args):
            self._fault(node, "a word is looked for in what was said")
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        if self.strict and {alias.name for alias in node.names} & {"re", "regex"}:
            self._fault(node, "patterns are the language pack's")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = {alias.name for alias in node.names}
        if self.strict and (node.module in ("re", "regex") or names & {"words_of", "straight"}):
            self._fault(node, "what was said is read by the dialogue")


def _is_pack(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "pack"


def _is_of_pack(node: ast.AST) -> bool:
    """``pack.words["yes"]`` and unions of such: the string in it is a name."""
    if isinstance(node, ast.BinOp):
        return _is_of_pack(node.left) and _is_of_pack(node.right)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and _is_pack(node.value.value)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_pack(node.func.value)


def _pattern_in(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call):  # r"\D{0,3}".join(…)
        node = node.func
    return [word for text in _texts(node) for word in pattern_words(text)]


def _texts(node: ast.AST) -> Iterator[str]:
    return (n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def words_in(source: str, *, strict: bool) -> list[str]:
    """What a source compares with the words of a customer, each with its line."""
    scan = _Scan(strict)
    scan.visit(ast.parse(source))
    return scan.found


@pytest.mark.parametrize("file", ACTIONS, ids=lambda file: file.name)
def test_an_action_has_no_word_and_no_pattern_of_what_people_say(file: Path) -> None:
    assert words_in(file.read_text("utf-8"), strict=True) == []


@pytest.mark.parametrize("file", DIALOGUE, ids=lambda file: file.name)
def test_the_dialogue_has_patterns_of_structure_only_and_no_word(file: Path) -> None:
    assert words_in(file.read_text("utf-8"), strict=False) == []


@pytest.mark.parametrize(
    "source",
    [
        "import re",
        "from re import compile",
        "from bot.language.pack import words_of",
        "ok = heard.words & {'yes', 'sure'}",
        "ok = 'not' in heard.words",
        "ok = 'wallet' in heard.text.lower()",
        "ok = heard.text in ('stop', 'quit')",
        "ok = heard.words <= pack.words['yes'] | {'then'}",
        "def f(heard):\n    first = heard.text.lower().split()\n    return first in ('can', 'may')",
        "ok = heard.said.startswith('why')",
        "ok = heard.words.isdisjoint({'card', 'wallet'})",
        "ok = heard.words.isdisjoint('card wallet'.split())",
        "ok = turn.talk.heard.text == 'never mind'",
    ],
)
def test_a_word_in_an_action_is_found(source: str) -> None:
    assert words_in(source, strict=True)


@pytest.mark.parametrize(
    "source",
    [
        "ok = heard.text == '/affirm'",
        "ok = heard.intent in ('affirm', 'thank')",
        "ok = not heard.words.isdisjoint(pack.words['yes'])",
        "ok = heard.words <= pack.words['yes'] | pack.words[f'subject_{task}']",
        "ok = pack.finds('person', heard.text)",
        "ok = '?' in heard.text",
        "code = re.compile(r'(?<!\\d)\\d(?:[ -]?\\d){5}')",
        "parts = re.split(r'[,;.\\n]+(?=\\s|$)', text)",
        "ok = topic in {'amount', 'fee', 'window'}",
    ],
)
def test_what_is_no_word_of_people_is_let_through(source: str) -> None:
    assert words_in(source, strict=False) == []


@pytest.mark.parametrize(
    ("pattern", "words"), [(r"\band\b|[,;.]", ["and"]), (r"\d{6}", []), (r"(?P<email>\S+@\S+)", [])]
)
def test_a_pattern_of_structure_names_no_word(pattern: str, words: list[str]) -> None:
    assert pattern_words(pattern) == words

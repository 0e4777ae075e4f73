"""A pack has each name that the code asks for and no other, in every language, and none of its patterns is slow."""

from __future__ import annotations

import ast
import re
import sre_parse
from collections.abc import Iterator
from functools import cache

import pytest
from ruamel.yaml import YAML

from bot.dialogue.offers import CANT
from bot.language.pack import DEFAULT, LANGUAGES, LanguagePack, language_pack
from bot.settings import PROJECT

READERS = [
    *sorted((PROJECT / "bot" / "dialogue").glob("*.py")),
    *sorted((PROJECT / "bot" / "language").glob("*.py")),
    *sorted((PROJECT / "actions").glob("*.py")),
]
YES_NO_TASKS = ("refund", "cancel", "withdraw")
"""The tasks that end with a yes or no: what f-strings over a task stand for."""
BY_METHOD = {"says": "phrases", "finds": "patterns", "has": "words"}
KINDS = ("words", "phrases", "patterns")

# --- names ------------------------------------------------------------------------------------------------------------


def _constants(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _named(node: ast.AST, module: ast.Module) -> set[str]:
    """The names that an argument can be: a string, one with the task in it, or what a variable runs over."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        shape = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        return {shape.format(task) for task in YES_NO_TASKS}
    return _runs_over(node.id, module) if isinstance(node, ast.Name) else set()


def _runs_over(name: str, module: ast.Module) -> set[str]:
    found: set[str] = set()
    for loop in ast.walk(module):
        if not isinstance(loop, ast.For | ast.comprehension):
            continue
        targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        at = next((i for i, t in enumerate(targets) if isinstance(t, ast.Name) and t.id == name), None)
        if at is None:
            continue
        over = loop.iter
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr == "items":
            over = over.func.value
        if isinstance(over, ast.Name):
            over = _assigned(over.id, module)
        if isinstance(over, ast.Dict):
            found |= set().union(*map(_constants, [*over.keys, *over.values][at * len(over.keys) :][: len(over.keys)]))
        elif isinstance(over, ast.Tuple | ast.List | ast.Set):
            items = [e.elts[at] if isinstance(e, ast.Tuple) and len(targets) > 1 else e for e in over.elts]
            found |= set().union(*map(_constants, items))
    return found


def _assigned(name: str, module: ast.Module) -> ast.expr | None:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return node.value
    return None


def _uses(module: ast.Module) -> Iterator[tuple[str, str]]:
    """What of a pack is asked for, as kind and name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_METHOD:
            if node.args and len(node.args) == 2 and _is_pack(node.func.value):
                yield from ((BY_METHOD[node.func.attr], name) for name in _named(node.args[0], module))
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and _is_pack(node.value.value):
            yield from ((node.value.attr, name) for name in _named(node.slice, module) if node.value.attr in KINDS)


def _is_pack(node: ast.AST) -> bool:
    return ast.unparse(node) in ("pack", "self", "language_pack()")


@cache
def used() -> frozenset[tuple[str, str]]:
    """Every kind and name that the code asks a pack for."""
    return frozenset(use for file in READERS for use in _uses(ast.parse(file.read_text("utf-8"))))


def has(pack: LanguagePack) -> set[tuple[str, str]]:
    """Every kind and name that a pack has."""
    return {(kind, name) for kind in KINDS for name in getattr(pack, kind)}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_pack_has_each_name_that_the_code_asks_for(language: str) -> None:
    assert sorted(used() - has(language_pack(language))) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_name_of_a_pack_is_asked_for(language: str) -> None:
    unused = {name for _, name in has(language_pack(language)) - used()}
    assert sorted(unused) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_packs_of_all_languages_have_the_same_names(language: str) -> None:
    pack, other = language_pack(language), language_pack(DEFAULT)
    assert has(pack) == has(other)
    assert list(pack.beside_ours) == list(other.beside_ours)
    assert list(pack.safety) == list(other.safety)


def test_many_uses_are_found() -> None:
    assert len(used()) > 60


def test_a_wish_beside_ours_and_a_word_of_safety_have_their_answers() -> None:
    responses = YAML(typ="safe").load((PROJECT / "domain.yml").read_text("utf-8"))["responses"]
    pack = language_pack()
    assert [name for name in pack.beside_ours if f"utter_cant/{name}" not in responses] == []
    assert [name for name in pack.beside_ours if f"utter_cant/{name}" not in CANT] == []
    assert [name for name in pack.safety if f"utter_person_at_once/{name}" not in responses] == []


def test_the_words_of_a_language_that_has_no_pack_are_refused() -> None:
    with pytest.raises(KeyError):
        language_pack("xx")


# --- patterns ---------------------------------------------------------------------------------------------------------

ALL_PATTERNS = [
    (language, kind, name)
    for language in sorted(LANGUAGES)
    for kind in ("patterns", "beside_ours", "safety")
    for name in getattr(language_pack(language), kind)
]


def _of(language: str, kind: str, name: str) -> re.Pattern[str]:
    return dict(getattr(language_pack(language), kind))[name]


@pytest.mark.parametrize(("language", "kind", "name"), ALL_PATTERNS)
def test_a_pattern_finds_nothing_in_nothing(language: str, kind: str, name: str) -> None:
    if name in ("towards", "paid_with", "not_there", "clause_end"):
        return  # what stands before a destination, looked for up to its place; and where a clause ends
    assert not [text for text in ("", " ", "\n", ".", "?") if _of(language, kind, name).search(text)]


@pytest.mark.parametrize("name", ["towards", "paid_with", "not_there"])
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_what_stands_before_a_destination_is_not_nothing(language: str, name: str) -> None:
    assert not _of(language, "patterns", name).search("")


def _endless_groups(parsed: sre_parse.SubPattern) -> list[str]:
    """Repetitions without an end of more than one character: one inside another takes for ever."""
    found = []
    for operation, argument in parsed:
        parts = argument if isinstance(argument, tuple | list) else (argument,)
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            if most == sre_parse.MAXREPEAT and (len(body) > 1 or str(body[0][0]) in ("SUBPATTERN", "BRANCH")):
                found.append(str(body))
        for part in parts:
            inner = part if isinstance(part, list) else [part]
            found += [one for of in inner if isinstance(of, sre_parse.SubPattern) for one in _endless_groups(of)]
    return found


@pytest.mark.parametrize(("language", "kind", "name"), ALL_PATTERNS)
def test_no_pattern_repeats_a_group_without_an_end(language: str, kind: str, name: str) -> None:
    assert _endless_groups(sre_parse.parse(_of(language, kind, name).pattern)) == []


def test_a_group_without_an_end_is_seen() -> None:
    assert _endless_groups(sre_parse.parse(r"a(?:b|c+)*d")) and _endless_groups(sre_parse.parse(r"(x|(?:to )+)y"))
    assert not _endless_groups(sre_parse.parse(r"\w+ (?:to ){0,3}[ab]*"))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_phrases_and_words_are_written_as_they_are_compared(language: str) -> None:
    pack = language_pack(language)
    words = [word for of in pack.words.values() for word in of]
    assert [word for word in words if word != word.lower() or "’" in word] == []
    assert [name for name, of in pack.phrases.items() if not of] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_phrase_means_two_opposite_things(language: str) -> None:
    phrases = language_pack(language).phrases
    for one, other in (
        ("yes", "no"),
        ("yes", "stop"),
        ("yes", "hold"),
        ("yes", "bare_cancel"),
        ("no", "hold"),
        ("stop", "hold"),
    ):
        assert phrases[one] & phrases[other] == set(), (one, other)

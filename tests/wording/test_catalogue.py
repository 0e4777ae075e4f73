"""Messages by code: filled in the forms of their language, and never an exception towards a customer."""

from __future__ import annotations

import ast
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from bot.policy.money import Money
from bot.policy.values import Value, values_from_json, values_to_json
from bot.wording import LANGUAGES, catalogue, say
from tests.wording.messages import FILES, PLACEHOLDERS, ROOT, entries, message_of, messages_of, responses

NEW_YORK = ZoneInfo("America/New_York")
MADE_UP = """
cards = { $number ->
    [one] one card of { $sum }
   *[other] { $number } cards of { $sum } each
 }
until = until { $day }
time = { $at } = { DAY($at) }, { TIME($at) } = { ISO($at) }
rate = { $rate }
wait = { $wait }
who = { $ours ->
    [yes] ours
   *[no] theirs
 }: { $ids }
text = „{ $text }“
"""

GIVEN_BESIDE = {"chat_cancel_quote": {"clauses"}, "chat_declined": {"clauses", "with_clauses"}}
"""What callers give and a message does not say: the clauses of a decision, which ``chat_why`` tells who asks."""


class Variables(Visitor):  # type: ignore[misc]
    """The values that a message names."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.mentioned: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:
        self.names.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:
        self.mentioned.add(node.id.name)


def variables(language: str) -> dict[str, set[str]]:
    """The values that each message of a language names."""
    found: dict[str, Variables] = {}
    for name, message in messages_of(language).items():
        found[name] = Variables()
        found[name].visit(message)

    def named(name: str) -> set[str]:
        return found[name].names.union(*map(named, found[name].mentioned))

    return {name: named(name) for name in found}


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of a few messages, the same in two languages."""

    def of(language: str) -> FluentBundle:
        bundle = FluentBundle([language], functions=catalogue.FUNCTIONS, use_isolating=False)
        bundle.add_resource(FluentResource(MADE_UP))
        return bundle

    bundles = {language: of(language) for language in ("en", "de")}
    monkeypatch.setattr(catalogue, "catalogue", bundles.__getitem__)
    monkeypatch.setattr(catalogue, "LANGUAGES", frozenset(bundles))


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was missing, as the running program would log it."""
    problems: list[str] = []
    monkeypatch.setattr(catalogue, "on_missing", problems.append)
    return problems


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_file_of_messages_can_be_read(file: Path) -> None:
    assert [entry.content for entry in entries(file) if isinstance(entry, ftl.Junk)] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_message_is_written_twice_and_none_is_of_no_use(language: str) -> None:
    names = [entry.id.name for file in FILES if file.parent.name == language for entry in entries(file)]
    assert len(names) == len(set(names))
    assert set(names) <= set(variables("en"))


@pytest.mark.parametrize("language", sorted(LANGUAGES - {"en"}))
def test_other_languages_name_no_other_values(language: str) -> None:
    english = variables("en")
    assert all(names <= english[code] for code, names in variables(language).items())


def said_by(node: ast.AST) -> str | None:
    """The code of the message that a call of ``say`` or ``tell`` names."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "tell")):
        return None
    told = node.func.id == "tell"
    named = node.args[1 if told else 0]
    if not isinstance(named, ast.Constant):
        return None
    return message_of(named.value) if told else str(named.value)


def test_whatever_is_said_by_name_has_a_message_and_its_values() -> None:
    messages, said = variables("en"), set()
    for file in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("actions/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if (code := said_by(node)) is None:
                continue
            assert isinstance(node, ast.Call)
            said.add(code)
            given = {keyword.arg for keyword in node.keywords} - {"language", "card"}
            assert code in messages, f"{file}:{node.lineno}"
            assert None in given or given - GIVEN_BESIDE.get(code, set()) == messages[code], f"{file}:{node.lineno}"
    assert {"advice_asked_by", "chat_declined"} <= said


def test_each_response_that_leaves_its_words_to_a_message_has_one_and_no_other_has() -> None:
    left = {message_of(name, text) for name, texts in responses().items() for text in texts if text in PLACEHOLDERS}
    whole = {"chat_too_many_tries", "chat_held_back"}  # bot.cases.identity.refusals has what they say
    assert left - whole == {code for code in messages_of("en") if code.startswith("chat_")}


def test_a_response_has_its_words_whole_or_leaves_them_to_a_message() -> None:
    texts = {text for told in responses().values() for text in told}
    assert {text for text in texts if "{" in text} == set(PLACEHOLDERS)


def test_values_are_written_as_people_read_them(made_up: None) -> None:
    assert say("cards", number=1, sum=Money(Decimal("44"), "USD")) == "one card of $44.00"
    assert say("cards", number=1234, sum=Money(Decimal("1234567.5"), "JPY")) == "1234 cards of ¥1,234,568 each"
    assert say("until", day=date(2026, 11, 30)) == "until Monday, November 30, 2026"
    assert say("rate", rate=Decimal("0.125")) == "12.5%" and say("rate", rate=Decimal("0.12")) == "12%"
    assert say("wait", wait=timedelta(minutes=12, seconds=1)) == "13 minutes"
    assert say("wait", wait=timedelta(seconds=1)) == "1 second"
    assert say("who", ours=True, ids=("R2", "R3")) == "ours: R2, R3"
    assert say("who", ours=False, ids=()) == "theirs: "


def test_times_are_written_in_their_own_zone(made_up: None) -> None:
    said = say("time", at=datetime(2026, 11, 30, 9, 0, tzinfo=NEW_YORK))
    day = "Monday, November 30, 2026"
    assert said == f"{day}, 09:00 (EST) = {day}, 9:00 AM EST = 2026-11-30T09:00:00-05:00"


def test_another_language_has_its_own_forms(made_up: None) -> None:
    assert say("cards", "de", number=2, sum=Money(Decimal("1044.5"), "EUR")) == "2 cards of 1.044,50\xa0€ each"
    assert say("until", "de", day=date(2026, 11, 30)) == "until Montag, 30. November 2026"
    assert say("rate", "de", rate=Decimal("0.125")) == "12,5\xa0%"
    assert say("wait", "de", wait=timedelta(hours=3)) == "3 Stunden"


def test_what_a_language_does_not_have_is_said_in_the_default_one() -> None:
    assert say("finding_refunded", "xx") == say("finding_refunded")


@pytest.mark.parametrize("length", [1_999, 2_000, 2_001, 2_600, 20_000])
def test_a_long_text_comes_whole(made_up: None, length: int) -> None:
    assert say("text", text="x" * length) == f"„{'x' * length}“"


def test_many_ids_come_whole(made_up: None) -> None:
    ids = ("RD-ABCDEF",) * 300
    assert say("who", ours=True, ids=ids) == f"ours: {', '.join(ids)}"


def test_a_text_is_no_message(made_up: None) -> None:
    text = '{ $number } { cards } "\\u0041" \ue000text\ue001 { DAY($at) }'
    assert say("text", text=text) == f"„{text}“"


def test_a_message_that_is_missing_is_logged_and_something_plain_is_said(missing: list[str]) -> None:
    assert say("no_such_message") == "No such message"
    assert missing == ["no_such_message (en): no such message"]


@pytest.mark.parametrize("values", [{}, {"remaining": None}, {"remaining": 1.5}], ids=["missing", "None", "a float"])
def test_a_value_that_is_missing_is_logged_and_the_rest_is_said(missing: list[str], values: dict[str, Any]) -> None:
    said = ("It would take at least remaining left on the card.", "Advice more left")
    assert say("advice_more_left", **values) in said
    assert len(missing) == 1


def test_a_missing_value_is_an_error_in_every_other_test() -> None:
    with pytest.raises(AssertionError, match="advice_more_left"):
        say("advice_more_left")


def test_values_survive_json() -> None:
    values: dict[str, Value] = {
        "text": "wallet",
        "number": 3,
        "holds": True,
        "rate": Decimal("0.120"),
        "sum": Money(Decimal("44.00"), "USD"),
        "yen": Money(Decimal("4400"), "JPY"),
        "day": date(2026, 11, 30),
        "at": datetime(2026, 11, 30, 9, 0, tzinfo=NEW_YORK),
        "wait": timedelta(minutes=3),
        "ids": ("R2", "R3"),
    }
    again = values_from_json(values_to_json(values))
    assert again == values and {name: type(value) for name, value in again.items()} == {
        name: type(value) for name, value in values.items()
    }


@pytest.mark.parametrize("data", [1.5, None, {}, {"what": 1}])
def test_what_is_no_value_is_not_read(data: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        values_from_json({"value": data})

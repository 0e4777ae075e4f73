"""What the bot asked last is read from the conversation; what answers it is learnt from data/asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from ruamel.yaml import YAML

from bot.nlu.asked import _BY_RESPONSE, KINDS, NONE, Lesson, answers, asked_in, with_questions
from scripts.cross_validate import PROJECT

DOMAIN = YAML(typ="safe").load((PROJECT / "domain.yml").read_text("utf-8"))
ANSWERS = answers(PROJECT / "data" / "asked")


def asked(*events: Any, **slots: str) -> str:
    """What was asked last, after some events."""
    names = ("task", "asked")
    tracker = DialogueStateTracker("talk", [TextSlot(name, [], influence_conversation=False) for name in names])
    for event in (*(SlotSet(name, value) for name, value in slots.items()), *events):
        tracker.update(event)
    return asked_in(tracker)


def said(response: str) -> BotUttered:
    """Words of the bot."""
    return BotUttered("…", metadata={"utter_action": response})


@pytest.mark.parametrize(
    ("task", "slot", "kind"),
    [
        ("refund", "order_number", "order_number"),
        ("refund", "email", "email"),
        ("cancel", "email_code", "email_code"),
        ("refund", "refund_reason", "refund_reason"),
        ("refund", "refund_destination", "refund_destination"),
        ("refund", "plan", "plan"),
        ("refund", "which_cancel", "which_cancel"),
        ("withdraw", "which_case", "which_case"),
        ("refund", "answer", "quote"),
        ("cancel", "answer", "cancel_quote"),
        ("withdraw", "answer", "withdraw_quote"),
        ("status", "answer", NONE),
        ("refund", "something_new", NONE),
    ],
)
def test_a_form_asks_for_what_its_slots_say(task: str, slot: str, kind: str) -> None:
    assert asked(task=task, asked=slot) == kind


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ("utter_which_task", "which_task"),
        ("utter_report_problem/fault", "which_task"),
        ("utter_person_at_once/anger", "person_offer"),
        ("utter_dispute", "person_offer"),
        ("utter_refund_confirmed", "anything_else"),
        ("utter_withdrawn", "anything_else"),
        ("utter_greet", NONE),
        ("utter_introduction", NONE),
    ],
)
def test_outside_of_a_form_the_last_words_tell(response: str, kind: str) -> None:
    assert asked(said("utter_introduction"), said(response)) == kind


def test_a_form_comes_before_the_last_words() -> None:
    assert asked(said("utter_person_instead"), task="refund", asked="email") == "email"


def test_only_the_last_words_of_the_last_turn_count() -> None:
    assert asked(said("utter_which_task"), said("utter_greet")) == NONE
    assert asked(said("utter_which_task"), UserUttered("hm")) == NONE
    assert asked() == NONE and asked_in(None) == NONE


def test_what_is_listed_is_in_the_domain_and_once() -> None:
    listed = Counter(response for responses in _BY_RESPONSE.values() for response in responses)
    assert set(listed) <= set(DOMAIN["responses"])
    assert set(listed.values()) == {1}
    assert set(_BY_RESPONSE) < set(KINDS)


def test_each_kind_has_its_answers() -> None:
    number = Counter(answer.asked for answer in ANSWERS)
    assert set(number) == set(KINDS) - {NONE}
    assert min(number.values()) >= 40
    assert {answer.intent for answer in ANSWERS} <= set(DOMAIN["intents"])


def test_to_one_question_words_have_one_meaning() -> None:
    meanings: dict[tuple[str, str], set[str]] = {}
    for answer in ANSWERS:
        meanings.setdefault((answer.asked, answer.text.lower()), set()).add(answer.intent)
    assert {said: intents for said, intents in meanings.items() if len(intents) > 1} == {}
    assert len(meanings) == len(ANSWERS)


def test_finer_intents_are_those_of_the_other_utterances() -> None:
    known = {
        block["intent"]
        for path in (PROJECT / "data").rglob("nlu.yml")
        for block in YAML(typ="safe").load(path.read_text("utf-8"))["nlu"]
    }
    assert {f"{answer.intent}/{answer.detail}" for answer in ANSWERS if answer.detail} <= known


def test_a_question_that_nobody_asks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weather.yml").write_text("asked: weather\nsaid:\n  deny: |\n    - rain\n")
    with pytest.raises(ValueError, match="nobody asks 'weather'"):
        answers(tmp_path)
    (tmp_path / "weather.yml").write_text("asked: quote\nsaid:\n  ask_policy/fee: |\n    - a - b\n    - why\n")
    assert answers(tmp_path) == [
        Lesson("a - b", "ask_policy", "fee", "quote"),
        Lesson("why", "ask_policy", "fee", "quote"),
    ]


def test_what_may_be_said_at_any_time_is_learnt_as_said_to_some_question() -> None:
    many = [Lesson(f"I want a human being number {n}", "talk_to_human") for n in range(300)]
    mixed = with_questions(many)
    assert mixed == with_questions(many)
    assert 60 <= sum(lesson.asked != NONE for lesson in mixed) <= 140
    assert {lesson.asked for lesson in mixed} == set(KINDS)
    assert [(lesson.text, lesson.intent) for lesson in mixed] == [(lesson.text, lesson.intent) for lesson in many]


def test_few_words_that_hang_on_the_question_are_learnt_without_one() -> None:
    few = [Lesson(f"cancel {n}", "cancel_service") for n in range(100)]
    assert with_questions(few) == few
    assert with_questions([Lesson(f"human {n}", "talk_to_human") for n in range(100)]) != few
    told = [Lesson(f"do it please now {n}", "affirm", asked="quote") for n in range(100)]
    assert with_questions(told) == told

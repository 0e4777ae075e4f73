"""What the bot asked last: the same words are one thing to one question and another to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from ruamel.yaml import YAML

NONE = "none"
KINDS = (
    NONE,
    "order_number",
    "email",
    "email_code",
    "refund_reason",
    "refund_destination",
    "plan",
    "quote",
    "cancel_quote",
    "withdraw_quote",
    "which_cancel",
    "which_case",
    "which_task",
    "person_offer",
    "anything_else",
)
"""Every kind of question, and ``none`` where the bot asked nothing in particular."""

_QUOTES = {"refund": "quote", "cancel": "cancel_quote", "withdraw": "withdraw_quote"}
"""The question that the slot ``answer`` waits for, by the task."""

_BY_RESPONSE = {
    kind: frozenset(responses.split())
    for kind, responses in {
        "which_task": "utter_which_task utter_which_task/second utter_which_task/third utter_help utter_not_understood "
        "utter_nothing_to_stop utter_report_problem/fault utter_report_problem/again "
        "utter_report_problem/wrong_product",
        "person_offer": "utter_person_at_once/anger utter_person_at_once/legal utter_person_at_once/care "
        "utter_person_instead utter_dispute utter_still_not_understood utter_out_of_scope utter_other_language "
        "utter_sorry utter_sorry_unsure utter_no_cases utter_no_cases_of_order utter_bot_challenge",
        "anything_else": "utter_thank utter_nothing_else utter_stopped utter_not_confirmed utter_refund_paid "
        "utter_refund_confirmed utter_return_confirmed utter_cancel_confirmed utter_cancel_recorded utter_withdrawn "
        "utter_not_withdrawn utter_cases utter_in_review utter_under_way utter_declined utter_already_cancelled "
        "utter_added_to_request utter_left_with_person utter_refund_instead utter_nothing_to_withdraw",
    }.items()
}
"""Where no question waits, what the last words of the bot were."""


_MEANS_THE_SAME = frozenset(
    "talk_to_human greet goodbye thank bot_challenge help complain dispute_charge out_of_scope".split()
)
"""Intents that short words have, too, whatever was asked."""
_FEW = 4
"""Of fewer words than these the meaning hangs on the question."""
_SHARE = 3
"""One of so many utterances that answer no question in particular is learnt as said to some question."""


@dataclass(frozen=True)
class Lesson:
    """An utterance to learn from: its intent, the finer one if it has one, and the kind of question it answers."""

    text: str
    intent: str
    detail: str | None = None
    asked: str = NONE

    @classmethod
    def of(cls, text: str, label: str, asked: str = NONE) -> Lesson:
        """With a label as the files have it: a finer intent stands after a slash."""
        intent, _, detail = label.partition("/")
        return cls(text, intent, detail or None, asked)


def asked_in(tracker: DialogueStateTracker | None) -> str:
    """The kind of question that the next message answers: the question that waits, else the last words of the bot."""
    if tracker is None:
        return NONE
    requested = tracker.get_slot("asked")
    if requested == "answer":
        return _QUOTES.get(str(tracker.get_slot("task")), NONE)
    if requested:
        return str(requested) if requested in KINDS else NONE
    last = _last_response(tracker)
    return next((kind for kind, responses in _BY_RESPONSE.items() if last in responses), NONE)


def answers(folder: Path) -> list[Lesson]:
    """The utterances of the files in a folder, one file for each kind of question. Raises ValueError for a kind that
    nobody asks."""
    return [lesson for path in sorted(folder.glob("*.yml")) for lesson in _answers_of(path)]


def with_questions(lessons: Iterable[Lesson]) -> list[Lesson]:
    """The lessons, some of those without a question now with one, so that no question rules out what customers may say
    at any time. Which one is by the letters: the same at each training."""
    return [replace(lesson, asked=_drawn(lesson.text)) if _may_be_said_to_any(lesson) else lesson for lesson in lessons]


def _may_be_said_to_any(lesson: Lesson) -> bool:
    is_clear = lesson.intent in _MEANS_THE_SAME or len(lesson.text.split()) >= _FEW
    return lesson.asked == NONE and is_clear and crc32(lesson.text.encode()) % _SHARE == 0


def _drawn(text: str) -> str:
    return KINDS[1 + crc32(text.encode()) // _SHARE % (len(KINDS) - 1)]


def _answers_of(path: Path) -> Iterable[Lesson]:
    read = YAML(typ="safe").load(path.read_text("utf-8"))
    if read["asked"] not in KINDS:
        raise ValueError(f"{path.name}: nobody asks {read['asked']!r}")
    for label, lines in read["said"].items():
        for line in lines.splitlines():
            yield Lesson.of(line.removeprefix("- "), label, read["asked"])


def _last_response(tracker: DialogueStateTracker) -> str:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            return str(event.metadata.get("utter_action") or "")
    return ""

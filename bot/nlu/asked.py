"""What the bot asked last: the same words are one thing to one question and another to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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
        "which_task": "utter_which_task utter_nothing_to_stop utter_report_problem/fault "
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
"""Outside of the forms, what the last words of the bot were."""


@dataclass(frozen=True)
class Answer:
    """An utterance with the kind of question that it answers; ``label`` is its intent, a finer one after a slash."""

    text: str
    label: str
    asked: str


def asked_in(tracker: DialogueStateTracker | None) -> str:
    """The kind of question that the next message answers: what a form waits for, else the last words of the bot."""
    if tracker is None:
        return NONE
    requested = tracker.get_slot("requested_slot")
    if requested == "answer":
        return _QUOTES.get(str(tracker.get_slot("task")), NONE)
    if requested:
        return str(requested) if requested in KINDS else NONE
    last = _last_response(tracker)
    return next((kind for kind, responses in _BY_RESPONSE.items() if last in responses), NONE)


def answers(folder: Path) -> list[Answer]:
    """The training utterances of the files in a folder, one file for each kind. Raises ValueError for a kind that
    nobody asks."""
    return [answer for path in sorted(folder.glob("*.yml")) for answer in _answers_of(path)]


def _answers_of(path: Path) -> Iterable[Answer]:
    read = YAML(typ="safe").load(path.read_text("utf-8"))
    if read["asked"] not in KINDS:
        raise ValueError(f"{path.name}: nobody asks {read['asked']!r}")
    for label, lines in read["said"].items():
        for line in lines.splitlines():
            yield Answer(line.removeprefix("- "), label, read["asked"])


def _last_response(tracker: DialogueStateTracker) -> str:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            return str(event.metadata.get("utter_action") or "")
    return ""

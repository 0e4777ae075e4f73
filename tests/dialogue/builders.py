"""Messages, states and commands for tests of the dialogue: the usual ones, of which a test changes what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.cases.model import CaseKind, CaseState, CustomerReason
from bot.dialogue.acts import Act
from bot.dialogue.commands import Command, Kind
from bot.dialogue.heard import Heard, Part
from bot.dialogue.state import Context, Request, State
from bot.dialogue.tasks import TASKS
from bot.language.pack import language_pack

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
ORDER, OTHER_ORDER, THIRD_ORDER = "CC-104233", "CC-104251", "CC-104268"
EMAIL = "alex@example.com"
REFERENCE = "RC-QUOTE"
DONE_REFERENCE = "RC-DONE"

QUESTIONS: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    *((task.name, need) for task in TASKS.values() for need in task.needs),
    *((task, "which_cancel") for task in ("refund", "cancel", "status")),
    ("refund", "reason_check"),
)
"""Every task with each of its questions, and the state in which nothing is asked."""


def a_state(task: str | None = None, asked: str | None = None, **changes: Any) -> State:
    """What is known when that question of that task is asked."""
    needs = TASKS[task].needs if task else ()
    place = needs.index(asked) if asked in needs else 1
    known: dict[str, Any] = {"task": task, "asked": asked}
    if task:
        known["refund_requested_at"] = NOON if task == "refund" else None
        known["cancel_requested_at"] = NOON if task == "cancel" else None
    if place > 0 and asked not in ("order_number", None) and task:
        known["order_number"] = ORDER
    if asked in ("plan", "refund_reason", "refund_destination", "answer", "email_code", "reason_check"):
        known["email"] = EMAIL
    if asked in ("refund_destination", "answer") and task == "refund":
        known |= {"reason": CustomerReason.CHANGE_OF_MIND, "reason_words": "I changed my mind"}
    if asked == "answer":
        known |= {"case_reference": REFERENCE, "decision_id": 7}
        if task == "refund":
            known["destination"] = "original_payment_method"
    if asked == "plan":
        known |= {"plan": "both", "cancel_requested_at": NOON}
    if asked == "reason_check":
        known |= {"proposed": CustomerReason.SERVICE_FAULT, "reason_words": "it is dead"}
    return replace(State(), **{**known, **changes})


def a_request(kind: str = "refund", state: CaseState = CaseState.CONFIRMED, **changes: Any) -> Request:
    """A request of this conversation, by default a refund that was confirmed."""
    known: dict[str, Any] = {
        "reference": DONE_REFERENCE,
        "kind": CaseKind(kind),
        "state": state,
        "order_number": OTHER_ORDER,
        "withdrawable": state in (CaseState.CONFIRMED, CaseState.IN_REVIEW, CaseState.AWAITING_RETURN),
        "mine": True,
        "on_return": state is CaseState.AWAITING_RETURN,
    }
    return Request(**{**known, **changes})


def a_context(task: str | None = None, asked: str | None = None, **changes: Any) -> Context:
    """What a message is said to: ``said`` are the responses of the last turn, ``requests`` those that were made."""
    said: Sequence[str] = changes.pop("said", ())
    requests = tuple(changes.pop("requests", ()))
    silence = changes.pop("silence", timedelta(seconds=20))
    return Context(a_state(task, asked, **changes), (tuple(said),) if said else (), requests, silence)


def a_message(text: str = "", intent: str = "nlu_fallback", confidence: float = 0.95, **changes: Any) -> Heard:
    """A message as the model and the rules would have it. ``parts`` are intents, or intents with a finer one."""
    parts = tuple(Part(*part.split("/")) for part in changes.pop("parts", ()))
    intent, _, detail = intent.partition("/")
    values = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in changes.items()}
    crossed = bool(values.pop("crossed", ()))
    return Heard(
        said=text,
        text=text,
        intent=intent,
        said_at=NOON + timedelta(minutes=5),
        detail=detail or None,
        confidence=1.0 if text.startswith("/") else confidence,
        guesses=(intent,),
        parts=parts,
        values=values,
        crossed=crossed,
    )


def heard_with(commands: Sequence[Command], **changes: Any) -> Heard:
    """A message that has these commands: with their values, and an intent that goes with the first."""
    values: dict[str, tuple[str, ...]] = {}
    for command in commands:
        entity = {"later_order": "order_number"}.get(command.name, command.name)
        if command.kind is Kind.GIVE and entity in ("order_number", "email", "phone") and command.value:
            values[entity] = (*values.get(entity, ()), command.value)
        elif command.order:
            values["order_number"] = (*values.get("order_number", ()), command.order)
    intent = next((_INTENTS[c.kind] for c in commands if c.kind in _INTENTS), "nlu_fallback")
    known = Heard("what was said", "what was said", intent, NOON + timedelta(minutes=5), values=values, confidence=0.9)
    return replace(known, guesses=(intent,), **changes)


_INTENTS = {
    Kind.PERSON: "talk_to_human",
    Kind.TAKE_BACK: "withdraw_request",
    Kind.STOP: "nevermind",
    Kind.AFFIRM: "affirm",
    Kind.DENY: "deny",
    Kind.GIVE: "inform",
    Kind.ASK: "ask_policy",
    Kind.START: "request_refund",
    Kind.COMPLAIN: "complain",
    Kind.SMALL_TALK: "greet",
}


def values_that_fit(context: Context) -> list[Command]:
    """Each value that can be given at a question."""
    give = Kind.GIVE
    asked, task = context.asked, context.state.task
    commands = [
        Command(give, "order_number", THIRD_ORDER),
        Command(give, "later_order", THIRD_ORDER),
        Command(give, "email", "sam@example.org"),
        Command(give, "phone", "+15550100200"),
        Command(give, "tracking_number", "1Z999AA10123456784"),
        *(Command(give, "destination", place) for place in ("wallet", "original_payment_method", "elsewhere", "both")),
        *(Command(give, "reason", reason.value) for reason in CustomerReason),
        Command(give, "reason", "service_fault", confidence=0.5),
    ]
    if asked == "email_code":
        commands.append(Command(give, "email_code", "123456"))
    if asked == "which_cancel":
        choices = {"refund": ("stop", "cancel"), "cancel": ("stop", "here", "withdraw"), "status": ("stop", "cancel")}
        commands += [Command(give, "which_cancel", choice) for choice in choices[task or "cancel"]]
    if asked == "plan":
        commands += [Command(give, "plan", choice) for choice in ("refund", "cancel")]
    if asked == "which_case":
        commands += [Command(give, "which_case", choice) for choice in (DONE_REFERENCE, "*")]
    return commands


def questions_that_fit(context: Context) -> list[Command]:
    """Each question that can be asked there: about the terms, about the request at hand, about our own question."""
    topics = ["fee", "window", ""]
    if context.asked in ("order_number", "email", "email_code"):
        topics.append("not_at_hand")
    if context.asked in ("order_number", "email"):
        topics.append("why_asked")
    if context.asked == "answer":
        topics.append("why")
    if not context.asked and context.last_request:
        topics += ["why", "when_done", "went_through", "by_mail", "return_number", "return_address"]
        topics += ["return_sent", "return_label", "other_order"]
    return [Command(Kind.ASK, topic) for topic in topics]


def commands_that_fit(context: Context) -> list[Command]:
    """One command of each kind and name that a message can have in that state."""
    task, asked, pack = context.state.task, context.asked, language_pack()
    commands = [
        Command(Kind.PERSON),
        *(Command(Kind.SAFETY, name) for name in pack.safety),
        Command(Kind.TAKE_BACK),
        Command(Kind.STOP),
        Command(Kind.STOP, "goodbye"),
        *values_that_fit(context),
        Command(Kind.AFFIRM),
        Command(Kind.DENY),
        *questions_that_fit(context),
        *(Command(Kind.BESIDE_OURS, name) for name in pack.beside_ours),
        Command(Kind.COMPLAIN),
        *(
            Command(Kind.SMALL_TALK, name)
            for name in ("greet", "thank", "bot_challenge", "help", "out_of_scope", "other_language")
        ),
        Command(Kind.NOT_UNDERSTOOD),
    ]
    starts = [name for name in ("refund", "cancel", "status") if name != task]
    if asked not in ("plan", "which_cancel"):
        commands += [Command(Kind.START, name) for name in (*starts, "both")]
    if asked not in ("answer", "plan", "which_cancel") and task != "withdraw":
        commands.append(Command(Kind.START, "which_cancel"))
    if asked:
        commands.append(Command(Kind.HOLD))
        names = ("order_number", "email", "phone", "reason", "destination")
        commands += [Command(Kind.CORRECT, name) for name in names if asked != "refund_reason"]
    if asked == "answer" and task in ("refund", "cancel"):
        commands.append(Command(Kind.CORRECT, ""))
    if asked == "order_number":
        commands += [Command(Kind.NOT_UNDERSTOOD, name) for name in ("pin", "card_back")]
    return commands


def every_context() -> list[Context]:
    """Every state, with no request made and with one; and with one that a person has, where nothing is asked."""
    contexts = [a_context(task, asked) for task, asked in QUESTIONS]
    contexts += [a_context(task, asked, requests=[a_request()]) for task, asked in QUESTIONS]
    contexts.append(a_context(requests=[a_request("cancel")], said=["utter_cancel_confirmed"]))
    contexts.append(a_context(requests=[a_request(state=CaseState.IN_REVIEW)], said=["utter_in_review"]))
    return contexts


def named(context: Context) -> str:
    """The state, in a word."""
    state = context.state
    made = f"+{context.requests[0].state.value}" if context.requests else ""
    return f"{state.task or 'idle'}/{state.asked or '-'}{made}"


def said(acts: Sequence[Act]) -> list[str]:
    """The responses that are uttered as they stand."""
    return [act.response for act in acts if hasattr(act, "response")]

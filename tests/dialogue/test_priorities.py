"""The table of priorities, enumerated: of two commands in any state the first is carried out, and what stands behind it
is kept as far as it makes sense."""

from __future__ import annotations

from itertools import product

import pytest

from bot.dialogue import acts
from bot.dialogue.acts import Plan
from bot.dialogue.commands import PRIORITY, Command, Kind, in_order
from bot.dialogue.machine import decide
from bot.dialogue.offers import OF_THE_RETURN
from bot.dialogue.state import Context, State
from tests.dialogue.builders import commands_that_fit, every_context, heard_with, named, said

TABLE = [
    (Kind.PERSON,),
    (Kind.SAFETY,),
    (Kind.TAKE_BACK, Kind.STOP),
    (Kind.CORRECT,),
    (Kind.GIVE, Kind.AFFIRM, Kind.DENY, Kind.HOLD),
    (Kind.ASK, Kind.BESIDE_OURS),
    (Kind.START,),
    (Kind.COMPLAIN, Kind.SMALL_TALK),
    (Kind.NOT_UNDERSTOOD,),
]
"""Which goes before which, written down a second time: a change of the one has to be meant in the other."""
CONTEXTS = [context for context in every_context() if not (context.asked and context.requests)]
_UNPLACED = ("elsewhere", "both")
_MAY_BE_LOST = (Kind.COMPLAIN, Kind.SMALL_TALK, Kind.NOT_UNDERSTOOD, Kind.HOLD)
"""What needs no answer beside something else."""
_NO_PLAIN_YES = {Kind.CORRECT, Kind.DENY, Kind.BESIDE_OURS, Kind.STOP, Kind.TAKE_BACK}
"""Beside these a yes is not to what was quoted."""
_PAIRS = [
    (one, other)
    for one, other in product(Kind, Kind)
    if PRIORITY[one] <= PRIORITY[other] and one is not Kind.NOT_UNDERSTOOD
]


def test_the_table_is_as_it_was_meant() -> None:
    assert {kind: place for place, kinds in enumerate(TABLE, start=1) for kind in kinds} == PRIORITY


@pytest.mark.parametrize(("one", "other"), list(product(Kind, Kind)))
def test_commands_are_put_into_the_order_of_the_table(one: Kind, other: Kind) -> None:
    first, second = Command(one, "one"), Command(other, "other")
    expected = [second, first] if PRIORITY[other] < PRIORITY[one] else [first, second]
    assert in_order([first, second]) == expected
    assert in_order([first, second, first]) == expected


# --- what carried out means -------------------------------------------------------------------------------------------


def is_carried_out(command: Command, plan: Plan, context: Context) -> bool:
    """Whether a plan does what a command wants, or has nothing to do for it in that state."""
    kind, name, state = command.kind, command.name, plan.state
    utters, done = said(plan.acts), {type(act) for act in plan.acts}
    asked = context.asked
    if kind is Kind.PERSON:
        return acts.HandOver in done
    if kind is Kind.SAFETY:
        return f"utter_person_at_once/{name}" in utters
    if kind is Kind.TAKE_BACK:
        return state.task == "withdraw" and acts.Proceed in done
    if kind is Kind.STOP:
        undone = context.responses and state.task == "withdraw"  # right after it was recorded
        left = acts.TakeOver in done or not context.asked  # another task goes on instead
        return acts.Stop in done or bool(undone) or (left and state.task is not None)
    if kind is Kind.CORRECT:
        if not name:
            return any(utter.startswith("utter_what_to_change/") for utter in utters)
        return _known(context.state, name) is None or _known(state, name) != _known(context.state, name)
    if kind is Kind.GIVE:
        return _is_given(command, plan, context)
    if kind is Kind.AFFIRM:
        if asked == "reason_check":
            return state.reason is context.state.proposed
        return asked != "answer" or acts.Confirm in done
    if kind is Kind.DENY:
        if asked == "reason_check":
            return state.proposed is None
        return asked != "answer" or acts.Refuse in done
    if kind is Kind.HOLD:
        return "utter_take_your_time" in utters
    if kind is Kind.ASK:
        return _is_answered(name, plan, context)
    if kind is Kind.BESIDE_OURS:
        return f"utter_cant/{name}" in utters
    if kind is Kind.START:
        return _is_started(name, plan)
    return True


def _known(state: State, name: str) -> object:
    return getattr(state, {"destination": "destination", "reason": "reason"}.get(name, name))


def _is_given(command: Command, plan: Plan, context: Context) -> bool:
    name, value, state = command.name, command.value, plan.state
    utters, done = said(plan.acts), {type(act) for act in plan.acts}
    if name == "tracking_number":
        return acts.NoteTracking in done or acts.HandOver in done
    if acts.AddToRequest in done or acts.ShowStatus in done:
        return True
    if name == "destination" and value in _UNPLACED:
        about = ("utter_cant/other_destination", "utter_cant/both_destinations", "utter_cant/change_recorded")
        return state.task != "refund" or any(utter in about for utter in utters)
    if name == "destination":
        return state.destination == value or "utter_cant/change_recorded" in utters
    if name == "reason":
        return value in (getattr(state.reason, "value", None), getattr(state.proposed, "value", None))
    if name == "later_order":
        return value in state.later_orders or state.order_number == value
    if name == "which_cancel":
        wanted = {"stop": acts.Stop in done, "here": acts.Proceed in done}
        return wanted.get(value or "", state.task == value)
    if name == "plan":
        return state.plan == "refund_first" if value == "refund" else state.task == "cancel"
    if name in ("email_code", "which_case"):
        return acts.Proceed in done
    return getattr(state, name) == value


def _is_answered(topic: str, plan: Plan, context: Context) -> bool:
    answers = {act.topic for act in plan.acts if isinstance(act, acts.Answer | acts.TellRequest)}
    utters = said(plan.acts)
    if topic == "other_order":
        return plan.state.task is not None and any(isinstance(act, acts.Proceed) for act in plan.acts)
    if topic in ("why_asked", "not_at_hand"):
        return any(utter == "utter_why_asked" or utter.startswith("utter_no_") for utter in utters)
    if topic in OF_THE_RETURN and plan.state.return_topic == topic:
        return plan.state.task == "status"  # answered once the order is proven
    return (topic or "overview") in answers


def _is_started(name: str, plan: Plan) -> bool:
    state, done = plan.state, {type(act) for act in plan.acts}
    if name == "both":
        return state.plan == "both"
    if name == "which_cancel":
        return state.asked == "which_cancel"
    if name == "refund" and acts.AddToRequest in done:
        return True  # a person has that refund already
    if name == "status" and acts.ShowStatus in done:
        return True
    waits = any(later.partition(":")[0] == name for later in state.later_tasks)
    return waits or (state.task == name and acts.Proceed in done)


# --- what is kept -----------------------------------------------------------------------------------------------------


def problem_with(first: Command, second: Command, plan: Plan, context: Context) -> str:
    """What a plan does against the table; ``first`` is of the higher priority."""
    kinds = {first.kind, second.kind}
    done = {type(act) for act in plan.acts}
    given = any(c.kind is Kind.GIVE and not _is_beside_the_task(c, context) for c in (first, second))
    if acts.Confirm in done and (Kind.AFFIRM not in kinds or given or kinds & _NO_PLAIN_YES):
        return "confirmed"
    if first.kind is Kind.PERSON:
        if acts.HandOver not in done or len(done) > 1:
            return "the person is not at once"
        kept = second.kind not in (Kind.GIVE, Kind.CORRECT) or _is_remembered(second, plan, context)
        return "" if kept else "a value beside the person is lost"
    if first.kind is Kind.SAFETY:
        if not said(plan.acts)[0].startswith("utter_person_at_once/"):
            return "the offer is not the first"
        return "" if second.kind in _MAY_BE_LOST or is_carried_out(second, plan, context) else "the rest is lost"
    yields = _gives_way(first, second, context)
    if not yields and not is_carried_out(first, plan, context):
        return "the first is not carried out"
    if second.kind in _MAY_BE_LOST or _gives_way(second, first, context):
        return ""
    return "" if is_carried_out(second, plan, context) else "the second is lost"


def _is_beside_the_task(command: Command, context: Context) -> bool:
    """A reason is none of a cancellation's business."""
    return command.kind is Kind.GIVE and command.name == "reason" and context.state.task != "refund"


def _is_remembered(command: Command, plan: Plan, context: Context) -> bool:
    if command.name in ("order_number", "email", "phone", "later_order", "destination", "reason") and (
        command.value not in _UNPLACED
    ):
        return is_carried_out(command, plan, context)
    return True


def _gives_way(command: Command, other: Command, context: Context) -> bool:
    """Whether a command has no sense left beside the other one."""
    kind, beside = command.kind, other.kind
    if _is_beside_the_task(command, context) or "other_order" in (command.name, other.name):
        return True
    if kind is Kind.BESIDE_OURS and beside is Kind.BESIDE_OURS:
        return True  # the first that fits is answered
    if kind is Kind.AFFIRM and beside in (Kind.BESIDE_OURS, Kind.START):
        return True  # no clear yes: asked once more
    if kind is Kind.AFFIRM or kind is Kind.DENY:  # of what was quoted, if that is changed or left
        leaves = beside is Kind.START and kind is Kind.DENY
        return leaves or beside in (
            Kind.TAKE_BACK,
            Kind.STOP,
            Kind.CORRECT,
            Kind.GIVE,
            Kind.AFFIRM,
            Kind.DENY,
            Kind.HOLD,
        )
    if kind is Kind.HOLD:
        return True
    if kind is Kind.GIVE and beside in (Kind.STOP, Kind.GIVE):
        return True  # nothing is left that it is for; of two in one place the last is meant
    if kind in (Kind.GIVE, Kind.START) and beside is Kind.CORRECT and not other.name:
        return True  # the button, which nothing stands beside
    if kind in (Kind.ASK, Kind.BESIDE_OURS) and beside is Kind.CORRECT and not other.name:
        return True  # the button, which nothing stands beside
    if kind is Kind.CORRECT:
        if not command.name:  # what it is, is said with it; or all of it is left
            return beside in (Kind.GIVE, Kind.STOP, Kind.TAKE_BACK, Kind.CORRECT, Kind.START)
        return beside in (Kind.STOP, Kind.TAKE_BACK, Kind.GIVE, Kind.CORRECT, Kind.START)
    if kind is Kind.GIVE and beside in (Kind.TAKE_BACK, Kind.START):
        # Values of the order stay with the customer, answers to a closed question go with the question.
        return command.name not in ("order_number", "email", "phone")
    if kind is Kind.GIVE and command.name in ("which_cancel", "plan", "which_case") and beside is not Kind.ASK:
        return True
    if kind in (Kind.STOP, Kind.TAKE_BACK) and beside in (Kind.STOP, Kind.TAKE_BACK):
        return True
    if kind is Kind.START:
        bare = command.name in ("which_cancel", "both", "status")
        return (bare and beside is not Kind.ASK) or beside is Kind.START or _chooses(other)
    return False


def _chooses(command: Command) -> bool:
    return command.kind is Kind.GIVE and command.name in ("which_cancel", "plan", "which_case")


def problems_of(one: Kind, other: Kind) -> list[str]:
    """All that goes against the table for two kinds in all states, each pair of commands both ways round."""
    found = []
    for context in CONTEXTS:
        fitting = [c for c in commands_that_fit(context) if c.kind not in (Kind.BESIDE_OURS, Kind.SMALL_TALK)]
        fitting += [Command(Kind.BESIDE_OURS, "pause"), Command(Kind.BESIDE_OURS, "part_of_sum")]
        fitting += [Command(Kind.SMALL_TALK, "greet"), Command(Kind.SMALL_TALK, "help")]
        firsts = [command for command in fitting if command.kind is one]
        seconds = [command for command in fitting if command.kind is other]
        for first, second in product(firsts, seconds):
            if first == second:
                continue
            for both in ([first, second], [second, first]):
                plan = decide(in_order(both), heard_with(both), context)
                if problem := problem_with(first, second, plan, context):
                    found.append(
                        f"{named(context)}: {first.kind.value} {first.name or first.value}, "
                        f"{second.kind.value} {second.name} {second.value or ''}: {problem}"
                    )
    return list(dict.fromkeys(found))


_K = Kind


@pytest.mark.parametrize(
    ("one", "other"),
    _PAIRS,
    ids=lambda kind: kind.value,
)
def test_of_two_commands_in_any_state_the_first_is_carried_out_and_the_second_kept(one: Kind, other: Kind) -> None:
    assert problems_of(one, other) == []

"""Whatever is said in whatever state: something is done, the money moves after a yes only, and no question is left open
that nobody hears."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.cases.model import CaseState
from bot.dialogue import acts
from bot.dialogue.acts import Plan
from bot.dialogue.commands import Command, Kind, in_order
from bot.dialogue.machine import after_the_end, decide
from bot.dialogue.state import Context, State
from bot.dialogue.tasks import TASKS
from bot.settings import PROJECT
from tests.dialogue.builders import (
    QUESTIONS,
    a_context,
    a_request,
    commands_that_fit,
    every_context,
    heard_with,
    named,
    said,
)
from tests.thorough import examples

CONTEXTS = every_context()
_ASK = (acts.Proceed, acts.AskAgain)
_END = (acts.Stop, acts.HandOver, acts.Confirm, acts.Refuse)
ASK_THEMSELVES = (
    "utter_which_cancel/",
    "utter_reason_check",
    "utter_what_to_change/",
    "utter_is_number/",
    "utter_no_order_number",
    "utter_no_email",
    "utter_why_asked",
    "utter_take_your_time",
)
"""Responses whose last words are what is asked, or that we wait."""


KNOWN_TO_CONFIRM: set[Kind] = set()
"""Beside these a yes confirms a quote still, which test_priorities has among what is to be mended."""


@cache
def responses() -> frozenset[str]:
    return frozenset(YAML(typ="safe").load((PROJECT / "domain.yml").read_text("utf-8"))["responses"])


def faults_of(plan: Plan, commands: Sequence[Command], context: Context, *, crossed: bool = False) -> list[str]:
    """What must never be, whatever was said."""
    known = KNOWN_TO_CONFIRM.intersection(command.kind for command in commands)
    found = []
    kinds = [command.kind for command in commands]
    if not plan.acts:
        found.append("nothing is done")
    found += [f"no response {name}" for name in said(plan.acts) if name not in responses()]
    found += [
        f"no answer to {act.topic}"
        for act in plan.acts
        if isinstance(act, acts.Answer) and f"utter_ask_policy/{act.topic}" not in responses()
    ]
    if any(isinstance(act, acts.Confirm) for act in plan.acts):
        gives = [c for c in commands if c.kind is Kind.GIVE and (c.name != "reason" or context.state.task == "refund")]
        if context.asked != "answer" or Kind.AFFIRM not in kinds:
            found.append("confirmed without a yes to a quote")
        if gives:
            found.append("confirmed beside a value that was given")
        beside = {Kind.CORRECT, Kind.DENY, Kind.BESIDE_OURS, Kind.STOP, Kind.TAKE_BACK, Kind.PERSON} & set(kinds)
        if beside and not known:
            found.append(f"confirmed beside {sorted(kind.value for kind in beside)}")
        if crossed:
            found.append("confirmed by what was written before the quote")
        if plan.state.case_reference != context.state.case_reference:
            found.append("confirmed another quote than the one shown last")
    if any(isinstance(act, acts.Refuse) for act in plan.acts) and (context.asked != "answer" or Kind.DENY not in kinds):
        found.append("refused without a no to a quote")
    state = plan.state
    if state.asked is not None:
        asks = any(isinstance(act, (*_ASK, *_END)) for act in plan.acts)
        asks = asks or any(name.startswith(ASK_THEMSELVES) for name in said(plan.acts))
        if not asks:
            found.append(f"{state.asked} stays open, and nothing asks for it")
        if state.task is None or state.asked not in {*TASKS[state.task].needs, "which_cancel", "reason_check"}:
            found.append(f"{state.asked} of {state.task} is no question")
    if any(isinstance(act, acts.Proceed) for act in plan.acts) and state.task not in TASKS:
        found.append(f"goes on with {state.task}")
    if state.proposed is not None and state.reason is not None:
        found.append("a reason is known, and another is asked back")
    if (state.case_reference is None) != (state.decision_id is None):
        found.append("half a quote is kept")
    return found


@pytest.mark.parametrize("context", CONTEXTS, ids=named)
def test_each_command_in_each_state_does_what_it_may(context: Context) -> None:
    commands = commands_that_fit(context)
    assert len(commands) > 35
    wrong = {c: faults for c in commands if (faults := faults_of(decide([c], heard_with([c]), context), [c], context))}
    assert wrong == {}


@pytest.mark.parametrize("context", CONTEXTS, ids=named)
def test_two_commands_in_each_state_do_what_they_may(context: Context) -> None:
    commands = commands_that_fit(context)
    wrong = []
    for first in commands:
        for second in commands:
            both = in_order([first, second])
            if both[0].name == "other_order" and both[-1].kind is Kind.START:
                continue  # see test_another_order_after_the_end_…
            if faults := faults_of(decide(both, heard_with(both), context), both, context):
                wrong.append((*both, faults))
    assert wrong == []


def test_another_order_after_the_end_is_no_question_about_the_terms() -> None:
    context = a_context(requests=[a_request()], said=["utter_refund_confirmed"])
    both = [Command(Kind.ASK, "other_order"), Command(Kind.START, "refund")]
    assert faults_of(decide(both, heard_with(both), context), both, context) == []


@pytest.mark.parametrize("context", CONTEXTS, ids=named)
def test_nothing_is_decided_by_the_moment(context: Context) -> None:
    for command in commands_that_fit(context):
        message = heard_with([command])
        assert decide([command], message, context) == decide([command], message, context)


@pytest.mark.parametrize("task", [task for task, asked in QUESTIONS if asked == "answer"])
def test_a_yes_to_a_quote_confirms_that_quote(task: str) -> None:
    context = a_context(task, "answer")
    yes = [Command(Kind.AFFIRM)]
    assert decide(yes, heard_with(yes), context) == Plan(context.state, (acts.Confirm(),))


@pytest.mark.parametrize("task", [task for task, asked in QUESTIONS if asked == "answer"])
def test_a_yes_that_was_written_before_the_quote_confirms_nothing(task: str) -> None:
    context = a_context(task, "answer")
    yes = [Command(Kind.AFFIRM)]
    plan = decide(yes, heard_with(yes, crossed=True), context)
    assert faults_of(plan, yes, context, crossed=True) == []


@pytest.mark.parametrize(
    ("task", "asked"), [(task, asked) for task, asked in QUESTIONS if asked not in ("answer", "reason_check")]
)
def test_a_yes_where_no_yes_was_asked_for_moves_nothing(task: str | None, asked: str | None) -> None:
    for response in ("utter_quote_renewed", "utter_help", "utter_in_review"):
        context = a_context(task, asked, said=[response])
        plan = decide([Command(Kind.AFFIRM)], heard_with([Command(Kind.AFFIRM)]), context)
        assert not any(isinstance(act, acts.Confirm) for act in plan.acts)


@pytest.mark.parametrize(("task", "asked"), [(task, asked) for task, asked in QUESTIONS if asked])
def test_a_stop_leaves_nothing_behind_in_any_state(task: str, asked: str) -> None:
    stop = [Command(Kind.STOP)]
    plan = decide(stop, heard_with(stop), a_context(task, asked, later_orders=("CC-104300",)))
    assert plan == Plan(State(), (acts.Stop(),))


@pytest.mark.parametrize(("task", "asked"), QUESTIONS)
def test_a_silence_of_more_than_ten_minutes_is_bridged_while_something_is_asked(
    task: str | None, asked: str | None
) -> None:
    hello = [Command(Kind.SMALL_TALK, "greet")]
    for minutes, bridged in ((10, False), (11, asked is not None)):
        plan = decide(hello, heard_with(hello), a_context(task, asked, silence=timedelta(minutes=minutes)))
        assert ("utter_where_we_were" in said(plan.acts)) is bridged


# --- whole conversations ----------------------------------------------------------------------------------------------


@dataclass
class Play:
    """A conversation with a simple model of what the actions answer: they ask for the next thing that is not known,
    tell an outcome in its place now and then, and forget a task that has ended."""

    chance: random.Random
    state: State = field(default_factory=State)
    turns: list[tuple[str, ...]] = field(default_factory=list)
    requests: list = field(default_factory=list)
    shown: str | None = None
    verified: bool = False
    quotes: int = 0
    done: Counter[str] = field(default_factory=Counter)
    first_asked: dict[str, object] = field(default_factory=dict)

    def context(self) -> Context:
        return Context(self.state, tuple(reversed(self.turns[-6:])), tuple(self.requests), timedelta(seconds=30))

    def turn(self, commands: list[Command]) -> None:
        context = self.context()
        message = heard_with(commands)
        plan = decide(commands, message, context)
        problems = faults_of(plan, commands, context)
        assert not problems, (named(context), commands, plan, problems)
        self.turns.append(())
        self.state = plan.state
        for act in plan.acts:
            self.carry_out(act)
        assert self.turns[-1], (named(context), commands, plan)
        self.after(commands, context)

    def after(self, commands: list[Command], context: Context) -> None:
        state = self.state
        assert state.asked is None or state.task is not None
        if Kind.PERSON in {command.kind for command in commands}:
            assert state == State()
        if state.asked == "answer":
            assert state.case_reference == self.shown, "a yes would mean another quote than the one that was shown"
        if state.asked != "reason_check":
            assert state.proposed is None or state.asked is not None
        if context.state.task == state.task and context.asked and state.asked and state.task in ("refund", "cancel"):
            name = f"{state.task}_requested_at"
            before, now = getattr(context.state, name), getattr(state, name)
            assert before is None or now == before, "a request counts from the first message that asked (R2)"

    def say(self, response: str) -> None:
        self.turns[-1] = (*self.turns[-1], response)

    def carry_out(self, act: acts.Act) -> None:
        self.done[type(act).__name__] += 1
        match act:
            case acts.Say():
                self.say(act.response)
            case acts.AskAgain():
                assert act.asked == self.state.asked
                self.say(f"utter_{act.asked}_again")
            case acts.Proceed():
                self.proceed()
            case acts.HandOver():
                self.say("utter_handed_over")
                self.state = State()
            case acts.Stop():
                self.say("utter_stopped")
                self.state, self.shown = State(), None
            case acts.TakeOver():
                assert self.state.case_reference is None, "the quote of the task before is kept"
                self.shown = None
                self.say("utter_left")
            case acts.Confirm():
                assert self.state.case_reference == self.shown is not None
                kind = {"refund": "refund", "cancel": "cancel"}.get(self.state.task or "")
                if kind:
                    number = self.state.order_number
                    reference = f"RC-{len(self.requests)}"
                    self.requests.insert(0, a_request(kind, order_number=number, reference=reference))
                self.say(
                    {"refund": "utter_refund_confirmed", "cancel": "utter_cancel_confirmed"}.get(
                        kind, "utter_withdrawn"
                    )
                )
                self.end()
            case acts.Refuse():
                self.say("utter_not_confirmed")
                self.state = replace(self.state, plan=None)
                self.end()
            case acts.ShowRenewed():
                self.state = State(task="refund", order_number="CC-104233")
                self.proceed()
            case _:
                self.say(type(act).__name__)

    def proceed(self) -> None:
        """Ask for the next thing that is not known."""
        state = self.state
        assert state.task is not None
        known = {
            "which_case": self.chance.random() < 0.5,
            "order_number": state.order_number is not None,
            "email": self.verified or state.email is not None or state.phone is not None,
            "email_code": self.verified or self.chance.random() < 0.5,
            "plan": state.plan != "both",
            "refund_reason": state.reason is not None,
            "refund_destination": state.destination is not None,
        }
        need = next((need for need in TASKS[state.task].needs if not known.get(need, False)), None)
        if need is None or (need == "answer" and self.chance.random() < 0.2):
            self.say("utter_declined")
            if self.chance.random() < 0.5 and state.task == "refund":
                self.say("utter_in_review")
                self.requests.insert(0, a_request(state=CaseState.IN_REVIEW, reference=f"RC-{len(self.requests)}"))
            self.end()
            return
        if need not in ("order_number", "email", "which_case"):
            self.verified = True
        if need == "answer":
            self.quotes += 1
            self.shown = f"RC-Q{self.quotes}"
            self.state = replace(state, case_reference=self.shown, decision_id=self.quotes, asked="answer")
        else:
            self.state = replace(state, asked=need)
        self.say(f"utter_which_{need}")

    def end(self) -> None:
        """The next of several, or the end."""
        following = after_the_end(self.state)
        self.shown = None
        if following is None:
            self.state = State()
            return
        waiting = (len(self.state.later_orders), len(self.state.later_tasks))
        self.state, order = following
        assert self.state.order_number == (order or None)
        assert (len(self.state.later_orders), len(self.state.later_tasks)) < waiting, "the same one would come for ever"
        self.proceed()


def play(seed: int, turns: int) -> Play:
    """A conversation of random messages of one to three commands each."""
    chance = random.Random(seed)
    played = Play(chance)
    for _ in range(turns):
        fitting = commands_that_fit(played.context())
        wanted = chance.choices(fitting, k=chance.choice((1, 1, 1, 2, 2, 3)))
        if played.state.asked == "answer" and chance.random() < 0.3:
            wanted = [Command(Kind.AFFIRM)]
        elif played.state.asked and chance.random() < 0.3:
            wanted = chance.sample([c for c in fitting if c.kind is Kind.GIVE], k=2)
        if {Kind.AFFIRM, Kind.DENY} <= {command.kind for command in wanted}:
            continue  # understood as one or the other
        wanted = [command for command in wanted if command.name != "other_order"] or [Command(Kind.AFFIRM)]
        played.turn(in_order(wanted))
    return played


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_any_conversation_keeps_its_rules(seed: int, turns: int) -> None:
    play(seed, turns)


def test_ten_thousand_turns_reach_everything_that_can_be_done() -> None:
    done: Counter[str] = Counter()
    for seed in range(200):
        done += play(seed, 50).done
    missing = [act.__name__ for act in acts.Act.__args__ if not done[act.__name__]]
    assert set(missing) <= {"ShowRenewed", "LeaveAddress"}, missing


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=3), max_size=25), st.integers(0, 1000))
def test_any_conversation_of_chosen_commands_keeps_its_rules(chosen: list[list[int]], seed: int) -> None:
    played = Play(random.Random(seed))
    for indexes in chosen:
        fitting = commands_that_fit(played.context())
        wanted = [fitting[index % len(fitting)] for index in indexes]
        wanted = [command for command in wanted if command.name != "other_order"] or [Command(Kind.HOLD)]
        if not {Kind.AFFIRM, Kind.DENY} <= {command.kind for command in wanted}:
            played.turn(in_order(wanted))

"""From commands to what is known and what is done: the one place that says how a conversation goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.cases.model import CustomerReason
from bot.dialogue.acts import (
    Act,
    AddToRequest,
    Answer,
    AskAgain,
    Confirm,
    HandOver,
    LeaveAddress,
    NoteTracking,
    Plan,
    Proceed,
    Refuse,
    Say,
    ShowRenewed,
    ShowStatus,
    Stop,
    TakeOver,
    TellRequest,
)
from bot.dialogue.commands import Command, Kind
from bot.dialogue.heard import SURE, Heard
from bot.dialogue.offers import (
    GUESSES,
    HANDED_OVER,
    OF_THE_REQUEST,
    OF_THE_RETURN,
    PROBLEM,
    WHICH_TASK,
    WITH_A_PERSON,
    recorded_task,
)
from bot.dialogue.state import Context, State
from bot.dialogue.tasks import OPEN_TASKS, TASKS
from bot.dialogue.values import BOTH, ELSEWHERE

LONG_SILENCE = timedelta(minutes=10)
"""After such a break the customer is told where they were."""
GUESSABLE = (
    "request_refund",
    "cancel_service",
    "ask_policy",
    "check_request_status",
    "withdraw_request",
    "dispute_charge",
    "report_problem",
)
"""Wishes that are offered as buttons where a message was not understood."""
_SMALL_TALK = {
    "greet": "utter_greet",
    "thank": "utter_thank",
    "bot_challenge": "utter_bot_challenge",
    "help": "utter_help",
    "out_of_scope": "utter_out_of_scope",
    "other_language": "utter_other_language",
}
_FAULTS = (CustomerReason.SERVICE_FAULT, CustomerReason.BILLING)
"""Reasons that may change the sum in the customer's favour, and are asked back where they were only guessed."""
_NEXT_AFTER_REASON = {
    CustomerReason.SERVICE_FAULT: "utter_report_problem/fault",
    CustomerReason.OTHER: "utter_report_problem/fault",
    CustomerReason.BILLING: "utter_dispute",
}


def decide(commands: Sequence[Command], heard: Heard, context: Context) -> Plan:
    """What follows from the commands of a message, the first of them first."""
    turn = _Turn(tuple(c for c in commands if not (c.kind is Kind.AFFIRM and heard.crossed)), heard, context)
    plan = _decided(turn)
    if turn.first(Kind.PERSON):
        return plan
    plan = _with_tracking(turn, plan)
    offers = [Say(f"utter_person_at_once/{command.name}") for command in turn.of(Kind.SAFETY)]
    return replace(plan, acts=(*offers, *_with_answers(turn, plan.acts)))


def _with_tracking(turn: _Turn, plan: Plan) -> Plan:
    """The number of a parcel is noted before anything else."""
    told = turn.tracking
    if told is None or not told.value:
        return plan
    return replace(plan, acts=(NoteTracking(told.value, told.order, alone=not plan.acts), *plan.acts))


def _with_answers(turn: _Turn, acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """What was asked or wished for beside what is carried out is answered, too, before the next question."""
    beside = [act for ask in turn.of(Kind.ASK) for act in _answer(turn, ask)]
    beside += [Say(f"utter_cant/{command.name}") for command in turn.of(Kind.BESIDE_OURS)]
    answered = {act.topic for act in acts if isinstance(act, Answer)}
    missing: list[Act] = []
    for act in beside:
        is_answered = isinstance(act, Answer) and act.topic in answered
        if not is_answered and act not in acts and act not in missing:
            missing.append(act)
    if not missing or not acts:
        return (*acts, *missing)
    last = acts[-1]
    if isinstance(last, Proceed):
        return (*acts[:-1], *missing, replace(last, aside=True))
    asks = isinstance(last, AskAgain) or (isinstance(last, Say) and last.asks)
    return (*acts[:-1], *missing, last) if asks else (*acts, *missing)


@dataclass(frozen=True)
class _Turn:
    commands: tuple[Command, ...]
    heard: Heard
    context: Context

    @property
    def state(self) -> State:
        return self.context.state

    def of(self, kind: Kind) -> list[Command]:
        return [command for command in self.commands if command.kind is kind]

    def first(self, kind: Kind) -> Command | None:
        return next(iter(self.of(kind)), None)

    @property
    def tracking(self) -> Command | None:
        """The number of a parcel."""
        return next((c for c in self.of(Kind.GIVE) if c.name == "tracking_number"), None)

    def given(self, name: str) -> list[str]:
        return [c.value or "" for c in self.of(Kind.GIVE) if c.name == name]


def _decided(turn: _Turn) -> Plan:
    asked = turn.context.asked
    if turn.first(Kind.PERSON):
        return Plan(_with_values(turn, turn.state), (HandOver(),))
    if turn.first(Kind.TAKE_BACK):
        return _take_back(turn)
    stop, other = turn.first(Kind.STOP), _task_beside(turn)
    if stop and other:
        return _begin(turn, other.name, order=other.order)
    if stop:
        last = turn.context.last_request
        just_made = recorded_task(turn.context) or turn.context.in_review(None)
        if not asked and not stop.name and just_made and last is not None and last.withdrawable:
            return _begin(turn, "withdraw")  # nothing else is left to stop
        if not asked and not stop.name and turn.context.with_a_person:
            return Plan(turn.state, (Say("utter_nothing_else"),))
        return Plan(State(), (Stop(goodbye=stop.name == "goodbye"),))
    return _in_task(turn) if asked else _idle(turn)


def _task_beside(turn: _Turn) -> Command | None:
    """Another task than the one under way that the message begins."""
    starts = (start for start in turn.of(Kind.START) if start.name in TASKS)
    return next((start for start in starts if start.name != turn.state.task), None)


def _begin(turn: _Turn, task: str, *more: Act, order: str | None = None, plan: str | None = None) -> Plan:
    """Begin a task, or go on to it with what is known; the quote of another one is closed."""
    over = (TakeOver(),) if turn.state.task not in (None, task) else ()
    state = _with_values(turn, turn.state)
    if over:
        state = replace(state, case_reference=None, decision_id=None)
    state = replace(state, task=task, asked=None, tries=0, proposed=None)
    state = replace(state, order_number=order or state.order_number, plan=plan or state.plan)
    return Plan(_counted_from(state, turn.heard.said_at), (*over, *more, Proceed()))


def _take_back(turn: _Turn) -> Plan:
    """Take a request back, and what is wished for another order after that."""
    named = turn.heard.first("order_number")
    starts = [start.name for start in turn.of(Kind.START) if start.name in OPEN_TASKS]
    plan = _begin(turn, "withdraw")
    if not starts:
        return plan
    is_requested = any(request.order_number == named for request in turn.context.requests)
    order = plan.state.order_number if is_requested else None
    state = replace(plan.state, order_number=order, later_tasks=(f"{starts[0]}:{named or ''}",))
    return replace(plan, state=state)


def _counted_from(state: State, moment: datetime) -> State:
    """The request counts from the first message that asked for it (R2)."""
    tasks = OPEN_TASKS if state.plan else tuple(task for task in OPEN_TASKS if task == state.task)
    if "refund" in tasks and state.refund_requested_at is None:
        state = replace(state, refund_requested_at=moment)
    if "cancel" in tasks and state.cancel_requested_at is None:
        state = replace(state, cancel_requested_at=moment)
    return state


def _with_values(turn: _Turn, state: State) -> State:
    """What the message gives, put to what was known. A corrected value is forgotten."""
    for command in turn.of(Kind.CORRECT):
        state = _forgotten(state, command.name)
    for command in turn.of(Kind.GIVE):
        value = command.value
        if command.name == "order_number":
            later = tuple(order for order in state.later_orders if order != value)
            state = replace(state, order_number=value, later_orders=later)
        elif command.name == "later_order" and value and value not in state.later_orders:
            state = replace(state, later_orders=(*state.later_orders, value))
        elif command.name == "email":  # what was said last shows whose the order is
            state = replace(state, email=value, phone=None)
        elif command.name == "phone":
            state = replace(state, phone=value, email=None)
        elif command.name == "destination" and value not in (ELSEWHERE, BOTH):
            state = replace(state, destination=value)
        elif command.name == "tracking_number" and turn.first(Kind.PERSON):
            state = replace(state, tracking_number=value)  # else it is noted at once
        elif command.name == "reason":
            state = replace(state, reason=CustomerReason(value), reason_words=turn.heard.said, proposed=None)
    return state


def _forgotten(state: State, name: str) -> State:
    if name == "order_number":
        return replace(state, order_number=None)
    if name in ("email", "phone"):
        return replace(state, email=None, phone=None)
    if name == "destination":
        return replace(state, destination=None)
    return replace(state, reason=None, reason_words="") if name == "reason" else state


# --- nothing is asked -------------------------------------------------------------------------------------------------


def _idle(turn: _Turn) -> Plan:
    context, heard = turn.context, turn.heard
    email = heard.first("email")
    if email and context.said_last("utter_away/with_mail"):
        return Plan(turn.state, (LeaveAddress(email),))
    if turn.tracking and not turn.of(Kind.START) and not turn.of(Kind.ASK):
        return Plan(turn.state, ())
    destination = next(iter(turn.given("destination")), None)
    if added := _to_a_person(turn, destination):
        return added
    if _is_for_the_person(turn):
        return Plan(turn.state, (Say("utter_person_sees_it"),))
    if starts := turn.of(Kind.START):
        return _started(turn, starts)
    if asks := turn.of(Kind.ASK):
        return _answered(turn, asks)
    if beside := turn.first(Kind.BESIDE_OURS):
        return Plan(_with_values(turn, turn.state), (Say(f"utter_cant/{beside.name}"),))
    if turn.of(Kind.GIVE) or heard.intent in ("inform", "change_of_mind", "report_problem", "dispute_charge"):
        return _noted(turn, destination)
    if turn.first(Kind.AFFIRM):
        return _agreed(turn)
    if turn.first(Kind.DENY):
        return Plan(turn.state, (Say("utter_nothing_else"),))
    if turn.first(Kind.COMPLAIN):
        return Plan(turn.state, _complaint(turn))
    if small := turn.first(Kind.SMALL_TALK):
        return Plan(turn.state, (Say(_SMALL_TALK[small.name]),))
    return Plan(turn.state, (_guess(turn),))


def _to_a_person(turn: _Turn, destination: str | None) -> Plan | None:
    """What is said of a request that a person has goes there, and begins nothing anew."""
    order = turn.heard.first("order_number")
    request = turn.context.in_review(order)
    if request is None or turn.first(Kind.ASK) or turn.first(Kind.BESIDE_OURS):
        return None
    real = destination if destination not in (ELSEWHERE, BOTH) else None
    gives = bool(turn.of(Kind.GIVE)) or turn.heard.intent in ("inform", "change_of_mind", "report_problem")
    starts = [start.name for start in turn.of(Kind.START)]
    if destination and starts in ([], ["refund"]):
        return Plan(turn.state, (AddToRequest(request.order_number, real),))
    about_it = turn.context.said_lately(*WITH_A_PERSON) or bool(turn.given("reason"))
    if gives and not starts and about_it:
        return Plan(turn.state, (AddToRequest(request.order_number, real),))
    return None


def _is_for_the_person(turn: _Turn) -> bool:
    """Whether it is said to the person who was just asked for: what they should know, and not what the bot could do."""
    beside = {Kind.START, Kind.ASK, Kind.BESIDE_OURS, Kind.SMALL_TALK, Kind.AFFIRM, Kind.DENY, Kind.COMPLAIN}
    return turn.context.said_lately(*HANDED_OVER) and not any(command.kind in beside for command in turn.commands)


def _started(turn: _Turn, starts: list[Command]) -> Plan:
    names = [start.name for start in starts]
    if names[0] == "which_cancel":
        state = replace(_with_values(turn, turn.state), task="cancel")
        return Plan(replace(state, asked="which_cancel", tries=0), (Say("utter_which_cancel/cancel", asks=True),))
    if names[0] == "both":
        return _begin(turn, "refund", plan="both")
    if names[0] == "status":
        shown = [r for r in turn.context.requests if r.reference in turn.heard.values.get("reference", ())]
        order = turn.heard.first("order_number")
        if turn.context.requests:
            reference = shown[0].reference if shown else None
            return Plan(turn.state, (ShowStatus(order, reference),))
        return _begin(turn, "status")
    first, *later = starts
    questions = [act for ask in turn.of(Kind.ASK) for act in _answer(turn, ask)]
    plan = _begin(turn, first.name, *questions, order=first.order)
    if first.order:  # each wish keeps its order
        named, emails = turn.heard.values.get("order_number", ()), turn.heard.values.get("email", ())
        # As many addresses as orders: each order has its own.
        whose = dict(zip(named, emails, strict=True)) if len(named) == len(emails) > 1 else {}
        waiting = tuple(f"{start.name}:{start.order}:{whose.get(start.order, '')}" for start in later if start.order)
        orders = [start.order or "" for start in later]
        state = replace(plan.state, order_number=first.order, later_orders=(), later_tasks=waiting)
        state = replace(state, email=whose.get(first.order, state.email))
        told = Say("utter_later_orders", {"orders": tuple(orders)})
        return Plan(state, (told, *plan.acts) if orders else plan.acts)
    return _with_later_orders(turn, plan)


def _with_later_orders(turn: _Turn, plan: Plan) -> Plan:
    new = [order for order in plan.state.later_orders if order not in turn.state.later_orders]
    if not new:
        return plan
    told = Say("utter_later_orders", {"orders": plan.state.later_orders})
    return replace(plan, acts=(told, *plan.acts))


def _answered(turn: _Turn, asks: list[Command]) -> Plan:
    other = next((ask for ask in asks if ask.name == "other_order"), None)
    if other is not None:
        task = recorded_task(turn.context) or ("cancel" if _last_was_cancelled(turn) else "refund")
        return _begin(turn, task)
    unknown = next((ask for ask in asks if ask.name in OF_THE_RETURN and _return_reference(turn) is None), None)
    if unknown is not None:
        plan = _begin(turn, "status")
        return replace(plan, state=replace(plan.state, return_topic=unknown.name))
    state = _with_values(turn, turn.state)
    return Plan(state, tuple(act for ask in asks for act in _answer(turn, ask, prove=True)))


def _return_reference(turn: _Turn) -> str | None:
    """The request whose card is spoken of: one that waits for it, or the one made last; of the order that is named."""
    order, last = turn.heard.first("order_number"), turn.context.last_request
    if waiting := turn.context.return_of(order):
        return waiting.reference
    return last.reference if last is not None and order in (None, last.order_number) else None


def _last_was_cancelled(turn: _Turn) -> bool:
    last = turn.context.last_request
    return last is not None and last.kind.value == "cancel"


def _answer(turn: _Turn, ask: Command, *, prove: bool = False) -> list[Act]:
    state, last = turn.state, turn.context.last_request
    if ask.name in OF_THE_RETURN:
        of_return = _return_reference(turn)
        return [TellRequest(ask.name, of_return)] if of_return else []
    if ask.name in OF_THE_REQUEST:
        quoted = state.case_reference if turn.context.asked == "answer" else None
        reference = quoted or (last.reference if last else None)
        return [TellRequest(ask.name, reference)] if reference else []
    if ask.name == "other_order":
        return []
    if ask.name == "not_yet":
        return [Say("utter_not_yet")]
    if ask.name == "why_asked":
        return [Say("utter_why_asked")]
    if ask.name == "not_at_hand":
        if turn.context.asked not in ("email", "email_code"):
            return [Say("utter_no_order_number")]
        return [Say(f"utter_no_{turn.context.asked}", {"order": state.order_number or ""})]
    return [Answer(ask.name or "overview", prove)]


def _noted(turn: _Turn, destination: str | None) -> Plan:
    """Values before anything was asked for: remembered, and asked what is wanted."""
    state = _with_values(turn, turn.state)
    last = turn.context.last_request
    if destination and last is not None:
        return Plan(turn.state, (Say("utter_cant/change_recorded", {"reference": last.reference}),))
    if destination in (ELSEWHERE, BOTH):
        return Plan(turn.state, (Say("utter_cant/other_destination"),))
    reason = next((CustomerReason(value) for value in turn.given("reason")), None)
    if reason is None and turn.heard.intent == "dispute_charge":
        return Plan(state, (Say("utter_dispute"),))
    if reason is None and turn.heard.intent == "report_problem":
        return Plan(state, (_problem(turn),))
    if reason is None:
        return Plan(
            state, (_problem(turn) if turn.context.said_last(*PROBLEM, "utter_dispute") else _which_task(turn),)
        )
    if reason is CustomerReason.CHANGE_OF_MIND:
        if state.order_number and turn.context.said_last(*WHICH_TASK):
            return _begin(turn, "refund")  # the figures are shown before anything happens
        return Plan(state, (_which_task(turn),))
    return Plan(state, (Say(_NEXT_AFTER_REASON.get(reason, f"utter_report_problem/{reason.value}")),))


def _problem(turn: _Turn) -> Say:
    first, again = PROBLEM
    return Say(again if turn.context.said_last(*PROBLEM, "utter_dispute") else first)


def _which_task(turn: _Turn) -> Say:
    """Which task it shall be; asked again, in other words, and then with a person beside it."""
    asked = 0
    for responses in turn.context.responses:
        if not responses or responses[-1] not in WHICH_TASK:
            break
        asked += 1
    return Say(WHICH_TASK[min(asked, len(WHICH_TASK) - 1)])


def _agreed(turn: _Turn) -> Plan:
    """A yes to nothing in particular. To an offer of a person it was a wish for one."""
    if turn.context.said_last("utter_quote_renewed"):
        return Plan(turn.state, (ShowRenewed(),))
    if turn.context.with_a_person and turn.context.said_lately(*HANDED_OVER, *WITH_A_PERSON):
        return Plan(turn.state, (Say("utter_nothing_else"),))
    return Plan(turn.state, (_which_task(turn) if turn.state.order_number else Say("utter_help"),))


def _complaint(turn: _Turn) -> tuple[Act, ...]:
    return () if turn.first(Kind.SAFETY) else (Say("utter_person_at_once/anger"),)


def _guess(turn: _Turn) -> Say:
    if turn.context.said_last(*GUESSES, "utter_still_not_understood"):
        return Say("utter_still_not_understood")
    if turn.context.with_a_person and not turn.context.said_last("utter_person_sees_it"):
        return Say("utter_person_sees_it")
    if any(guess in GUESSABLE for guess in turn.heard.guesses):
        return Say("utter_is_it_one_of_these", buttons="guesses")
    return Say("utter_not_understood")


# --- a question of a task waits for an answer -------------------------------------------------------------------------


def _in_task(turn: _Turn) -> Plan:
    state = turn.state
    plan = _answer_to_question(turn) or _beside_the_question(turn)
    if turn.context.silence <= LONG_SILENCE or any(isinstance(act, Stop) for act in plan.acts):
        return plan
    number = state.order_number or ""
    where = Say("utter_where_we_were", {"task": state.task or "", "with_order": bool(number), "order": number})
    return replace(plan, acts=(where, *plan.acts))


def _answer_to_question(turn: _Turn) -> Plan | None:
    """What the message answers or changes; None where it does neither."""
    state, asked = turn.state, turn.context.asked
    correct = turn.first(Kind.CORRECT)
    if correct is not None and not correct.name:
        return Plan(state, (Say(f"utter_what_to_change/{state.task}"),))
    if turn.first(Kind.HOLD) and not turn.of(Kind.GIVE) and not turn.of(Kind.START):
        return Plan(_with_values(turn, state), (Say("utter_take_your_time"),))
    starts = turn.of(Kind.START)
    if starts and starts[0].name == "which_cancel":
        response = Say(f"utter_which_cancel/{state.task}", asks=True)
        return Plan(replace(_with_values(turn, state), asked="which_cancel", tries=0), (response,))
    if asked == "which_cancel" and (choice := next(iter(turn.given("which_cancel")), None)):
        if choice == "stop":
            return Plan(State(), (Stop(),))
        return _begin(turn, state.task or "cancel") if choice == "here" else _begin(turn, choice)
    if asked == "plan" and (choice := next(iter(turn.given("plan")), None)):
        if choice == "cancel":
            plan = _begin(turn, "cancel")
            return replace(plan, state=replace(plan.state, plan=None))
        return _go_on(turn, replace(_with_values(turn, state), plan="refund_first"))
    if asked == "answer":
        known = {"order_number": state.order_number, "email": state.email}
        values = [c for c in turn.of(Kind.GIVE) if c.name != "reason" or state.task == "refund"]
        values = [c for c in values if c.value != known.get(c.name)]
        yes, no = turn.first(Kind.AFFIRM), turn.first(Kind.DENY)
        if (yes and no) or (yes and turn.first(Kind.BESIDE_OURS)):
            return Plan(state, (AskAgain(asked, 1),))
        wish = _other_wish(turn, starts)
        if yes and wish is not None:
            return _yes_and_more(turn, starts)
        if wish is not None:
            return wish
        if yes and not values and not correct:
            return Plan(state, (Confirm(),))
        if no and not values and not correct:
            return Plan(state, (Refuse(),))
    if asked == "reason_check":
        return _checked(turn, starts)
    if (wish := _other_wish(turn, starts)) is not None:
        return wish
    if asked == "refund_reason" and (asks_back := _asked_back(turn)) is not None:
        return asks_back
    if turn.of(Kind.GIVE) or correct:
        said = _no_such_place(turn)
        return _go_on(turn, _with_values(turn, state), *said, aside=bool(said))
    return None


def _no_such_place(turn: _Turn) -> list[Act]:
    """What is said of a destination that no money can be sent to, or of two."""
    destination = next(iter(turn.given("destination")), None)
    if turn.state.task != "refund" or destination not in (ELSEWHERE, BOTH):
        return []
    return [Say("utter_cant/other_destination" if destination == ELSEWHERE else "utter_cant/both_destinations")]


def _other_wish(turn: _Turn, starts: list[Command]) -> Plan | None:
    """Another task in the middle of one."""
    task = turn.state.task or ""
    for start in starts:
        if start.name == "both" and turn.context.asked != "plan":
            return _begin(turn, "refund", plan="both")
        if start.name != task and start.name in TASKS[task].leaves:
            return _begin(turn, start.name, order=start.order)
    return None


def _yes_and_more(turn: _Turn, starts: list[Command]) -> Plan:
    """A yes, and a task for another order, which comes after it; for the same order it is no clear yes."""
    other = [start for start in starts if start.order != turn.state.order_number and start.name in OPEN_TASKS]
    waiting = tuple(f"{start.name}:{start.order or ''}" for start in other)
    state = replace(turn.state, later_tasks=(*turn.state.later_tasks, *waiting))
    is_clear = bool(other) and all(start.order for start in other) and not turn.of(Kind.GIVE)
    return Plan(state, (Confirm() if is_clear else AskAgain("answer", 1),))


def _asked_back(turn: _Turn) -> Plan | None:
    """A reason that was only guessed, and may change the sum, is asked back once."""
    given = next((c for c in turn.of(Kind.GIVE) if c.name == "reason"), None)
    if given is None or given.confidence >= SURE or CustomerReason(given.value) not in _FAULTS:
        return None
    reason = CustomerReason(given.value)
    state = replace(turn.state, asked="reason_check", proposed=reason, reason_words=turn.heard.said, tries=0)
    return Plan(state, (_check(reason),))


def _check(reason: CustomerReason) -> Say:
    return Say("utter_reason_check", {"reason": reason.value}, asks=True)


def _checked(turn: _Turn, starts: list[Command]) -> Plan | None:
    """The answer to a reason that was asked back, and what stands beside it; without one it is asked once more."""
    settled = _settled(turn)
    rest = tuple(c for c in turn.commands if c.kind not in (Kind.AFFIRM, Kind.DENY) and c.name != "reason")
    turn = _Turn(rest, turn.heard, replace(turn.context, state=settled or turn.state))
    if (wish := _other_wish(turn, starts)) is not None:
        return wish
    state, said = _with_values(turn, turn.state), _no_such_place(turn)
    if settled is not None:
        return _go_on(turn, state, *said, aside=bool(said))
    if turn.state.proposed is None or not (turn.of(Kind.GIVE) or turn.of(Kind.CORRECT)):
        return None
    return Plan(state, (*said, _check(turn.state.proposed)))


def _settled(turn: _Turn) -> State | None:
    """What is known once the reason is settled: told anew, agreed to, or denied; None where it is not."""
    state, words = turn.state, turn.heard.said
    given = next((c for c in turn.of(Kind.GIVE) if c.name == "reason"), None)
    if given is not None:
        unsure = given.confidence < SURE and given.value != getattr(state.proposed, "value", None)
        reason = CustomerReason.OTHER if unsure else CustomerReason(given.value)
        return replace(state, reason=reason, reason_words=words, proposed=None)
    yes, no = turn.first(Kind.AFFIRM), turn.first(Kind.DENY)
    if yes and not no and state.proposed is not None:
        return replace(state, reason=state.proposed, proposed=None)
    return replace(state, proposed=None, reason=None, reason_words="") if no and not yes else None


def _go_on(turn: _Turn, state: State, *first: Act, aside: bool = False) -> Plan:
    """On with the task, with what was asked in the same breath answered first."""
    state = _counted_from(replace(state, tries=0), turn.heard.said_at)
    questions = [act for ask in turn.of(Kind.ASK) for act in _answer(turn, ask)]
    plan = Plan(state, (*first, *questions, Proceed(aside=aside or bool(questions))))
    return _with_later_orders(turn, plan)


def _beside_the_question(turn: _Turn) -> Plan:
    """Something in between, answered before the question is asked once more; or nothing that was understood."""
    state = turn.state
    said: list[Act] = [act for ask in turn.of(Kind.ASK) for act in _answer(turn, ask)]
    alone = not turn.of(Kind.START) and not turn.of(Kind.BESIDE_OURS)
    if alone and turn.of(Kind.ASK) and turn.commands[0].name in ("why_asked", "not_at_hand"):
        return Plan(state, tuple(said))
    said += [Say(f"utter_cant/{beside.name}") for beside in turn.of(Kind.BESIDE_OURS)]
    if any(start.name == "status" for start in turn.of(Kind.START)):
        said.append(ShowStatus(turn.heard.first("order_number")))
    if not said and turn.first(Kind.COMPLAIN):
        said += _complaint(turn)
    if not said and (small := turn.first(Kind.SMALL_TALK)):
        said.append(Say(_SMALL_TALK[small.name]))
    if said or turn.first(Kind.COMPLAIN):
        if not any("utter_back_to_it" in earlier for earlier in turn.context.responses):
            said.append(Say("utter_back_to_it", {"task": state.task or ""}))
        return Plan(state, (*said, Proceed(aside=True)))
    return _unclear(turn)


def _unclear(turn: _Turn) -> Plan:
    """The question once more, in other words; after the third time with a person beside it."""
    state, asked = turn.state, turn.context.asked or ""
    state = replace(state, tries=state.tries + 1)
    looks_like = next((c.name for c in turn.of(Kind.NOT_UNDERSTOOD) if c.name), "")
    if asked == "refund_reason" and state.tries > 1 and not looks_like:
        # Twice unclear: the words are kept, and a person reads them. Never the cheaper guess.
        known = replace(state, reason=CustomerReason.OTHER, reason_words=turn.heard.said)
        return _go_on(turn, known)
    if looks_like in ("pin", "card_back"):
        return Plan(state, (Say(f"utter_is_number/{looks_like}"),))
    return Plan(state, (AskAgain(asked, state.tries),))


def after_the_end(state: State) -> tuple[State, str] | None:
    """What waits behind the task that has ended, and the order that comes next; None where nothing does."""
    kept = State(
        task=state.task,
        reason=state.reason,
        reason_words=state.reason_words,
        destination=state.destination,
        email=state.email,
        phone=state.phone,
        refund_requested_at=state.refund_requested_at if state.task == "refund" else None,
        cancel_requested_at=state.cancel_requested_at if state.task == "cancel" else None,
        later_tasks=state.later_tasks,
    )
    if state.later_orders:
        first, *rest = state.later_orders
        return replace(kept, order_number=first, later_orders=tuple(rest)), first
    if state.later_tasks:
        first_one, *waiting = state.later_tasks
        task, order, email = (*first_one.split(":"), "", "")[:3]
        moment = state.refund_requested_at or state.cancel_requested_at
        # Who says two wishes at once says once whose the orders are.
        next_one = State(
            task=task,
            order_number=order or None,
            later_tasks=tuple(waiting),
            email=email or state.email,
            phone=None if email else state.phone,
        )
        if state.task == "cancel" and task == "refund":  # why and where to was said of the refund
            next_one = replace(
                next_one, reason=state.reason, reason_words=state.reason_words, destination=state.destination
            )
        return (_counted_from(next_one, moment) if moment else next_one), order
    return None

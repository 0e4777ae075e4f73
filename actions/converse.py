"""The one action: a message is understood in its context, and what follows from it is carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import cancellation, handoff, policy, refund, status, withdrawal
from actions.asking import LOCKED, ask_again, ask_for_order
from actions.base import SafeAction, Turn, services
from actions.confirming import AGAIN, close, refuse
from actions.replies import guess_buttons, reason_titles, tell_left, tell_requests
from actions.slots import changes
from actions.talk import Talk
from bot.cases.case.overview import conversation_requests, renewed_quotes
from bot.cases.errors import NotVerified
from bot.cases.model import CaseState, CauseCode
from bot.dialogue import acts
from bot.dialogue.commands import Command
from bot.dialogue.machine import after_the_end, decide
from bot.dialogue.state import Context, Request, State
from bot.dialogue.understanding import understand
from bot.language.pack import bare, language_pack
from bot.policy.money import Money
from bot.wording import say

QUIET_TURNS = 3
"""For how many turns a customer who was told of a renewed quote is not told again."""
SAY_PERSON = frozenset({"utter_still_not_understood", "utter_person_instead", "utter_take_your_time"})
"""Responses beside which no person is offered once more for a repetition."""
_NOTHING_DONE = (CaseState.WITHDRAWN, CaseState.DECLINED)


class Converse(SafeAction):
    """Reads the tracker, asks the dialogue, calls the case service, and remembers."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_converse"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Understand, decide, carry out."""
        pack = language_pack()
        context = _context(talk)
        titles = {bare(title): reason for title, reason in reason_titles().items()}
        commands = understand(talk.heard, context, titles, pack)
        plan = decide(commands, talk.heard, context)
        turn = Turn(talk, context, plan.state, dispatcher)
        for act in plan.acts:
            _CARRY_OUT[type(act)](turn, act, commands)
        _offer_person(turn)
        if not context.asked and not turn.state.asked:
            _tell_renewed(turn)
        return changes(talk.slots, turn.state)


def _context(talk: Talk) -> Context:
    found = conversation_requests(services(), conversation_id=talk.conversation_id)
    requests = tuple(
        Request(
            reference=request.case.reference,
            kind=request.case.kind,
            state=request.case.state,
            order_number=request.order_number,
            withdrawable=request.withdrawable,
            mine=request.case.conversation_id == talk.conversation_id,
            on_return=request.case.on_return,
        )
        for request in found
    )
    return Context(talk.state, talk.responses, requests, talk.silence)


# --- acts -------------------------------------------------------------------------------------------------------------


def _say(turn: Turn, act: acts.Say, commands: list[Command]) -> None:
    buttons = None
    if act.buttons == "guesses":
        buttons = guess_buttons(turn.talk.heard.guesses)
    values = dict(act.values)
    orders = values.get("orders")
    if isinstance(orders, tuple):
        values["orders"] = reduce(lambda named, order: say("and_order", orders=named, order=order), orders)
    turn.tell(act.response, buttons=buttons, **values)


def _answer(turn: Turn, act: acts.Answer, commands: list[Command]) -> None:
    policy.answer(turn, act)


def _tell_request(turn: Turn, act: acts.TellRequest, commands: list[Command]) -> None:
    status.tell_request(turn, act)


def _note_tracking(turn: Turn, act: acts.NoteTracking, commands: list[Command]) -> None:
    """On the case that waits for the parcel; where none is known, the number is kept until an order is proven."""
    if status.note_tracking(turn, act.tracking_number, act.order_number):
        return
    turn.tell("utter_tracking_kept", tracking_number=act.tracking_number)
    turn.state = replace(turn.state, tracking_number=act.tracking_number)
    if act.alone:
        turn.state = replace(turn.state, task="status", order_number=act.order_number or turn.state.order_number)
        _proceed(turn, acts.Proceed(), commands)


def _show_status(turn: Turn, act: acts.ShowStatus, commands: list[Command]) -> None:
    status.show(turn, act)


def _hand_over(turn: Turn, act: acts.HandOver, commands: list[Command]) -> None:
    handoff.hand_over(turn)
    status.note_kept(turn)
    turn.state = State()


def _add_to_request(turn: Turn, act: acts.AddToRequest, commands: list[Command]) -> None:
    if not handoff.add_to_request(turn, act):
        turn.tell("utter_which_task")


def _leave_address(turn: Turn, act: acts.LeaveAddress, commands: list[Command]) -> None:
    if not handoff.leave_address(turn, act.email):
        turn.tell("utter_which_task")


def _take_over(turn: Turn, act: acts.TakeOver, commands: list[Command]) -> None:
    tell_left(turn.dispatcher, close(turn, CauseCode.TURNED_AWAY))


def _stop(turn: Turn, act: acts.Stop, commands: list[Command]) -> None:
    """Close a quote that waits for an answer, and say that nothing was done; what was confirmed stays."""
    before = turn.context.state
    closed = close(turn, CauseCode.STOPPED)
    requests = conversation_requests(services(), conversation_id=turn.conversation_id)
    shown = [r for r in requests if r.case.reference == before.case_reference and r.case.state not in _NOTHING_DONE]
    if shown and not closed and before.task != "withdraw":
        # It was confirmed meanwhile, in another tab: "nothing was done" would be a lie.
        tell_requests(turn.dispatcher, "utter_cases", shown)
    elif before.asked or closed:
        if not tell_left(turn.dispatcher, closed):
            turn.tell(f"utter_stopped/{before.task}" if before.task else "utter_stopped")
    elif not act.goodbye:
        turn.tell("utter_nothing_to_stop")
    if act.goodbye:
        turn.tell("utter_goodbye")
    turn.state = State()


def _show_renewed(turn: Turn, act: acts.ShowRenewed, commands: list[Command]) -> None:
    """On to the refund whose figures changed, with what it was asked for with."""
    quotes = renewed_quotes(services(), conversation_id=turn.conversation_id)
    if not quotes:
        status.show(turn, acts.ShowStatus())
        return
    case = quotes[0].case
    turn.state = State(
        task="refund",
        order_number=quotes[0].order_number,
        reason=case.reason,
        reason_words=case.reason_words or "",
        destination=case.destination.value if case.destination else None,
        refund_requested_at=case.requested_at,
    )
    _proceed(turn, acts.Proceed(), commands)


def _ask_again(turn: Turn, act: acts.AskAgain, commands: list[Command]) -> None:
    ask_again(turn, act)


def _confirm(turn: Turn, act: acts.Confirm, commands: list[Command]) -> None:
    task = turn.state.task
    try:
        if task == "withdraw":
            withdrawal.confirmed(turn)
            outcome = None
        else:
            outcome = refund.confirmed(turn) if task == "refund" else cancellation.confirmed(turn)
    except NotVerified:
        # It has run out since the quote was shown: proven again before anything is done.
        turn.tell("utter_verify_again")
        turn.state = replace(turn.state, email=None, phone=None, asked=None)
        _proceed(turn, acts.Proceed(), commands)
        return
    if outcome == AGAIN:
        _proceed(turn, acts.Proceed(), commands)
    else:
        _end(turn, commands)


def _refuse(turn: Turn, act: acts.Refuse, commands: list[Command]) -> None:
    if turn.state.task == "withdraw":
        withdrawal.refused(turn)
    else:
        refuse(turn)
    turn.state = replace(turn.state, plan=None)
    _end(turn, commands)


def _proceed(turn: Turn, act: acts.Proceed, commands: list[Command]) -> None:
    """Ask what the task needs next; where its outcome was told, go on to what waits behind it."""
    turn.aside = turn.aside or act.aside
    task = turn.state.task
    if task == "withdraw" and (asked := withdrawal.ask_which(turn)):
        turn.state = replace(turn.state, asked=asked)
        return
    asked = ask_for_order(turn, commands)
    if asked == LOCKED:
        turn.state = State()
        return
    noted = asked is None and status.note_kept(turn)
    if asked is None and task in ("refund", "cancel"):
        asked = refund.quote(turn) if task == "refund" else cancellation.quote(turn)
    elif asked is None and task == "withdraw":
        asked = withdrawal.ask_which(turn)
        if asked is None:
            withdrawal.tell_none(turn)
    elif asked is None and not noted:
        status.tell_of_order(turn)
    if asked is None:
        _end(turn, commands)
    else:
        turn.state = replace(turn.state, asked=asked)


def _end(turn: Turn, commands: list[Command]) -> None:
    """The next of several orders or wishes, or the end of the task."""
    after = refund.cancellation_after(turn) if turn.state.task == "refund" else None
    if after is None and (following := after_the_end(turn.state)):
        after, order = following
        if order:
            turn.tell("utter_next_order", order=order)
    if after is None:
        turn.state = State()
        return
    turn.state, turn.aside = after, False
    _proceed(turn, acts.Proceed(), [])


_CARRY_OUT: dict[type[Any], Callable[[Turn, Any, list[Command]], None]] = {
    acts.Say: _say,
    acts.Answer: _answer,
    acts.TellRequest: _tell_request,
    acts.NoteTracking: _note_tracking,
    acts.ShowStatus: _show_status,
    acts.HandOver: _hand_over,
    acts.AddToRequest: _add_to_request,
    acts.LeaveAddress: _leave_address,
    acts.TakeOver: _take_over,
    acts.Stop: _stop,
    acts.ShowRenewed: _show_renewed,
    acts.Confirm: _confirm,
    acts.Refuse: _refuse,
    acts.AskAgain: _ask_again,
    acts.Proceed: _proceed,
}


# --- beside the answer ------------------------------------------------------------------------------------------------


def _offer_person(turn: Turn) -> None:
    """A person beside the answer, where the bot would repeat itself."""
    messages = turn.dispatcher.messages
    if not messages or turn.state != replace(turn.talk.state, asked=turn.state.asked, tries=turn.state.tries):
        return
    # After a question in between, the open question has to be asked once more; only then twice is a repetition.
    earlier = turn.talk.responses[: 2 if turn.aside else 1]
    said = {message.get("response") for message in messages}
    if said - {None} and earlier and all(said & set(one) for one in earlier) and not said & SAY_PERSON:
        turn.dispatcher.utter_message(response="utter_person_instead")
        messages.insert(0, messages.pop())


def _tell_renewed(turn: Turn) -> None:
    """A quote that was confirmed and then changed waits for a new yes; said once in a while, when nothing else is."""
    if any("utter_quote_renewed" in one for one in turn.talk.responses[:QUIET_TURNS]):
        return
    for renewed in renewed_quotes(services(), conversation_id=turn.conversation_id)[:1]:
        turn.tell(
            "utter_quote_renewed",
            order=renewed.order_number,
            before=Money(renewed.before, renewed.currency),
            refund=Money(renewed.refund, renewed.currency),
        )

"""What every task asks for first: the order, and what proves whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.base import Turn, services
from actions.replies import order_buttons, reason_buttons, refund_of, tell_handoff, tell_refused
from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import customer_orders, request_view
from bot.cases.customer.flow import Proof, prove
from bot.cases.customer.wording import request_name
from bot.cases.identity.email_codes import GOOD_FOR
from bot.cases.identity.tries import Limit
from bot.cases.identity.verification import VerificationStatus
from bot.cases.model import Cause
from bot.dialogue.acts import AskAgain
from bot.dialogue.commands import Command, Kind
from bot.dialogue.state import State

LOCKED = "locked"
"""What ``ask_for_order`` says when too many wrong answers were given: a person has been asked."""


def ask_for_order(turn: Turn, commands: list[Command]) -> str | None:
    """Ask for the order and for what proves whose it is; the question that was asked, LOCKED, or None where the order
    is the customer's. ``commands`` are those of the message: what was compared before is not compared again by what is
    said later."""
    state = turn.state
    if state.order_number is None:
        orders = customer_orders(services(), conversation_id=turn.conversation_id)
        if len(orders) == 1:
            # The quote names it, and another number is taken at any time.
            turn.state = replace(state, order_number=orders[0].number)
            return ask_for_order(turn, commands)
        if orders:
            turn.tell("utter_which_of_your_orders", buttons=order_buttons(orders))
        else:
            turn.tell("utter_which_order")
        return "order_number"
    order = state.order_number
    code = next((c.value for c in commands if c.kind is Kind.GIVE and c.name == "email_code"), None)
    result = prove(
        services(),
        conversation_id=turn.conversation_id,
        message_id=turn.talk.message_id,
        order_number=order,
        proof=_shown(turn, commands, code),
    )
    if result is None:
        code_waits = turn.context.asked == "email_code"
        turn.tell("utter_which_code" if code_waits else "utter_which_email", order=order)
        return "email_code" if code_waits else "email"
    if result.status is VerificationStatus.VERIFIED:
        return None
    if result.limit is not None:
        tell_refused(turn.dispatcher, order, result)
        if result.status is VerificationStatus.LOCKED:
            _tell_locked(turn)
            return LOCKED
        return "email_code" if code or result.limit is Limit.CODES else "email"
    if result.status is VerificationStatus.CODE_SENT:
        turn.tell("utter_code_sent", order=order, good_for=GOOD_FOR)
        return "email_code"
    if code:
        turn.tell("utter_code_mismatch", tries_left=result.tries_left)
        return "email_code"
    turn.tell("utter_mismatch", order=order, tries_left=result.tries_left)
    return "email"


def _shown(turn: Turn, commands: list[Command], code: str | None) -> Proof:
    """What proves the order."""
    if code:
        return Proof(code=code)
    fresh = any(c.kind is Kind.GIVE and c.name in ("email", "phone") for c in commands)
    if turn.context.asked and not fresh and turn.state.order_number == turn.context.state.order_number:
        return Proof()
    return Proof(email=turn.state.email, phone=turn.state.phone)


def _tell_locked(turn: Turn) -> None:
    """Too many wrong answers: a person helps."""
    tell_locked(turn, turn.state)


def tell_locked(turn: Turn, claimed: State) -> None:
    """Ask a person, with what was claimed."""
    handoff = hand_to_human(
        services(),
        conversation_id=turn.conversation_id,
        cause=Cause.VERIFICATION,
        transcript=turn.talk.transcript,
        facts={
            "claimed_order": claimed.order_number,
            "claimed_email": claimed.email,
            "claimed_phone": claimed.phone,
        },
        message_id=turn.talk.message_id,
    )
    tell_handoff(turn.dispatcher, "utter_locked", handoff)


def ask_again(turn: Turn, act: AskAgain) -> None:
    """Ask the open question once more."""
    state = turn.state
    values: dict[str, Any] = {"order": state.order_number or "", "task": state.task or ""}
    if act.asked == "answer":
        values |= _of_the_quote(turn)
    first, question = _AGAIN[act.asked]
    if act.tries == 1:
        response = f"{first}/{state.task}" if act.asked == "answer" else first
    else:
        response = f"{question}/{'second' if act.tries == 2 else 'third'}"
    turn.tell(response, buttons=reason_buttons() if act.asked in _ABOUT_THE_REASON else None, **values)


def _of_the_quote(turn: Turn) -> dict[str, Any]:
    """The values of the question whether to carry out what was shown last."""
    view = request_view(services(), conversation_id=turn.conversation_id, reference=turn.state.case_reference or "")
    refund = refund_of(view.decision.result) if view.decision and view.decision.result.get("refund") else ""
    return {"refund": refund, "request": request_name(view.request), "reference": view.case.reference}


_ABOUT_THE_REASON = ("refund_reason", "reason_check")
_AGAIN = {
    "order_number": ("utter_order_number_unclear", "utter_which_order"),
    "email": ("utter_email_unclear", "utter_which_email"),
    "email_code": ("utter_code_unclear", "utter_which_code"),
    "refund_reason": ("utter_reason_unclear", "utter_which_reason"),
    "reason_check": ("utter_reason_unclear", "utter_which_reason"),
    "refund_destination": ("utter_destination_unclear", "utter_which_destination"),
    "answer": ("utter_answer_unclear", "utter_answer"),
    "plan": ("utter_plan_unclear", "utter_plan"),
    "which_cancel": ("utter_cancel_unclear", "utter_which_cancel"),
    "which_case": ("utter_case_unclear", "utter_which_case"),
}
"""By question: how it is asked again at first, and what asks it in other words."""

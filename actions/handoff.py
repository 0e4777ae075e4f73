"""A person takes over, or gets what is said to a request that they have."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from actions.base import Turn, services
from actions.policy import prove_by_what_is_known
from actions.replies import tell_handoff
from actions.slots import values_of
from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import conversation_requests
from bot.cases.conversation.notices import BadEmail, leave_email
from bot.cases.customer.additions import add_to_review
from bot.cases.model import Cause
from bot.cases.ports.billing import GatewayError
from bot.dialogue.acts import AddToRequest
from bot.dialogue.wishes import safety_in
from bot.language.pack import language_pack
from bot.policy.facts import Destination

_FACTS = (
    "email",
    "phone",
    "refund_reason",
    "reason_words",
    "refund_destination",
    "refund_requested_at",
    "cancel_requested_at",
    "case_reference",
)


def hand_over(turn: Turn) -> None:
    """Give it to a person with the transcript, the facts and the reasoning; then say who answers and when."""
    heard = turn.talk.heard
    signal = safety_in(heard, language_pack())
    facts: dict[str, Any] = {name: value for name, value in values_of(turn.state).items() if name in _FACTS and value}
    facts |= {name: list(heard.values[name]) for name in ("amount", "date") if name in heard.values}
    if signal is not None:
        facts["signal"] = signal
    requests = conversation_requests(services(), conversation_id=turn.conversation_id)
    facts["requests"] = [f"{request.case.reference} {request.case.state.value}" for request in requests]
    with suppress(GatewayError):  # a shop that is silent keeps nobody from a person
        prove_by_what_is_known(turn)
    # After a decline the task is over, and the wish for a person is still about it.
    last = requests[0].order_number if requests else None
    handoff = hand_to_human(
        services(),
        conversation_id=turn.conversation_id,
        cause=Cause.ASKED,
        transcript=turn.talk.transcript,
        facts=facts,
        order_number=heard.first("order_number") or turn.state.order_number or last,
        message_id=turn.talk.message_id,
    )
    tell_handoff(turn.dispatcher, "utter_handed_over", handoff)


def leave_address(turn: Turn, email: str) -> bool:
    """Take an address to which a person's answer is mailed, too; False where it is none."""
    try:
        leave_email(services(), conversation_id=turn.conversation_id, email=email)
    except BadEmail:
        return False
    turn.tell("utter_email_left", email=email)
    return True


def add_to_request(turn: Turn, act: AddToRequest) -> bool:
    """Add the message to the request that a person has, and say so; False where a person has none any more."""
    handoff = add_to_review(
        services(),
        conversation_id=turn.conversation_id,
        order_number=act.order_number,
        said_at=turn.talk.heard.said_at,
        words=turn.talk.heard.said,
        destination=Destination(act.destination) if act.destination else None,
        transcript=turn.talk.transcript,
    )
    if handoff is None:
        return False
    turn.tell("utter_added_to_request", reference=handoff.reference, answer_by=handoff.answer_by)
    return True

"""Words to a request that a person has: they are added to it."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import services, tell
from actions.talk import Talk
from bot.cases.customer.additions import add_to_review
from bot.policy.facts import Destination

_WITH_A_PERSON = frozenset({"utter_in_review", "utter_left_with_person", "utter_added_to_request"})


def is_to_a_person(talk: Talk) -> bool:
    """Whether the bot has just said that a person has the request."""
    return bool(talk.responses and _WITH_A_PERSON & set(talk.responses[0]))


def added_to_request(
    talk: Talk, dispatcher: CollectingDispatcher, order_number: str | None = None, destination: str | None = None
) -> bool:
    """Add the message to the request that a person has, and say so; False where there is none that must be meant."""
    handoff = add_to_review(
        services(),
        conversation_id=talk.conversation_id,
        order_number=order_number,
        said_at=talk.said_at,
        words=talk.said,
        destination=Destination(destination) if destination else None,
        transcript=talk.transcript,
    )
    if handoff is None:
        return False
    tell(dispatcher, "utter_added_to_request", reference=handoff.reference, answer_by=handoff.answer_by)
    return True

"""A person takes over."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, end_of_task, services, tell
from actions.notes import noted
from actions.replies import tell_handoff
from actions.signals import Signal, signal_in
from actions.talk import Talk
from actions.wishes import chosen_task, same_again
from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import conversation_requests, renewed_quotes
from bot.cases.conversation.notices import BadEmail, leave_email
from bot.cases.model import Cause

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


class HandToHuman(SafeAction):
    """Asked for a person: they get the transcript, what was said so far, and the reasoning."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_hand_to_human"

    offers_person = False

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Record the handoff, then say who answers and when."""
        return hand_over(talk, dispatcher)


def hand_over(talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Give it to a person with everything that is known, and end the task."""
    signal = signal_in(talk.text)
    mentioned = next(iter(talk.entities.get("order_number", [])), None)
    facts: dict[str, Any] = {name: talk.slot(name) for name in _FACTS if talk.slot(name)}
    facts |= {name: talk.entities[name] for name in ("amount", "date") if name in talk.entities}
    if signal is not None:
        facts["signal"] = signal.value
    requests = conversation_requests(services(), conversation_id=talk.conversation_id)
    facts["requests"] = [f"{request.case.reference} {request.case.state.value}" for request in requests]
    # After a decline the task is over, and the wish for a person is still about it.
    last = requests[0].order_number if requests else None
    handoff = hand_to_human(
        services(),
        conversation_id=talk.conversation_id,
        cause=Cause.ASKED,
        transcript=talk.transcript,
        facts=facts,
        order_number=mentioned or talk.slot("order_number") or last,
        message_id=talk.message_id,
    )
    tell_handoff(dispatcher, "utter_handed_over", handoff)
    return end_of_task()


def leaves_address(talk: Talk, dispatcher: CollectingDispatcher) -> bool:
    """Take an address to which a person's answer is mailed, too, where the bot has just asked for one."""
    email = next(iter(talk.entities.get("email", [])), None)
    if email is None or not talk.said_last("utter_away/with_mail"):
        return False
    try:
        leave_email(services(), conversation_id=talk.conversation_id, email=email)
    except BadEmail:
        return False
    tell(dispatcher, "utter_email_left", email=email)
    return True


class OfferPerson(SafeAction):
    """Frustration, a threat, or someone who needs care: a person, at once, with one yes."""

    offers_person = False

    def name(self) -> str:
        """The name in the domain."""
        return "action_offer_person"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Offer; the words decide how."""
        signal = signal_in(talk.text) or Signal.ANGER
        dispatcher.utter_message(response=f"utter_person_at_once/{signal.value}")
        return []


class AnswerOffer(SafeAction):
    """A yes outside of a form: to a person that was offered, or to nothing in particular."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_answer_offer"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Hand over if the last sentence offered a person; else say what can be done."""
        if talk.said_last(*_PERSON_OFFERS):
            return hand_over(talk, dispatcher)
        if talk.said_last("utter_quote_renewed"):
            return _renewed(talk)
        if form := chosen_task(talk):
            return [FollowupAction(form)]
        if talk.entities.get("order_number"):
            form = same_again(talk)
            if form is None:
                dispatcher.utter_message(response="utter_which_task")
            return [*noted(talk), *([FollowupAction(form)] if form else [])]
        dispatcher.utter_message(response="utter_which_task" if talk.slot("order_number") else "utter_help")
        return []


def _renewed(talk: Talk) -> list[EventType]:
    """On to the refund whose figures changed, with what it was asked for with; the form shows the new quote."""
    quotes = renewed_quotes(services(), conversation_id=talk.conversation_id)
    if not quotes:
        return [FollowupAction("action_show_status")]
    case = quotes[0].case
    return [
        SlotSet("order_number", quotes[0].order_number),
        SlotSet("refund_reason", case.reason.value if case.reason else None),
        SlotSet("reason_words", case.reason_words),
        SlotSet("refund_destination", case.destination.value if case.destination else None),
        SlotSet("refund_requested_at", case.requested_at.isoformat()),
        FollowupAction("refund_form"),
    ]


_PERSON_OFFERS = (
    "utter_person_at_once/anger",
    "utter_person_at_once/legal",
    "utter_person_at_once/care",
    "utter_person_instead",
    "utter_dispute",
    "utter_still_not_understood",
    "utter_out_of_scope",
    "utter_other_language",
    "utter_declined",
    "utter_sorry",
    "utter_sorry_unsure",
    "utter_no_cases",
    "utter_no_cases_of_order",
    "utter_nothing_to_withdraw",
    "utter_under_way",
    "utter_bot_challenge",
)
"""Responses whose last words offer a person: a yes to them is a wish for one."""

"""Stopping, not understanding, and details before anything was asked for."""

from __future__ import annotations

from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.additions import added_to_request, is_to_a_person
from actions.base import SafeAction, end_of_task, services
from actions.handoff import leaves_address
from actions.notes import noted, reason_of
from actions.replies import tell_left, tell_requests
from actions.talk import Talk
from actions.wishes import chosen_task, wants_both, wants_money_back
from bot.cases.case.overview import conversation_requests
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.model import CaseState, CauseCode, CustomerReason
from bot.wording import say


class Stop(SafeAction):
    """The customer drops the task, or says goodbye."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_stop"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Close a quote that waits for an answer, and say that nothing was done; what was confirmed stays."""
        closed = close_quotes(
            services(), conversation_id=talk.conversation_id, cause=CauseCode.STOPPED, message_id=talk.message_id
        )
        requests = conversation_requests(services(), conversation_id=talk.conversation_id)
        reference = talk.slot("case_reference")
        confirmed = [r for r in requests if r.case.reference == reference and r.case.state not in _NOTHING_DONE]
        if confirmed and not closed and talk.slot("task") != "withdraw":
            # It was confirmed meanwhile, in another tab: "nothing was done" would be a lie.
            tell_requests(dispatcher, "utter_cases", confirmed)
        elif talk.requested or closed:
            if not tell_left(dispatcher, closed):
                dispatcher.utter_message(response="utter_stopped")
        elif talk.words & _TAKE_BACK and any(request.withdrawable for request in requests):
            # "Take it back", after the yes: the request is meant, and the form asks before it is gone.
            return [FollowupAction("withdraw_form")]
        elif talk.intent != "goodbye":
            dispatcher.utter_message(response="utter_nothing_to_stop")
        if talk.intent == "goodbye":
            dispatcher.utter_message(response="utter_goodbye")
        return end_of_task()


_TAKE_BACK = frozenset("back undo withdraw revoke retract".split())
_NOTHING_DONE = (CaseState.WITHDRAWN, CaseState.DECLINED)
_GUESSES = (
    "request_refund",
    "cancel_service",
    "ask_policy",
    "check_request_status",
    "withdraw_request",
    "dispute_charge",
    "report_problem",
)
"""Wishes that are offered as buttons."""


class NotUnderstood(SafeAction):
    """Once: the two likeliest wishes as buttons, or what the bot can do. Again: a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_not_understood"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Offer buttons, then a person."""
        if leaves_address(talk, dispatcher):
            return []
        if wants_both(talk):
            return [FollowupAction("refund_form")]
        if form := chosen_task(talk):
            return [FollowupAction(form)]
        guesses = [guess for guess in talk.guesses if guess in _GUESSES][:2]
        if talk.said_last("utter_not_understood", "utter_is_it_one_of_these"):
            dispatcher.utter_message(response="utter_still_not_understood")
        elif guesses:
            buttons = [{"title": say(f"guess_{guess}"), "payload": f"/{guess}"} for guess in guesses]
            person = {"title": say("guess_talk_to_human"), "payload": "/talk_to_human"}
            dispatcher.utter_message(response="utter_is_it_one_of_these", buttons=[*buttons, person])
        else:
            dispatcher.utter_message(response="utter_not_understood")
        return noted(talk)


class NoteDetails(SafeAction):
    """Details told before anything was asked for: remembered, so that they are not asked again."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_note_details"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Keep them, and ask what is wanted. What is said of a request that a person has just got goes there, too."""
        if leaves_address(talk, dispatcher):
            return []
        number, destination = (
            next(iter(talk.entities.get(name, [])), None) for name in ("order_number", "destination")
        )
        if is_to_a_person(talk) and added_to_request(talk, dispatcher, number, destination):
            return []
        # Where money shall go is only said by somebody who wants it back.
        if wants_money_back(talk) or talk.entities.get("destination"):
            return [FollowupAction("refund_form")]
        if form := chosen_task(talk):
            return [FollowupAction(form)]
        dispatcher.utter_message(response=_what_next(reason_of(talk)))
        return noted(talk)


def _what_next(reason: CustomerReason | None) -> str:
    """The response to a reason that comes on its own."""
    known = {
        None: "utter_which_task",
        CustomerReason.CHANGE_OF_MIND: "utter_which_task",
        CustomerReason.SERVICE_FAULT: "utter_report_problem/fault",
        CustomerReason.OTHER: "utter_report_problem/fault",
        CustomerReason.BILLING: "utter_dispute",
    }
    return known[reason] if reason is None or reason in known else f"utter_report_problem/{reason.value}"

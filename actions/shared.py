"""Stopping, not understanding, and noting a reason before anything was asked for."""

from __future__ import annotations

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, end_of_task, services
from actions.form import reason_of
from actions.talk import Talk
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import CustomerReason
from bot.cases.quotes import withdraw


class Stop(SafeAction):
    """The customer drops the task."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_stop"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Withdraw a quote that waits for an answer; nothing else is open in a task."""
        reference = talk.slot("case_reference")
        if reference:
            try:
                withdraw(services(), conversation_id=talk.conversation_id, reference=reference)
            except MoveNotAllowed:
                # It was confirmed meanwhile, in another tab: "nothing was done" would be a lie.
                dispatcher.utter_message(response="utter_withdraw")
                return end_of_task()
        dispatcher.utter_message(response="utter_stopped")
        return end_of_task()


_GUESSES = {
    "request_refund": "I want a refund",
    "cancel_service": "Cancel a service",
    "ask_policy": "How refunds work",
    "check_request_status": "Where my request stands",
    "withdraw_request": "Take a request back",
    "dispute_charge": "A charge is wrong",
    "report_problem": "Something doesn't work",
}
_PERSON = {"title": "Talk to a person", "payload": "/talk_to_human"}


class NotUnderstood(SafeAction):
    """Once: the two likeliest wishes as buttons, or what the bot can do. Again: a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_not_understood"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Offer buttons, then a person."""
        before = int(talk.slots.get("unclear") or 0)
        guesses = [guess for guess in talk.guesses if guess in _GUESSES][:2]
        if before:
            dispatcher.utter_message(response="utter_still_not_understood")
        elif guesses:
            buttons = [{"title": _GUESSES[guess], "payload": f"/{guess}"} for guess in guesses]
            dispatcher.utter_message(response="utter_is_it_one_of_these", buttons=[*buttons, _PERSON])
        else:
            dispatcher.utter_message(response="utter_not_understood")
        return [SlotSet("unclear", float(before + 1))]


class NoteProblem(SafeAction):
    """A fault told before a refund was asked for: remembered, so that it is not asked again."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_note_problem"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Keep the reason with the customer's words, and offer a refund or a person."""
        reason = reason_of(talk) or CustomerReason.OTHER
        wrong = reason is CustomerReason.WRONG_PRODUCT
        dispatcher.utter_message(response=f"utter_report_problem/{'wrong_product' if wrong else 'fault'}")
        return [SlotSet("refund_reason", reason.value), SlotSet("reason_words", talk.text)]

"""Stopping, not understanding, and noting a reason before anything was asked for."""

from __future__ import annotations

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, end_of_task, services
from actions.form import REASONS
from actions.talk import Talk
from bot.cases.errors import MoveNotAllowed
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


class NotUnderstood(SafeAction):
    """Once: the things it can do. Twice in a row: a person."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_not_understood"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Offer buttons, then a person."""
        before = int(talk.slots.get("unclear") or 0)
        dispatcher.utter_message(response="utter_still_not_understood" if before else "utter_not_understood")
        return [SlotSet("unclear", float(before + 1))]


class NoteProblem(SafeAction):
    """A fault told before a refund was asked for: remembered, so that it is not asked again."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_note_problem"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Keep the reason with the customer's words, and offer a refund or a person."""
        dispatcher.utter_message(response="utter_offer_refund")
        return [SlotSet("refund_reason", REASONS["report_problem"].value), SlotSet("reason_words", talk.text)]

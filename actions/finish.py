"""The end of every request: the customer's answer is carried out, then what was waiting behind it comes."""

from __future__ import annotations

from abc import abstractmethod

from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, cleared, services, tell
from actions.replies import tell_handoff, tell_left
from actions.talk import Talk
from bot.cases.case.handoff import hand_to_human
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.customer.quotes import Confirmation, confirm
from bot.cases.errors import NotVerified
from bot.cases.model import Cause, CauseCode


class FinishRequest(SafeAction):
    """Carries out the answer to a form; the only place that says that something was recorded."""

    task = ""
    tells_news = False
    apology = "utter_sorry_unsure"

    @abstractmethod
    def confirmed(self, talk: Talk, reference: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        """The customer said yes to what was shown under the reference."""

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Confirm, drop, hand over or go to another form."""
        answer, reference = talk.slot("answer") or "", talk.slot("case_reference")
        if answer.startswith("to_"):
            return go_to(answer[len("to_") :])
        if answer == "locked":
            tell_locked(talk, dispatcher)
            return cleared()
        if answer == "stop":
            closed = close_quotes(
                services(),
                conversation_id=talk.conversation_id,
                cause=CauseCode.STOPPED,
                message_id=talk.message_id,
            )
            if not tell_left(dispatcher, closed):
                dispatcher.utter_message(response="utter_stopped")
            return cleared()
        if answer == "yes" and reference:
            try:
                return self.confirmed(talk, reference, dispatcher)
            except NotVerified:
                # It has run out since the quote was shown: proven again before anything is done.
                dispatcher.utter_message(response="utter_verify_again")
                return [SlotSet("email", None), SlotSet("phone", None), *go_to(self.task)]
        if answer == "no" and reference:
            self.refused(talk, dispatcher)
        elif answer != "told":
            dispatcher.utter_message(response="utter_sorry")
            return cleared()
        return self.what_waits(talk, dispatcher)

    def refused(self, talk: Talk, dispatcher: CollectingDispatcher) -> None:
        """The customer said no to what was shown."""
        cause = CauseCode.QUOTE_REFUSED
        closed = close_quotes(services(), conversation_id=talk.conversation_id, cause=cause, message_id=talk.message_id)
        if not tell_left(dispatcher, closed):
            dispatcher.utter_message(response="utter_not_confirmed")

    def what_waits(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """The next of several orders, or the end of the task."""
        first, *rest = (talk.slot("later_orders") or "").split() or [""]
        if not first:
            return cleared()
        tell(dispatcher, "utter_next_order", order=first)
        kept = ("refund_reason", "reason_words", "refund_destination", f"{self.task}_requested_at", "task")
        return [
            *(event for event in cleared() if event["name"] not in kept),
            SlotSet("order_number", first),
            SlotSet("later_orders", " ".join(rest) or None),
            FollowupAction(f"{self.task}_form"),
        ]


def decided_again(talk: Talk, reference: str) -> Confirmation:
    """The customer's yes to the quote of a case. Raises NotVerified."""
    return confirm(
        services(),
        conversation_id=talk.conversation_id,
        reference=reference,
        decision_id=int(talk.slots["decision_id"]),
        transcript=talk.transcript,
    )


def go_to(task: str) -> list[EventType]:
    """On to a form, with what the customer has said so far."""
    return [ActiveLoop(None), SlotSet("answer", None), SlotSet("requested_slot", None), FollowupAction(f"{task}_form")]


def tell_locked(talk: Talk, dispatcher: CollectingDispatcher) -> None:
    """Too many wrong answers: a person helps."""
    handoff = hand_to_human(
        services(),
        conversation_id=talk.conversation_id,
        cause=Cause.VERIFICATION,
        transcript=talk.transcript,
        facts={
            "claimed_order": talk.slot("order_number"),
            "claimed_email": talk.slot("email"),
            "claimed_phone": talk.slot("phone"),
        },
        message_id=talk.message_id,
    )
    tell_handoff(dispatcher, "utter_locked", handoff)

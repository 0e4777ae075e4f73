"""The cancellation form, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, cleared, services
from actions.form import Details, RequestForm
from actions.refund import tell_locked
from actions.replies import business_day, confirmed_values, figures, tell_outcome
from actions.talk import Talk
from bot.cases.model import CaseState
from bot.cases.quotes import ConfirmationStatus, Quote, confirm, quote_cancellation, withdraw
from bot.cases.requests import order_view
from bot.policy.money import spoken


class ValidateCancelForm(RequestForm):
    """Needs the order and the customer only, then says what cancelling means."""

    other_task = "request_refund"
    subject = frozenset("cancel end stop plan subscription card service membership account".split())

    def name(self) -> str:
        """The name in the domain."""
        return "validate_cancel_form"

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Quote the cancellation; with money on a card, say what a refund would give instead."""
        assert details.order_number is not None
        if details.answer:
            return details, None
        quote = quote_cancellation(
            services(),
            conversation_id=talk.conversation_id,
            order_number=details.order_number,
            requested_at=details.requested_at,
            transcript=talk.transcript,
        )
        if quote.existing or quote.case.state is not CaseState.QUOTED:
            self._tell_end(talk, details.order_number, quote, dispatcher)
            return replace(details, answer="told"), None
        assert quote.decision is not None
        instead = quote.refund_instead
        if instead is not None and instead.refund is not None:
            refund = spoken(instead.refund, instead.currency)
            dispatcher.utter_message(response="utter_refund_instead", order_number=details.order_number, refund=refund)
        dispatcher.utter_message(
            response="utter_cancel_quote", order_number=details.order_number, **figures(quote.decision.result)
        )
        return replace(details, case_reference=quote.case.reference, decision_id=quote.decision.id), "answer"

    def _tell_end(self, talk: Talk, order_number: str, quote: Quote, dispatcher: CollectingDispatcher) -> None:
        if quote.existing or quote.decision is None:
            tell_outcome(dispatcher, order_number, quote)
            return
        view = order_view(services(), conversation_id=talk.conversation_id, order_number=order_number)
        since = business_day(view.cancelled_at) if view.cancelled_at else "a date before our records begin"
        told = figures(quote.decision.result)
        dispatcher.utter_message(response="utter_already_cancelled", order_number=order_number, since=since, **told)


class FinishCancellation(SafeAction):
    """Carries out the customer's answer; the only place that says a service is cancelled."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_cancellation"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Confirm, withdraw, or hand over; then forget the task."""
        answer, reference = talk.slot("answer"), talk.slot("case_reference")
        if answer == "locked":
            tell_locked(talk, dispatcher)
        elif answer == "yes" and reference:
            return self._confirm(talk, dispatcher, reference)
        elif answer == "no" and reference:
            withdraw(services(), conversation_id=talk.conversation_id, reference=reference)
            dispatcher.utter_message(response="utter_not_confirmed")
        elif answer != "told":
            dispatcher.utter_message(response="utter_sorry")
        return cleared()

    def _confirm(self, talk: Talk, dispatcher: CollectingDispatcher, reference: str) -> list[EventType]:
        done = confirm(
            services(),
            conversation_id=talk.conversation_id,
            reference=reference,
            decision_id=int(talk.slots["decision_id"]),
            transcript=talk.transcript,
        )
        if done.status is ConfirmationStatus.CHANGED and done.case.state is CaseState.QUOTED:
            dispatcher.utter_message(response="utter_quote_changed")
            return [SlotSet("answer", None), FollowupAction("cancel_form")]
        if done.case.state is not CaseState.DONE:
            tell_outcome(dispatcher, talk.slot("order_number") or "", Quote(done.case, None, existing=True))
            return cleared()
        values = confirmed_values(done.case, done.decision.result)
        dispatcher.utter_message(response="utter_cancel_confirmed", **values)
        return cleared()

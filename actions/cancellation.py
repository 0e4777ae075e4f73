"""The cancellation form, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import services, tell
from actions.cards import cancel_quote, confirmed_cancellation
from actions.details import Details
from actions.finish import FinishRequest, decided_again, go_to
from actions.form import RequestForm
from actions.replies import business_day, confirmed_values, tell_elsewhere, tell_outcome
from actions.talk import Talk
from actions.wishes import says_cancel, wants_both
from bot.cases.case.requests import order_view
from bot.cases.customer.quotes import ConfirmationStatus, Quote, quote_cancellation
from bot.cases.model import CaseState
from bot.policy.facts import OrderStatus
from bot.policy.money import Money
from bot.wording import say
from bot.wording.decisions import explained


class ValidateCancelForm(RequestForm):
    """Needs the order and the customer only, then says what cancelling means."""

    task = "cancel"
    other_task = "request_refund"
    subject = frozenset("cancel end stop plan subscription card service membership account anyway still".split())
    foreign = frozenset("refund money reimburse".split())

    def hear(self, talk: Talk, details: Details, asked: str | None) -> Details:
        """Someone who wants the money back, too, goes to the refund form, which makes a plan of it."""
        if asked == "answer" and says_cancel(talk):
            return details  # "cancel" said to "shall I cancel?" may mean either
        details = super().hear(talk, details, asked)
        wants_money = asked == "answer" and talk.intent in ("affirm", "request_refund") and talk.words & self.foreign
        if details.answer is None and (wants_both(talk) or wants_money):
            heard = details.heard | {"answer"}
            return replace(details, plan="both" if wants_both(talk) else None, answer="to_refund", heard=heard)
        return details

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Quote the cancellation; with money on a card, say what a refund would give instead."""
        assert details.order_number is not None
        quote = quote_cancellation(
            services(),
            conversation_id=talk.conversation_id,
            order_number=details.order_number,
            requested_at=details.requested_at,
            transcript=talk.transcript,
        )
        if quote.existing or quote.case.state is not CaseState.QUOTED:
            self._tell_end(talk, details.order_number, quote, dispatcher)
            return replace(details, answer="told", case_reference=quote.case.reference), None
        assert quote.decision is not None
        card = cancel_quote(details.order_number, quote.case, quote.decision)
        if quote.unchanged and self.was_answered(talk):
            tell(dispatcher, "utter_cancel_quote/again", card=card, order=details.order_number)
            return replace(details, case_reference=quote.case.reference, decision_id=quote.decision.id), "answer"
        instead = quote.refund_instead
        if instead is not None and instead.refund is not None:
            refund = Money(instead.refund, instead.currency)
            tell(dispatcher, "utter_refund_instead", order=details.order_number, refund=refund)
        view = order_view(services(), conversation_id=talk.conversation_id, order_number=details.order_number)
        if view.order.status is OrderStatus.REFUND_PENDING:
            dispatcher.utter_message(response="utter_refund_stays")
        tell(
            dispatcher,
            "utter_cancel_quote",
            card=card,
            order=details.order_number,
            explanation=explained(quote.decision.result),
            clauses=tuple(quote.decision.result["clauses"]),
        )
        return replace(details, case_reference=quote.case.reference, decision_id=quote.decision.id), "answer"

    def _tell_end(self, talk: Talk, order_number: str, quote: Quote, dispatcher: CollectingDispatcher) -> None:
        if quote.existing or quote.decision is None:
            tell_outcome(dispatcher, order_number, quote)
            return
        view = order_view(services(), conversation_id=talk.conversation_id, order_number=order_number)
        since = business_day(view.cancelled_at) if view.cancelled_at else say("ended_before_records")
        explanation = explained(quote.decision.result)
        tell(dispatcher, "utter_already_cancelled", order=order_number, since=since, explanation=explanation)


_CONFIRMED = {
    CaseState.DONE: "utter_cancel_confirmed",
    CaseState.CONFIRMED: "utter_cancel_recorded",
    CaseState.EXECUTING: "utter_cancel_recorded",
}
"""What is said of a confirmed cancellation, by how far it has come."""


class FinishCancellation(FinishRequest):
    """Carries out the customer's answer; the only place that says a service is cancelled."""

    task = "cancel"

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_cancellation"

    def confirmed(self, talk: Talk, reference: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Decide again on fresh data; say what was done, or show what has changed."""
        done = decided_again(talk, reference)
        if done.status is ConfirmationStatus.ELSEWHERE:
            tell_elsewhere(dispatcher, talk.slot("order_number") or "", done.case)
            return self.what_waits(talk, dispatcher)
        if done.status is ConfirmationStatus.CHANGED and done.case.state is CaseState.QUOTED:
            dispatcher.utter_message(response="utter_quote_changed")
            return go_to(self.task)
        response = _CONFIRMED.get(done.case.state)
        if response is None:
            tell_outcome(dispatcher, talk.slot("order_number") or "", Quote(done.case, None, existing=True))
        else:
            card = confirmed_cancellation(done.case, done.decision)
            tell(dispatcher, response, card=card, **confirmed_values(done.case, done.decision.result))
        return self.what_waits(talk, dispatcher)

"""The refund form, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.additions import added_to_request
from actions.base import cleared, services, tell
from actions.cards import confirmed_refund, refund_quote
from actions.details import Details
from actions.finish import FinishRequest, decided_again, go_to
from actions.form import DIGRESSIONS, RequestForm
from actions.notes import reason_buttons
from actions.replies import confirmed_values, refund_of, sentences, tell_elsewhere, tell_outcome
from actions.talk import Talk
from actions.wishes import asks_something, says_cancel
from bot.cases.case.overview import conversation_requests
from bot.cases.case.requests import order_view, preview_cancellation, preview_refund
from bot.cases.customer.flow import Missing, refund_or_question
from bot.cases.customer.quotes import ConfirmationStatus, Quote
from bot.cases.customer.wording import what_stops
from bot.cases.model import CaseKind, CaseState, CustomerReason
from bot.policy import Outcome
from bot.policy.facts import Destination, ProductKind
from bot.wording import say
from bot.wording.decisions import explained


class ValidateRefundForm(RequestForm):
    """Asks for what still matters to the refund, then quotes it."""

    task = "refund"
    other_task = "cancel_service"
    subject = frozenset("refund money back pay send give".split())
    foreign = frozenset("cancel terminate".split())

    def _leaves(self, talk: Talk, asked: str) -> bool:
        # At the choice between the two, a wish to cancel is an answer.
        return super()._leaves(talk, asked) and not (asked == "plan" and talk.intent == self.other_task)

    def hear(self, talk: Talk, details: Details, asked: str | None) -> Details:
        """At the choice between refund and cancellation: which one."""
        if asked != "plan":
            return super().hear(talk, details, asked)
        details = super().hear(talk, details, asked)
        choice = _plan_choice(talk)
        if choice is None:
            return details if details.heard - {"plan"} else replace(details, heard=frozenset())
        if choice == "cancel":
            return replace(details, plan=None, answer="to_cancel", unclear=0, heard=frozenset({"plan"}))
        return replace(details, plan="refund_first", unclear=0, heard=details.heard | {"plan"})

    def next(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Where the money shall go, said of a refund that a person has to decide, begins no second one."""
        if talk.requested is None and "destination" in details.heard and not details.answer:
            number, destination = details.order_number, details.destination
            if added_to_request(talk, dispatcher, number, destination):
                return replace(details, answer="told"), None
        return super().next(talk, details, dispatcher)

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Reason, destination, quote; each only if it can still change something."""
        order_number = details.order_number
        assert order_number is not None
        if details.plan == "both":
            details, asks = self._plan(talk, details, order_number, dispatcher)
            if asks:
                return details, asks
        quote = refund_or_question(
            services(),
            conversation_id=talk.conversation_id,
            order_number=order_number,
            reason=details.reason,
            reason_words=details.reason_words,
            destination=Destination(details.destination) if details.destination else None,
            requested_at=details.requested_at,
            transcript=talk.transcript,
        )
        if quote is Missing.REASON:
            dispatcher.utter_message(response="utter_which_reason", buttons=reason_buttons())
            return details, "refund_reason"
        if quote is Missing.DESTINATION:
            dispatcher.utter_message(response="utter_which_destination")
            return details, "refund_destination"
        return self._tell(talk, details, order_number, quote, dispatcher)

    def _tell(
        self, talk: Talk, details: Details, order_number: str, quote: Quote, dispatcher: CollectingDispatcher
    ) -> tuple[Details, str | None]:
        if quote.existing or quote.case.state is not CaseState.QUOTED:
            tell_outcome(dispatcher, order_number, quote)
            return replace(details, answer="told", case_reference=quote.case.reference), None
        assert quote.decision is not None
        again = "/again" if quote.unchanged and self.was_answered(talk) else ""
        tell(
            dispatcher,
            f"utter_refund_quote{again}",
            card=refund_quote(order_number, quote.case, quote.decision),
            order=order_number,
            refund=refund_of(quote.decision.result),
            # How the customer sees the reason that was understood, since the fee depends on it (R7, R7b).
            with_reason=details.reason is not None,
            reason=say(f"quote_reason_{details.reason.value}") if details.reason else "",
            explanation=explained(quote.decision.result),
            stops=what_stops(services(), quote.decision.inputs),
            clauses=tuple(quote.decision.result["clauses"]),
        )
        return replace(details, case_reference=quote.case.reference, decision_id=quote.decision.id), "answer"

    def _plan(
        self, talk: Talk, details: Details, order_number: str, dispatcher: CollectingDispatcher
    ) -> tuple[Details, str | None]:
        """Cancel it and the money back: what each would give, and which comes first (C2)."""
        refund = preview_refund(
            services(),
            conversation_id=talk.conversation_id,
            order_number=order_number,
            reason=(details.reason or CustomerReason.CHANGE_OF_MIND).for_policy,
            destination=None,
            requested_at=details.requested_at,
        )
        cancellation = preview_cancellation(
            services(),
            conversation_id=talk.conversation_id,
            order_number=order_number,
            requested_at=details.requested_at,
        )
        if cancellation.outcome is Outcome.ALREADY_CANCELLED:
            return replace(details, plan=None), None
        if refund.outcome is Outcome.DECLINE:
            # Told as the decline that it is; the cancellation follows it.
            return replace(details, plan="refund_first"), None
        view = order_view(services(), conversation_id=talk.conversation_id, order_number=order_number)
        tell(
            dispatcher,
            f"utter_plan/{view.order.product_kind.value}",
            order=order_number,
            refund=sentences(refund),
            cancellation=sentences(cancellation),
        )
        return details, "plan"


def _plan_choice(talk: Talk) -> str | None:
    words = talk.words
    if talk.intent in DIGRESSIONS and asks_something(talk):
        return None
    refund = talk.intent == "request_refund" or bool(words & {"refund", "money", "both", "first"})
    cancel = talk.intent == "cancel_service" or says_cancel(talk) or bool(words & {"cancel", "cancellation"})
    if refund and cancel:
        return "refund" if words & {"first", "then", "both", "and"} else None
    return "refund" if refund else "cancel" if cancel else None


class FinishRefund(FinishRequest):
    """Carries out the customer's answer to the quote; the only place that says a refund is recorded."""

    task = "refund"

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_refund"

    def confirmed(self, talk: Talk, reference: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Decide again on fresh data; say what was recorded, or show what has changed."""
        done = decided_again(talk, reference)
        order_number = talk.slot("order_number") or ""
        if done.status is ConfirmationStatus.ELSEWHERE:
            tell_elsewhere(dispatcher, order_number, done.case)
            return self.what_waits(talk, dispatcher)
        if done.case.state is CaseState.QUOTED:
            changed = done.status is ConfirmationStatus.CHANGED
            dispatcher.utter_message(response="utter_quote_changed" if changed else "utter_balance_changed")
            return go_to(self.task)
        if done.status is ConfirmationStatus.CHANGED:
            tell_outcome(dispatcher, order_number, Quote(done.case, done.decision, handoff=done.handoff))
        elif done.case.state in (CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.IN_REVIEW):
            tell_outcome(dispatcher, order_number, Quote(done.case, None, existing=True))
        else:
            on_return = done.decision.result["outcome"] == Outcome.APPROVE_ON_RETURN.value
            paid = "utter_refund_paid" if done.case.state is CaseState.DONE else "utter_refund_confirmed"
            response = "utter_return_confirmed" if on_return else paid
            card = confirmed_refund(done.case, done.decision)
            tell(dispatcher, response, card=card, **confirmed_values(done.case, done.decision.result))
        return self.what_waits(talk, dispatcher)

    def what_waits(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """With a plan of both, the cancellation comes now, unless it would spoil a refund that is looked at."""
        if talk.slot("plan") != "refund_first" or talk.slot("answer") == "no":
            return super().what_waits(talk, dispatcher)
        requests = conversation_requests(services(), conversation_id=talk.conversation_id)
        of_order = [r for r in requests if r.order_number == talk.slot("order_number")]
        refund = next((r for r in of_order if r.case.kind is CaseKind.REFUND), None)
        if refund is not None and refund.case.state is CaseState.IN_REVIEW:
            dispatcher.utter_message(response="utter_not_cancelled_yet")
            return super().what_waits(talk, dispatcher)
        view = order_view(
            services(), conversation_id=talk.conversation_id, order_number=talk.slot("order_number") or ""
        )
        is_card = view.order.product_kind is not ProductKind.SUBSCRIPTION
        if is_card and refund is not None and refund.case.state is not CaseState.DECLINED:
            return super().what_waits(talk, dispatcher)
        return [
            *(
                e
                for e in cleared()
                if e["name"] not in ("order_number", "email", "phone", "cancel_requested_at", "later_orders")
            ),
            *go_to("cancel"),
        ]

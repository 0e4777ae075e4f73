"""The refund form, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, cleared, services
from actions.form import Details, RequestForm
from actions.replies import confirmed_values, figures, tell_handoff, tell_outcome
from actions.talk import Talk
from bot.cases.handoff import hand_to_human
from bot.cases.model import CaseState, Cause, CustomerReason
from bot.cases.quotes import ConfirmationStatus, Quote, confirm, quote_refund, withdraw
from bot.cases.requests import order_view, preview_refund
from bot.policy import Outcome, RefundDecision
from bot.policy.facts import Destination


class ValidateRefundForm(RequestForm):
    """Asks for what still matters to the refund, then quotes it."""

    other_task = "cancel_service"
    subject = frozenset("refund money back pay send give".split())

    def name(self) -> str:
        """The name in the domain."""
        return "validate_refund_form"

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Reason, destination, quote; each only if it can still change something."""
        assert details.order_number is not None
        order_number = details.order_number
        if details.answer:
            return details, None
        reasons = [details.reason] if details.reason else list(CustomerReason)
        previews = [self._preview(talk, details, reason) for reason in reasons]
        if not any(preview.outcome.pays for preview in previews) and _alike(previews):
            quote = self._quote(talk, replace(details, reason=details.reason or CustomerReason.OTHER))
            tell_outcome(dispatcher, order_number, quote)
            return replace(details, answer="told"), None
        if details.reason is None:
            dispatcher.utter_message(response="utter_which_reason")
            return details, "refund_reason"
        if details.destination is None:
            view = order_view(services(), conversation_id=talk.conversation_id, order_number=details.order_number)
            if not view.wallet_only:
                dispatcher.utter_message(response="utter_which_destination")
                return details, "refund_destination"
            details = replace(details, destination=Destination.WALLET.value)
        quote = self._quote(talk, details)
        if quote.existing or quote.case.state is not CaseState.QUOTED:
            tell_outcome(dispatcher, order_number, quote)
            return replace(details, answer="told"), None
        assert quote.decision is not None
        dispatcher.utter_message(
            response="utter_refund_quote", order_number=details.order_number, **figures(quote.decision.result)
        )
        return replace(details, case_reference=quote.case.reference, decision_id=quote.decision.id), "answer"

    def _preview(self, talk: Talk, details: Details, reason: CustomerReason) -> RefundDecision:
        assert details.order_number is not None
        return preview_refund(
            services(),
            conversation_id=talk.conversation_id,
            order_number=details.order_number,
            reason=reason.for_policy,
            destination=None,
            requested_at=details.requested_at,
        )

    def _quote(self, talk: Talk, details: Details) -> Quote:
        assert details.order_number is not None and details.reason is not None
        return quote_refund(
            services(),
            conversation_id=talk.conversation_id,
            order_number=details.order_number,
            reason=details.reason,
            reason_words=details.reason_words,
            destination=Destination(details.destination) if details.destination else None,
            requested_at=details.requested_at,
            transcript=talk.transcript,
        )


def _alike(previews: list[RefundDecision]) -> bool:
    return len({(preview.outcome, preview.clauses) for preview in previews}) == 1


class FinishRefund(SafeAction):
    """Carries out the customer's answer to the quote; the only place that says a refund is recorded."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_refund"

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
        if done.status is ConfirmationStatus.CHANGED:
            if done.case.state is CaseState.QUOTED:
                dispatcher.utter_message(response="utter_quote_changed")
                return [SlotSet("answer", None), FollowupAction("refund_form")]
            quote = Quote(done.case, done.decision, handoff=done.handoff)
            tell_outcome(dispatcher, talk.slot("order_number") or "", quote)
            return cleared()
        if done.case.state in (CaseState.WITHDRAWN, CaseState.DECLINED, CaseState.IN_REVIEW):
            tell_outcome(dispatcher, talk.slot("order_number") or "", Quote(done.case, None, existing=True))
            return cleared()
        on_return = done.decision.result["outcome"] == Outcome.APPROVE_ON_RETURN.value
        response = "utter_return_confirmed" if on_return else "utter_refund_confirmed"
        dispatcher.utter_message(response=response, **confirmed_values(done.case, done.decision.result))
        return cleared()


def tell_locked(talk: Talk, dispatcher: CollectingDispatcher) -> None:
    """Too many wrong answers: a person helps."""
    handoff = hand_to_human(
        services(),
        conversation_id=talk.conversation_id,
        cause=Cause.VERIFICATION,
        transcript=talk.transcript,
        facts={"claimed_order": talk.slot("order_number"), "claimed_email": talk.slot("email")},
    )
    tell_handoff(dispatcher, "utter_locked", handoff)

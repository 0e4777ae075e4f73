"""Where requests stand."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.details import Details
from actions.finish import FinishRequest
from actions.form import RequestForm
from actions.replies import tell_requests
from actions.talk import Talk
from bot.cases.case.overview import Request, conversation_requests


class ShowStatus(SafeAction):
    """The requests that this conversation may see; without any, the order and the customer are asked for."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_show_status"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """A line for each, the newest first; the one that is named, if one is."""
        requests = _requests(talk, next(iter(talk.entities.get("order_number", [])), None))
        if requests:
            tell_requests(dispatcher, "utter_cases", requests)
            return []
        if talk.requested:
            # In the middle of another request; that one goes on.
            dispatcher.utter_message(response="utter_no_cases")
            return []
        return [FollowupAction("status_form")]


class ValidateStatusForm(RequestForm):
    """Needs the order and the customer, then says where their requests stand."""

    task = "status"

    def _cancel_is_unclear(self, talk: Talk, asked: str | None) -> bool:
        return True

    def _leaves(self, talk: Talk, asked: str) -> bool:
        return super()._leaves(talk, asked) or talk.intent in ("request_refund", "cancel_service")

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Tell, and end."""
        requests = _requests(talk, details.order_number)
        tell_requests(dispatcher, "utter_cases" if requests else "utter_no_cases_of_order", requests)
        return replace(details, answer="told"), None


class FinishStatus(FinishRequest):
    """The end of the status form."""

    task = "status"

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_status"

    def confirmed(self, talk: Talk, reference: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Nothing is confirmed here."""
        return self.what_waits(talk, dispatcher)


def _requests(talk: Talk, order_number: str | None) -> list[Request]:
    requests = conversation_requests(services(), conversation_id=talk.conversation_id)
    named = [request for request in requests if request.case.reference in talk.entities.get("reference", [])]
    if named or order_number is None:
        return named or requests
    return [request for request in requests if request.order_number == order_number]

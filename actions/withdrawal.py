"""Taking a request back."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import services, tell
from actions.details import Details
from actions.finish import FinishRequest
from actions.form import RequestForm
from actions.replies import tell_left, tell_requests
from actions.talk import Talk
from bot.cases.case.overview import Request, conversation_requests
from bot.cases.customer.withdrawals import take_back
from bot.cases.customer.wording import request_name
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import CaseKind, CaseState

_MOST = 5


class ValidateWithdrawForm(RequestForm):
    """Finds the request that is meant, and asks once before it is taken back."""

    task = "withdraw"
    subject = frozenset("withdraw take back it request refund cancellation cancel".split())

    def hear(self, talk: Talk, details: Details, asked: str | None) -> Details:
        """Also the reference of a request, or its kind."""
        details = super().hear(talk, details, asked)
        names_one = talk.entities.get("reference") or any(words & talk.words for words in _KIND_WORDS.values())
        if asked == "which_case" and names_one:
            return replace(details, heard=details.heard | {"reference"}, unclear=0)
        return details

    def _cancel_is_unclear(self, talk: Talk, asked: str | None) -> bool:
        return False

    def _leaves(self, talk: Talk, asked: str) -> bool:
        if talk.intent == "withdraw_request":
            return False
        return super()._leaves(talk, asked) or (
            talk.intent in ("request_refund", "cancel_service") and asked != "answer"
        )

    def next(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Straight to the requests that this conversation may see; without any, the order and the customer first."""
        if details.answer:
            return details, None
        requests = self._meant(talk, details)
        if any(request.withdrawable for request in requests):
            return self._ask(requests, details, dispatcher)
        return super().next(talk, details, dispatcher)

    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """No request of that order can be taken back: say why."""
        requests = self._meant(talk, details)
        if any(request.withdrawable for request in requests):
            return self._ask(requests, details, dispatcher)
        tell_requests(dispatcher, "utter_nothing_to_withdraw", requests)
        return replace(details, answer="told"), None

    def _meant(self, talk: Talk, details: Details) -> list[Request]:
        """The requests that the message may mean, the one that it names if it names one."""
        requests = conversation_requests(services(), conversation_id=talk.conversation_id)
        named = [request for request in requests if request.case.reference in talk.entities.get("reference", [])]
        if named:
            return named
        if details.order_number:
            return [request for request in requests if request.order_number == details.order_number]
        kinds = [kind for kind in CaseKind if _KIND_WORDS[kind] & talk.words]
        of_kind = [request for request in requests if len(kinds) == 1 and request.case.kind is kinds[0]]
        return of_kind if any(request.withdrawable for request in of_kind) else requests

    def _ask(
        self, requests: list[Request], details: Details, dispatcher: CollectingDispatcher
    ) -> tuple[Details, str | None]:
        open_ones = [request for request in requests if request.withdrawable][:_MOST]
        if len(open_ones) > 1:
            buttons = [
                {"title": f"{request_name(request)} ({request.case.reference})", "payload": request.case.reference}
                for request in open_ones
            ]
            dispatcher.utter_message(response="utter_which_case", buttons=buttons)
            return details, "which_case"
        (request,) = open_ones
        tell(dispatcher, "utter_withdraw_quote", request=request_name(request), reference=request.case.reference)
        return replace(details, case_reference=request.case.reference), "answer"


_KIND_WORDS = {
    CaseKind.REFUND: {"refund", "money"},
    CaseKind.CANCEL: {"cancellation"},
    CaseKind.QUESTION: {"question", "person", "human", "agent"},
}


class FinishWithdrawal(FinishRequest):
    """Takes the request back; the only place that says so."""

    task = "withdraw"

    def name(self) -> str:
        """The name in the domain."""
        return "action_finish_withdrawal"

    def confirmed(self, talk: Talk, reference: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Take it back, unless it was carried out meanwhile."""
        try:
            case = take_back(
                services(),
                conversation_id=talk.conversation_id,
                reference=reference,
                message_id=talk.message_id,
            )
        except MoveNotAllowed:
            requests = conversation_requests(services(), conversation_id=talk.conversation_id)
            meant = [request for request in requests if request.case.reference == reference]
            if any(request.case.state is CaseState.WITHDRAWN for request in meant):
                tell(dispatcher, "utter_withdrawn", reference=reference)
            else:
                tell_requests(dispatcher, "utter_nothing_to_withdraw", meant)
        else:
            if not tell_left(dispatcher, [case]):
                tell(dispatcher, "utter_withdrawn", reference=reference)
        return self.what_waits(talk, dispatcher)

    def refused(self, talk: Talk, dispatcher: CollectingDispatcher) -> None:
        """The request stays as it is."""
        tell(dispatcher, "utter_not_withdrawn", reference=talk.slot("case_reference") or "")

"""Taking a request back."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Turn, services
from actions.replies import tell_left, tell_requests
from bot.cases.case.overview import Request, conversation_requests
from bot.cases.customer.withdrawals import take_back
from bot.cases.customer.wording import request_name
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import CaseKind, CaseState
from bot.language.pack import language_pack

_MOST = 5
_KIND_WORDS = {CaseKind.REFUND: "kind_refund", CaseKind.CANCEL: "kind_cancel", CaseKind.QUESTION: "kind_question"}


def ask_which(turn: Turn) -> str | None:
    """Find the request that is meant among those that this conversation may see, and ask once before it is taken back;
    None where there is none."""
    open_ones = [request for request in _meant(turn) if request.withdrawable][:_MOST]
    if not open_ones:
        return None
    if len(open_ones) > 1:
        buttons = [
            {"title": f"{request_name(request)} ({request.case.reference})", "payload": request.case.reference}
            for request in open_ones
        ]
        turn.tell("utter_which_case", buttons=buttons)
        return "which_case"
    (request,) = open_ones
    turn.tell("utter_withdraw_quote", request=request_name(request), reference=request.case.reference)
    turn.state = replace(turn.state, case_reference=request.case.reference)
    return "answer"


def tell_none(turn: Turn) -> None:
    """No request of that order can be taken back: say why."""
    tell_requests(turn.dispatcher, "utter_nothing_to_withdraw", _meant(turn))


def _meant(turn: Turn) -> list[Request]:
    """The requests that the message may mean, the one that it names if it names one."""
    heard = turn.talk.heard
    requests = conversation_requests(services(), conversation_id=turn.conversation_id)
    named = [request for request in requests if request.case.reference in heard.values.get("reference", ())]
    if named:
        return named
    if turn.state.order_number:
        return [request for request in requests if request.order_number == turn.state.order_number]
    kinds = [kind for kind, words in _KIND_WORDS.items() if language_pack().has(words, heard.text)]
    of_kind = [request for request in requests if len(kinds) == 1 and request.case.kind is kinds[0]]
    return of_kind if any(request.withdrawable for request in of_kind) else requests


def confirmed(turn: Turn) -> None:
    """Take it back, unless it was carried out meanwhile; the only place that says so."""
    reference = turn.state.case_reference or ""
    try:
        case = take_back(
            services(),
            conversation_id=turn.conversation_id,
            reference=reference,
            message_id=turn.talk.message_id,
        )
    except MoveNotAllowed:
        requests = conversation_requests(services(), conversation_id=turn.conversation_id)
        meant = [request for request in requests if request.case.reference == reference]
        if any(request.case.state is CaseState.WITHDRAWN for request in meant):
            turn.tell("utter_withdrawn", reference=reference)
        else:
            tell_requests(turn.dispatcher, "utter_nothing_to_withdraw", meant)
    else:
        if not tell_left(turn.dispatcher, [case]):
            turn.tell("utter_withdrawn", reference=reference)


def refused(turn: Turn) -> None:
    """The request stays as it is."""
    turn.tell("utter_not_withdrawn", reference=turn.state.case_reference or "")

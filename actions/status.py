"""Where requests stand, and what is asked about the one made last."""

from __future__ import annotations

from actions.base import Turn, services
from actions.replies import tell_requests
from bot.cases.case.overview import Request, conversation_requests, request_view
from bot.cases.errors import UnknownCase
from bot.dialogue.acts import ShowStatus, TellRequest
from bot.wording.decisions import explained


def show(turn: Turn, act: ShowStatus) -> None:
    """A line for each of the requests that this conversation may see, the newest first; the one that is named, if one
    is."""
    found = requests(turn, act.order_number, act.reference)
    if found:
        tell_requests(turn.dispatcher, "utter_cases", found)
    else:
        turn.tell("utter_no_cases")


def tell_of_order(turn: Turn) -> None:
    """Where the requests of a proven order stand."""
    found = requests(turn, turn.state.order_number, None)
    tell_requests(turn.dispatcher, "utter_cases" if found else "utter_no_cases_of_order", found)


def requests(turn: Turn, order_number: str | None, reference: str | None) -> list[Request]:
    """The requests of an order or a reference; all where neither is named or the reference is unknown."""
    found = conversation_requests(services(), conversation_id=turn.conversation_id)
    named = [request for request in found if request.case.reference == reference]
    if named or order_number is None:
        return named or found
    return [request for request in found if request.order_number == order_number]


def tell_request(turn: Turn, act: TellRequest) -> None:
    """Answer a question about one request."""
    try:
        view = request_view(services(), conversation_id=turn.conversation_id, reference=act.reference)
    except UnknownCase:
        turn.tell("utter_no_cases")
        return
    if act.topic == "why" and view.decision is not None:
        clauses = tuple(view.decision.result["clauses"])
        turn.tell(
            "utter_why",
            order=view.request.order_number or "",
            explanation=explained(view.decision.result),
            with_clauses=bool(clauses),
            clauses=clauses,
        )
    elif act.topic == "by_mail":
        turn.tell("utter_cant/send_by_mail")
    elif act.topic == "return_number" and view.case.return_number:
        turn.tell("utter_return_number", return_number=view.case.return_number, reference=view.case.reference)
    elif act.topic == "return_address" and view.case.return_number:
        turn.tell("utter_no_address_yet")
    else:
        tell_requests(turn.dispatcher, "utter_cases", [view.request])

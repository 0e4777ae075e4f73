"""Where requests stand, and what is asked about the one made last."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Turn, services
from actions.replies import tell_requests
from bot.cases.case.overview import Request, conversation_requests, request_view
from bot.cases.case.sending import Sending, read_sending
from bot.cases.customer import parcels
from bot.cases.errors import UnknownCase
from bot.dialogue.acts import ShowStatus, TellRequest
from bot.dialogue.offers import OF_THE_RETURN
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
    """Where the requests of a proven order stand; or what was asked about its card that goes back."""
    state = turn.state
    found = requests(turn, state.order_number, None)
    returning = next((request for request in found if request.case.on_return), None)
    if state.return_topic and returning is not None:
        tell_request(turn, TellRequest(state.return_topic, returning.case.reference))
        return
    if state.tracking_number:
        turn.tell("utter_no_return", order=state.order_number or "")
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
    elif act.topic in OF_THE_RETURN and (sending := read_sending(services(), view.case)) is not None:
        turn.tell(_of_return(act.topic, sending), reference=view.case.reference, label=sending.label, **sending.values)
    else:
        tell_requests(turn.dispatcher, "utter_cases", [view.request])


def _of_return(topic: str, sending: Sending) -> str:
    """The response to a question about a card that goes back; another one where nobody has set what is asked for."""
    if topic == "return_address" and not sending.address:
        return "utter_no_address_yet"
    return "utter_no_return_label" if topic == "return_label" and not sending.label else f"utter_{topic}"


def note_kept(turn: Turn) -> bool:
    """Note the number of a parcel that was told before the order was proven; whether there was one, and a case that
    waits for it."""
    state = turn.state
    if not state.tracking_number or not note_tracking(turn, state.tracking_number, state.order_number):
        return False
    turn.state = replace(turn.state, tracking_number=None)
    return True


def note_tracking(turn: Turn, tracking_number: str, order_number: str | None) -> bool:
    """Note the number of a parcel on the case that waits for it, and say it back; False where none is known."""
    noted = parcels.note_tracking(
        services(),
        conversation_id=turn.conversation_id,
        tracking_number=tracking_number,
        order_number=order_number,
    )
    if noted is None:
        return False
    order, number = noted.order_number, noted.case.tracking_number or ""
    turn.tell("utter_tracking_noted", tracking_number=number, reference=noted.case.reference, order=order)
    return True

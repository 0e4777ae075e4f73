"""What the bot says of a card that goes back: where to, its number, and the tracking number that the customer tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.cases.case.overview import conversation_requests
from bot.cases.customer.quotes import quote_refund
from bot.cases.model import Case, CustomerReason
from bot.cases.return_terms import ReturnTerms, by_country
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.actions.talks import said, serve_by, turn
from tests.actions.test_turns import order_of_days_ago, quoted
from tests.desk_builders import the_case

ADDRESS = "1 Main St, Albany NY 12207"
NUMBER = "1Z999AA10123456784"
MAILED = f"it's in the mail, here's the tracking number {NUMBER}"


@pytest.fixture
def shop(desk: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Cards go back to an address."""
    services = replace(desk, returns=ReturnTerms(addresses=by_country(ADDRESS)))
    serve_by(monkeypatch, services)
    return services


@pytest.fixture
def confirmed(shop: Services) -> list[dict[str, Any]]:
    """What is said to the yes to the refund of a shipped card."""
    order_of_days_ago(shop, shipped=True)
    quote = quote_refund(
        shop,
        conversation_id="talk",
        order_number="CC-104233",
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="changed my mind",
        destination=Destination.WALLET,
        requested_at=shop.clock(),
        transcript=[],
    )
    slots = {**quoted(quote), "refund_reason": "change_of_mind", "refund_destination": "wallet"}
    return turn("yes", slots=slots)[0]


def the_return(shop: Services) -> Case:
    found = conversation_requests(shop, conversation_id="talk")
    (request,) = [request for request in found if request.order_number is not None and request.case.return_number]
    return the_case(shop, request.case.reference)


def test_a_confirmed_return_says_where_to(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    assert said(confirmed) == ["utter_return_confirmed"]
    assert f"on the parcel. Send it to: {ADDRESS}. Once it has arrived" in confirmed[0]["words"]
    assert {"label": "Send it to", "value": ADDRESS} in confirmed[0]["custom"]["card"]["rows"]


def test_without_an_address_it_says_what_it_always_said(
    desk: Services, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("bot.cases.return_terms.ReturnTerms.address", lambda self, country: "")
    messages = request.getfixturevalue("confirmed")
    assert "on the parcel. Once it has arrived" in messages[0]["words"]
    assert said(turn("What address?")[0]) == ["utter_no_address_yet"]


def test_the_address_and_the_number_are_answered_from_the_case(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    (address,), _ = turn("What address?")
    (number,), _ = turn("I lost the return number", intent="withdraw_request", confidence=0.6)
    case = the_return(shop)
    assert (address["response"], number["response"]) == ("utter_return_address", "utter_return_number")
    for answer in (address, number):
        assert ADDRESS in answer["words"] and str(case.return_number) in answer["words"]


def test_a_label_is_told_once_there_is_one(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    (none,), _ = turn("do you send me a return label?")
    assert none["response"] == "utter_no_return_label" and "R5" in none["words"]
    case = the_return(shop)
    with shop.unit_of_work() as uow:
        uow.cases.change(case.id, return_label="https://labels.example/1")
        uow.commit()
    (label,), _ = turn("do you send me a return label?")
    assert label["response"] == "utter_return_label" and label["words"].endswith("https://labels.example/1")


def test_a_tracking_number_is_noted_and_said_back(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    (answer,), after = turn(MAILED, intent="withdraw_request", confidence=0.9)
    assert answer["response"] == "utter_tracking_noted" and NUMBER in answer["words"] and "CC-104233" in answer["words"]
    assert the_return(shop).tracking_number == NUMBER and after["tracking_number"] is None


def test_beside_the_wish_for_a_person_it_is_noted_too(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    messages, _ = turn(f"get me a human. tracking number {NUMBER}")
    assert said(messages) == ["utter_handed_over", "utter_tracking_noted"]
    assert the_return(shop).tracking_number == NUMBER


def test_in_a_new_conversation_the_order_is_proven_first(shop: Services, confirmed: list[dict[str, Any]]) -> None:
    asked, slots = turn(MAILED, conversation_id="new")
    assert said(asked) == ["utter_tracking_kept", "utter_which_order"]
    asked, slots = turn("CC-104233", conversation_id="new", slots=slots, message_id="2", intent="inform")
    assert said(asked) == ["utter_which_email"] and the_return(shop).tracking_number is None
    email = {"conversation_id": "new", "message_id": "3", "intent": "inform"}
    noted, slots = turn("alex@example.com", slots=slots, **email)
    assert said(noted) == ["utter_tracking_noted"] and slots["task"] is None and slots["tracking_number"] is None
    assert the_return(shop).tracking_number == NUMBER
    told, _ = turn("I lost the return number", conversation_id="new", message_id="4")
    assert said(told) == ["utter_return_number"]


def test_a_lost_return_number_is_told_in_a_new_conversation_once_the_order_is_proven(
    shop: Services, confirmed: list[dict[str, Any]]
) -> None:
    asked, slots = turn("I lost the return number for CC-104233", conversation_id="new")
    assert said(asked) == ["utter_which_email"]
    proof = {"conversation_id": "new", "message_id": "2", "intent": "inform"}
    told, slots = turn("alex@example.com", slots=slots, **proof)
    assert said(told) == ["utter_return_number"] and str(the_return(shop).return_number) in told[0]["words"]
    assert slots["task"] is None and slots["return_topic"] is None


def test_a_tracking_number_of_an_order_that_waits_for_no_card_is_not_noted(shop: Services) -> None:
    order_of_days_ago(shop)
    asked, slots = turn(f"{MAILED} for CC-104233", conversation_id="new")
    assert said(asked)[0] == "utter_tracking_kept"
    told, _ = turn("alex@example.com", slots=slots, conversation_id="new", message_id="2", intent="inform")
    assert said(told)[0] == "utter_no_return"

"""The way from a wish to its figures, which chat, pages and offers share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.cases.customer.flow import Missing, Proof, prove, refund_or_question
from bot.cases.customer.quotes import Quote
from bot.cases.errors import NotVerified
from bot.cases.identity.verification import VerificationStatus
from bot.cases.model import CaseState, CustomerReason
from bot.cases.ports.billing import Rejected, Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.cases.gateways import FaultyGateway
from tests.store_builders import TRANSCRIPT, store_order

NUMBER, EMAIL = "CC-104233", "alex@example.com"


def shown(services: Services, message_id: str = "m-1", **proof: str) -> VerificationStatus | None:
    """What comes of a proof in the conversation ``new``."""
    result = prove(services, conversation_id="new", message_id=message_id, order_number=NUMBER, proof=Proof(**proof))
    return None if result is None else result.status


def asked(services: Services, talk: str = "talk", **changes: Any) -> Missing | Quote:
    """A refund of Alex's order, with nothing said of it yet."""
    request: dict[str, Any] = {
        "reason": None,
        "reason_words": "",
        "destination": None,
        "requested_at": services.clock(),
        "transcript": TRANSCRIPT,
        **changes,
    }
    return refund_or_question(services, conversation_id=talk, order_number=NUMBER, **request)


def test_whoever_shows_nothing_is_asked_and_whoever_was_proven_is_not(services: Services) -> None:
    store_order(services)
    assert shown(services) is None
    assert shown(services, "m-2", email="other@example.com") is VerificationStatus.MISMATCH
    assert shown(services, "m-3") is None
    assert shown(services, "m-4", email=EMAIL) is VerificationStatus.VERIFIED
    assert shown(services, "m-5") is VerificationStatus.VERIFIED
    assert shown(services, "m-6", email="other@example.com") is VerificationStatus.VERIFIED


def test_a_code_goes_before_an_address(services: Services) -> None:
    store_order(services)
    assert shown(services, code="000000", email=EMAIL) is VerificationStatus.MISMATCH


def test_nothing_is_quoted_before_it_is_known_whose_order_it_is(services: Services) -> None:
    store_order(services)
    with pytest.raises(NotVerified):
        asked(services, "new")


def test_only_what_can_change_the_outcome_is_asked_the_reason_first(alex: Services) -> None:
    assert asked(alex) is Missing.REASON
    assert asked(alex, destination=Destination.WALLET) is Missing.REASON
    assert asked(alex, reason=CustomerReason.CHANGE_OF_MIND) is Missing.DESTINATION
    quote = asked(alex, reason=CustomerReason.CHANGE_OF_MIND, destination=Destination.ORIGINAL_PAYMENT_METHOD)
    assert isinstance(quote, Quote) and quote.case.destination is Destination.ORIGINAL_PAYMENT_METHOD


def test_a_page_shows_the_destinations_beside_the_figures(alex: Services) -> None:
    quote = asked(alex, reason=CustomerReason.CHANGE_OF_MIND, destination_beside_figures=True)
    assert isinstance(quote, Quote) and quote.case.state is CaseState.QUOTED
    assert quote.case.destination is None


@pytest.mark.parametrize("reason", [CustomerReason.BILLING, CustomerReason.WRONG_PRODUCT, CustomerReason.OTHER])
def test_where_no_destination_matters_none_is_asked(alex: Services, reason: CustomerReason) -> None:
    quote = asked(alex, reason=reason)
    assert isinstance(quote, Quote)
    assert quote.case.state is CaseState.IN_REVIEW and quote.case.destination is Destination.WALLET


@pytest.mark.parametrize("wish", [None, *Destination])
@pytest.mark.parametrize("only", list(Destination))
def test_where_one_way_is_left_it_is_that_one_and_nobody_is_asked(
    alex: Services, only: Destination, wish: Destination | None
) -> None:
    gateway = FaultyGateway(alex.gateway)
    gateway.ways = frozenset({only})
    found = asked(replace(alex, gateway=gateway), reason=CustomerReason.CHANGE_OF_MIND, destination=wish)
    assert isinstance(found, Quote) and found.case.destination is only


def test_where_no_way_is_left_it_is_a_person_s(alex: Services) -> None:
    gateway = FaultyGateway(alex.gateway)
    gateway.ways = frozenset()
    with pytest.raises(Rejected, match="go nowhere"):
        asked(replace(alex, gateway=gateway), reason=CustomerReason.CHANGE_OF_MIND)


def test_while_nobody_answers_where_it_could_go_the_terms_alone_say_it(alex: Services) -> None:
    gateway = FaultyGateway(alex.gateway)
    gateway.before["destinations"] = [Unavailable("ledger_silent")]
    assert asked(replace(alex, gateway=gateway), reason=CustomerReason.CHANGE_OF_MIND) is Missing.DESTINATION

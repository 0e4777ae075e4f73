"""How a request came to the store decides with (R2), also later, when it is decided again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cases.case.replay import stored_decisions
from bot.cases.case.requests import preview_refund
from bot.cases.customer.quotes import ConfirmationStatus, quote_cancellation
from bot.cases.model import CaseState, Conversation, Verdict
from bot.cases.services import Services
from bot.policy import Outcome, decide
from bot.policy.facts import Channel, Reason
from bot.policy.parsing import parse_request
from tests.cases.deciding import decided
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.desk_builders import an_agent
from tests.policy.policy_builders import policy_with
from tests.store_builders import NOW, TRANSCRIPT

WAYS = {
    "web": Channel.CHAT,
    "rest": Channel.CHAT,
    "telegram": Channel.CHAT,
    "whatsapp": Channel.CHAT,
    "sms": Channel.CHAT,
    "chatwoot": Channel.CHAT,
    "page": Channel.FORM,
    "email": Channel.EMAIL,
}


def accepting(services: Services, *channels: Channel) -> Services:
    """Terms that count only these as contacting the store."""
    return replace(services, policy=policy_with(accepted_channels=frozenset(channel.value for channel in channels)))


def talking(services: Services, channel: str, talk: str = "talk") -> None:
    """A conversation over a channel."""
    with services.unit_of_work() as uow:
        uow.conversations.add(Conversation(talk, channel, talk, created_at=NOW, last_at=NOW))
        uow.commit()


@pytest.mark.parametrize(("channel", "way"), WAYS.items())
def test_a_request_is_decided_by_the_way_it_came(alex: Services, channel: str, way: Channel) -> None:
    talking(alex, channel)
    others = accepting(alex, *(set(Channel) - {way}))
    at_hand = {"conversation_id": "talk", "order_number": "CC-104233", "requested_at": alex.clock()}
    preview = preview_refund(others, **at_hand, reason=Reason.CHANGE_OF_MIND, destination=None)
    assert (preview.outcome, preview.clauses) == (Outcome.REVIEW, ("R2",))
    assert quoted(accepting(alex, way)).case.state is CaseState.QUOTED


def test_a_way_that_the_terms_do_not_name_goes_to_a_person(alex: Services) -> None:
    talking(alex, "page")
    quote = quoted(accepting(alex, Channel.CHAT, Channel.EMAIL))
    assert quote.case.state is CaseState.IN_REVIEW and quote.decision is not None
    assert quote.decision.inputs["channel"] == "form" and quote.decision.result["clauses"] == ["R2"]


def test_a_yes_is_decided_by_the_way_of_the_request(alex: Services) -> None:
    talking(alex, "email")
    mail = accepting(alex, Channel.EMAIL)
    assert confirmed(mail, quoted(mail)).status is ConfirmationStatus.CONFIRMED


def test_whoever_is_about_to_cancel_is_offered_a_refund_that_their_way_allows(alex: Services) -> None:
    talking(alex, "page")
    asked = {"conversation_id": "talk", "order_number": "CC-104233", "requested_at": NOW, "transcript": TRANSCRIPT}
    assert quote_cancellation(accepting(alex, Channel.CHAT), **asked).refund_instead is None
    assert quote_cancellation(accepting(alex, Channel.FORM), **asked).refund_instead is not None


def test_a_persons_decision_stands_beside_that_of_the_way_it_came(alex: Services) -> None:
    talking(alex, "page")
    chat_only = accepting(alex, Channel.CHAT)
    case = quoted(chat_only).case
    assert case.channel is Channel.FORM
    dana = an_agent(chat_only)
    made = decided(chat_only, dana, case, Verdict.CHANGE, refund="44.00", reason="As a courtesy.")
    (beside,) = [it for it in case_file(chat_only, case.reference).decisions if it.id == made.decision_id]
    assert beside.inputs["channel"] == "form" and beside.result["clauses"] == ["R2"]


def test_a_stored_decision_replays_by_the_way_it_was_asked_for(alex: Services) -> None:
    talking(alex, "page")
    form_only = accepting(alex, Channel.FORM)
    quoted(form_only)
    (stored,) = stored_decisions(form_only)
    assert decide(parse_request(stored.inputs), form_only.policy).outcome is Outcome.APPROVE

"""The customer's yes to what a person has approved, in the chat: only to what they have seen, and only theirs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.conversation.messages import Body, collect_undelivered, history
from bot.cases.customer.inbox import receive
from bot.cases.customer.offer_answers import answer_offer
from bot.cases.customer.quotes import quote_refund
from bot.cases.customer.receipts import receipt_of
from bot.cases.desk.work import decide_by_agent, hand_back, say_to_customer, take
from bot.cases.model import Agent, Author, CaseState, CustomerReason, Role, Verdict
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.desk_builders import signed_up
from tests.store_builders import Clock, store_order, verified


@pytest.fixture
def dana(services: Services) -> Agent:
    return signed_up(services, "dana", "Dana", Role.LEAD, "a long password")


@pytest.fixture
def talk(services: Services) -> str:
    return open_conversation(services, Client("web", "10.0.0.1"), "somebody").id


def in_review(services: Services, talk: str) -> str:
    """A refund that a person has to decide: its reference."""
    store_order(services)
    verified(services, talk)
    quote = quote_refund(
        services,
        conversation_id=talk,
        order_number="CC-104233",
        reason=CustomerReason.OTHER,
        reason_words="it is complicated",
        destination=Destination.WALLET,
        requested_at=services.clock(),
        transcript=[],
    )
    assert quote.case.state is CaseState.IN_REVIEW
    return quote.case.reference


def offered(services: Services, talk: str, dana: Agent) -> str:
    reference = in_review(services, talk)
    take(services, dana, reference)
    decide_by_agent(
        services,
        dana,
        reference,
        verdict=Verdict.CHANGE,
        refund=Decimal("45.00"),
        fee=Decimal("5.00"),
        destination=Destination.WALLET,
        reason="A smaller fee this time.",
    )
    return reference


def says(services: Services, talk: str, text: str, **more: object) -> Body | None:
    """What is answered; None where it is left to the bot or to the person."""
    known = len(history(services, talk))
    received = receive(services, talk, f"m{known}", {"text": text, **more})
    return answer_offer(services, received.message) if received.bot else None


def state(services: Services, reference: str) -> CaseState:
    with services.unit_of_work() as uow:
        case = uow.cases.find(reference)
    assert case is not None
    return case.state


def pressed(services: Services, talk: str, title: str) -> str:
    buttons = [button for message in history(services, talk) for button in message.body.get("buttons", [])]
    return next(str(button["payload"]) for button in buttons if button["title"] == title)


def test_the_button_below_the_offer_accepts_it_while_the_person_is_there(
    services: Services, talk: str, dana: Agent
) -> None:
    reference = offered(services, talk, dana)
    said = says(services, talk, pressed(services, talk, "Yes, go ahead"))
    assert said is not None and reference in said["text"]
    assert state(services, reference) is CaseState.CONFIRMED
    receipt = receipt_of(services, reference)
    assert receipt is not None
    assert (receipt.agreed.fee, receipt.agreed.refund, receipt.agreed.by_person) == (
        Decimal("5.00"),
        Decimal("45.00"),
        True,
    )


def test_a_typed_yes_counts_once_the_offer_was_shown(services: Services, talk: str, dana: Agent) -> None:
    reference = offered(services, talk, dana)
    assert says(services, talk, "yes") is None
    assert state(services, reference) is CaseState.APPROVED_BY_AGENT
    shown = next(message.seq for message in history(services, talk) if message.body.get("offer"))
    assert says(services, talk, "yes", seen=shown - 1) is None
    said = says(services, talk, "Yes please, go ahead", seen=shown)
    assert said is not None
    assert state(services, reference) is CaseState.CONFIRMED


def test_a_typed_yes_counts_on_a_channel_that_has_brought_the_offer(services: Services, talk: str, dana: Agent) -> None:
    reference = offered(services, talk, dana)
    collect_undelivered(services, talk)
    assert says(services, talk, "ok") is not None
    assert state(services, reference) is CaseState.CONFIRMED


@pytest.mark.parametrize("text", ["yes but what is the fee?", "yes if it is quick", "cancel my plan", "thanks", "hm"])
def test_other_words_are_no_yes(services: Services, talk: str, dana: Agent, text: str) -> None:
    reference = offered(services, talk, dana)
    collect_undelivered(services, talk)
    assert says(services, talk, text) is None
    assert state(services, reference) is CaseState.APPROVED_BY_AGENT


def test_a_yes_to_something_that_was_said_since_is_none_to_the_offer(
    services: Services, talk: str, dana: Agent
) -> None:
    reference = offered(services, talk, dana)
    say_to_customer(services, dana, reference, "Do you still use the card?")
    collect_undelivered(services, talk)
    assert says(services, talk, "yes") is None
    assert state(services, reference) is CaseState.APPROVED_BY_AGENT


def test_it_counts_after_the_person_has_left(services: Services, talk: str, dana: Agent) -> None:
    reference = offered(services, talk, dana)
    hand_back(services, dana, reference)
    collect_undelivered(services, talk)
    assert says(services, talk, "yes") is not None
    assert state(services, reference) is CaseState.CONFIRMED


def test_a_no_gives_it_back_to_a_person(services: Services, talk: str, dana: Agent) -> None:
    reference = offered(services, talk, dana)
    said = says(services, talk, pressed(services, talk, "No"))
    assert said is not None and "nothing is done" in said["text"]
    assert state(services, reference) is CaseState.IN_REVIEW


def test_a_day_later_the_customer_shows_once_more_whose_it_is(
    services: Services, talk: str, dana: Agent, clock: Clock
) -> None:
    reference = offered(services, talk, dana)
    clock.passes(hours=20)
    asked = says(services, talk, pressed(services, talk, "Yes, go ahead"))
    assert asked is not None and "email" in asked["text"]
    assert state(services, reference) is CaseState.APPROVED_BY_AGENT
    log(services, talk, asked)
    wrong = says(services, talk, "it is thief@example.com")
    assert wrong is not None and "doesn't fit" in wrong["text"]
    log(services, talk, wrong)
    said = says(services, talk, "alex@example.com")
    assert said is not None and reference in said["text"]
    assert state(services, reference) is CaseState.CONFIRMED


def log(services: Services, talk: str, body: Body) -> None:
    with services.unit_of_work() as uow:
        uow.messages.add(talk, Author.BOT, body, services.clock())
        uow.commit()


def test_another_conversation_does_not_accept_it(services: Services, talk: str, dana: Agent) -> None:
    reference = offered(services, talk, dana)
    other = open_conversation(services, Client("web", "10.0.0.2"), "somebody-else").id
    said = says(services, other, pressed(services, talk, "Yes, go ahead"))
    assert said is not None and "email" in said["text"]
    assert state(services, reference) is CaseState.APPROVED_BY_AGENT

"""People who have proven no order, and ask for a person: who is let into the queue, and what is held back."""

from __future__ import annotations

import concurrent.futures
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.cases.case.handoff import hand_to_human
from bot.cases.conversation.conversations import Client, open_account, open_conversation
from bot.cases.customer.inbox import receive
from bot.cases.desk.accounts import change_agent
from bot.cases.desk.held_back import count_held, drop_held, held_requests, put_in_queue
from bot.cases.desk.views import queue
from bot.cases.desk.work import close, take
from bot.cases.errors import NotAllowed, UnknownCase
from bot.cases.identity.refusals import no_person_now
from bot.cases.model import Cause, Handoff, HeldBack
from bot.cases.services import Services
from bot.connectors.webhook_desk.deliver import WebhookDesk
from tests.desk_builders import an_agent, in_review, said
from tests.store_builders import TRANSCRIPT, Clock, proven_address, store_order, verified

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def desk(services: Services) -> Services:
    """A desk that takes three an hour from one address."""
    return replace(services, address_handoffs_per_hour=3, contact="+1 555 0100")


def talk(services: Services, name: str, address: str = HERE, *, limited: bool = True) -> str:
    """A conversation of somebody at that address, in which they have said something."""
    opened = open_conversation(services, Client("web", address, limited=limited), name).id
    receive(services, opened, f"first of {name}", {"text": f"human please, says {name}"})
    return opened


def asks(services: Services, conversation_id: str, cause: Cause = Cause.ASKED) -> Handoff | HeldBack:
    """A wish for a person."""
    return hand_to_human(services, conversation_id=conversation_id, cause=cause, transcript=TRANSCRIPT, facts={})


def flood(services: Services, count: int = 12, address: str = HERE) -> list[Handoff | HeldBack]:
    """As many wishes, each in a conversation of its own."""
    return [asks(services, talk(services, f"t-{address}-{n}", address)) for n in range(count)]


def test_one_address_fills_no_queue_and_hears_what_is_true(desk: Services, clock: Clock) -> None:
    answers = flood(desk)
    assert [isinstance(answer, Handoff) for answer in answers] == [True] * 3 + [False] * 9
    assert len(queue(desk)) == 3
    clock.passes(minutes=10)
    told = asks(desk, talk(desk, "late"))
    assert isinstance(told, HeldBack)
    assert no_person_now(desk, told) == (
        "Many requests for a person came from your network within the hour, so I can't put another one into their "
        "queue. What you wrote is kept, and they can look it up. You reach a person at +1 555 0100, or ask me again in "
        "50 minutes."
    )
    assert isinstance(asks(desk, talk(desk, "neighbour", ELSEWHERE)), Handoff), "nobody else is held back"
    clock.passes(minutes=50)
    assert isinstance(asks(desk, talk(desk, "late")), Handoff), "after the wait it comes in"


def test_who_has_proven_an_order_is_never_held_back_be_it_long_ago(desk: Services, clock: Clock) -> None:
    store_order(desk)
    owner = talk(desk, "owner")
    verified(desk, owner)
    flood(desk)
    clock.passes(hours=3)
    flood(desk)
    assert isinstance(asks(desk, owner), Handoff)
    for n in range(5):
        order = f"CC-10425{n}"
        store_order(desk, order)
        customer = talk(desk, f"customer-{n}")
        verified(desk, customer, order)
        assert isinstance(asks(desk, customer), Handoff)


def test_who_waits_already_hears_their_reference_again(desk: Services) -> None:
    first, *_ = flood(desk)
    again = asks(desk, f"t-{HERE}-0")
    assert isinstance(first, Handoff) and isinstance(again, Handoff) and again.reference == first.reference


def test_who_had_a_request_is_told_its_reference(desk: Services) -> None:
    dana = an_agent(desk)
    first, *_ = flood(desk)
    assert isinstance(first, Handoff)
    take(desk, dana, first.reference)
    close(desk, dana, first.reference)
    told = asks(desk, f"t-{HERE}-0")
    assert isinstance(told, HeldBack) and f"Your reference is still {first.reference}." in no_person_now(desk, told)


@pytest.mark.parametrize("cause", [Cause.VERIFICATION, Cause.FAILURE])
def test_whatever_makes_the_case_it_counts(desk: Services, cause: Cause) -> None:
    answers = [asks(desk, talk(desk, f"t-{n}"), cause) for n in range(12)]
    allowed = 1 if cause is Cause.VERIFICATION else 3
    assert sum(isinstance(answer, Handoff) for answer in answers) == allowed == len(queue(desk))


def test_locks_make_one_case_of_an_address_and_a_neighbour_may_still_ask(desk: Services) -> None:
    asks(desk, talk(desk, "locked"), Cause.VERIFICATION)
    held = asks(desk, talk(desk, "locked-too"), Cause.VERIFICATION)
    assert isinstance(held, HeldBack) and no_person_now(desk, held) == (
        "A person has a request from your network about this already, so I made no other one. What you wrote is kept. "
        'You reach a person at +1 555 0100, or say "human" in the chat.'
    )
    assert isinstance(asks(desk, "locked-too"), Handoff), "by a sentence of their own"
    assert count_held(desk) is None, "it is in the queue now"


def test_an_account_is_counted_by_itself_and_an_address_that_stands_for_many_is_not(desk: Services) -> None:
    dana = an_agent(desk)
    flood(desk)
    signed_in = open_conversation(desk, Client("web", HERE, subject="u-1"), "signed in").id
    assert isinstance(asks(desk, signed_in), Handoff), "with a token of the shop, at the same address"
    for n in range(5):
        account = open_account(desk, "telegram", f"account-{n}").id
        assert isinstance(asks(desk, account), Handoff)
        local = talk(desk, f"local-{n}", limited=False)
        assert isinstance(asks(desk, local), Handoff)
    account = open_account(desk, "telegram", "busy").id
    for _ in range(3):
        handoff = asks(desk, account)
        assert isinstance(handoff, Handoff)
        take(desk, dana, handoff.reference)
        close(desk, dana, handoff.reference)
    told = asks(desk, account)
    assert isinstance(told, HeldBack) and "were made here within the hour" in no_person_now(desk, told)


def test_strangers_stand_below_all_others(desk: Services, clock: Clock) -> None:
    store_order(desk)
    strangers = [answer.reference for answer in flood(desk) if isinstance(answer, Handoff)]
    clock.passes(hours=1)
    store_order(desk, "CC-104266", email="bella@example.com", dispute_open=True)
    proven_address(desk, talk(desk, "bella"), "bella@example.com")
    asked = asks(desk, "bella")
    verified(desk, talk(desk, "talk"), "CC-104233")
    refund = in_review(desk)
    assert isinstance(asked, Handoff)
    items = queue(desk)
    assert [item.reference for item in items] == [refund.reference, asked.reference, *strangers]
    assert [item.of_stranger for item in items] == [False, False, True, True, True]


def test_what_was_held_back_is_counted_and_shown_with_its_words(desk: Services, clock: Clock) -> None:
    begun = clock()
    flood(desk)
    flood(desk, address=ELSEWHERE)
    asks(desk, f"t-{HERE}-11")  # the same one again counts once
    counted = count_held(desk)
    assert counted is not None and (counted.requests, counted.origins, counted.since) == (18, 2, begun)
    shown = held_requests(desk)
    assert len(shown) == 18 and shown[0].said == [f"human please, says t-{HERE}-3"]
    assert (shown[0].channel, shown[0].cause) == ("web", Cause.ASKED) and "human" not in repr(shown)
    clock.passes(days=15)
    assert count_held(desk) is None


def test_an_agent_puts_one_into_the_queue_and_its_customer_is_told(desk: Services) -> None:
    dana = an_agent(desk)
    flood(desk)
    handoff = put_in_queue(desk, dana, f"t-{HERE}-7")
    assert handoff.reference in [item.reference for item in queue(desk)] and handoff.facts["put_in_by"] == "dana"
    assert handoff.reference in said(desk, f"t-{HERE}-7")[-1].text
    assert len(held_requests(desk)) == 8
    with pytest.raises(UnknownCase):
        put_in_queue(desk, dana, f"t-{HERE}-7")
    drop_held(desk, dana, held_requests(desk)[0].origin)
    assert count_held(desk) is None and len(queue(desk)) == 4
    change_agent(desk, "dana", active=False)
    with pytest.raises(NotAllowed):
        drop_held(desk, dana, "any")


def test_what_is_held_back_is_not_pushed_to_a_help_desk_either(desk: Services, engine: Engine) -> None:
    flood(replace(desk, helpdesk=WebhookDesk("http://127.0.0.1:1/hook", b"0" * 32)))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM tickets")).scalar_one() == 3


def test_requests_at_once_are_counted_one_after_the_other(desk: Services) -> None:
    talks = [talk(desk, f"t-{n}") for n in range(12)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: asks(desk, one), talks))
    assert sum(isinstance(answer, Handoff) for answer in answers) == 3


def test_what_was_held_back_is_erased_with_its_conversation(desk: Services, engine: Engine) -> None:
    flood(desk)
    with desk.unit_of_work() as uow:
        uow.personal.erase_conversations([f"t-{HERE}-{n}" for n in range(12)])
        uow.commit()
    assert count_held(desk) is None
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM stranger_requests")).scalar_one() == 0

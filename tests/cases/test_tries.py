"""Wrong answers for an order: who guesses is counted, and whose order it is gets in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.cases.conversation.conversations import Client, address_index, open_conversation
from bot.cases.identity.email_codes import code_of
from bot.cases.identity.refusals import why_not
from bot.cases.identity.tries import ADDRESS_ORDER_TRIES, ORDER_TRIES, Limit
from bot.cases.identity.verification import Verification, VerificationStatus, asks_for_code, verify, verify_code
from bot.cases.services import Services
from bot.connectors.smtp.deliver import SmtpMailer
from tests.store_builders import Clock, store_order

RIGHT, WRONG = "alex@example.com", "mallory@example.com"
HOME = "192.0.2.1"
NOWHERE = SmtpMailer("smtp://127.0.0.1:1", "desk@example.org")


@pytest.fixture
def shop(services: Services) -> Services:
    """A shop without a mail server."""
    store_order(services)
    return services


def answer(
    services: Services,
    email: str = RIGHT,
    *,
    talk: str = "talk",
    message: str = "1",
    address: str = HOME,
    order: str = "CC-104233",
) -> Verification:
    """One answer from an address."""
    opened = open_conversation(services, Client("rest", address), talk).id
    return verify(services, conversation_id=opened, message_id=message, order_number=order, email=email)


def guessed(services: Services, count: int = ORDER_TRIES, order: str = "CC-104233") -> None:
    """So many wrong answers for the order, each from an address of its own."""
    for n in range(count):
        answer(services, WRONG, talk=f"guess-{order}-{n}", address=f"10.0.{n}.1", order=order)


@pytest.mark.parametrize("order", ["CC-104233", "CC-999999"])
def test_one_address_is_locked_for_an_order_and_nobody_else_is(shop: Services, order: str) -> None:
    told = [answer(shop, WRONG, talk=f"t-{n}", address="10.0.0.1", order=order) for n in range(3 * ORDER_TRIES)]
    assert [done.status for done in told[: ADDRESS_ORDER_TRIES - 1]] == [VerificationStatus.MISMATCH] * (
        ADDRESS_ORDER_TRIES - 1
    )
    assert {(done.status, done.limit) for done in told[ADDRESS_ORDER_TRIES - 1 :]} == {
        (VerificationStatus.LOCKED, Limit.ADDRESS)
    }
    if order == "CC-104233":
        assert answer(shop).status is VerificationStatus.VERIFIED


@pytest.mark.parametrize("order", ["CC-104233", "CC-999999"])
def test_a_guarded_order_takes_an_answer_now_and_then_and_says_so(shop: Services, clock: Clock, order: str) -> None:
    guessed(shop, order=order)
    told = answer(shop, order=order)
    assert (told.status, told.limit) == (VerificationStatus.LATER, Limit.ORDER)
    assert why_not(order, told) == (
        f"There were many wrong tries for order {order}, perhaps by others. To be safe I take one answer now and then: "
        "please send it again in 3 minutes."
    )
    clock.passes(minutes=3)
    wrong = answer(shop, WRONG, message="2", order=order)
    assert (wrong.status, wrong.wrong, wrong.tries_left) == (VerificationStatus.LATER, True, 2)
    assert why_not(order, wrong).startswith(f"I couldn't match that with order {order}. There were many")
    clock.passes(minutes=30)
    assert "in 30 minutes" in why_not(order, answer(shop, message="3", order=order)), "one try from one address"
    elsewhere = answer(shop, address="203.0.113.9", talk="elsewhere", order=order)
    assert elsewhere.status is (VerificationStatus.VERIFIED if order == "CC-104233" else VerificationStatus.LATER)


@pytest.mark.parametrize("order", ["CC-104233", "CC-999999"])
def test_a_guarded_order_asks_for_a_mailed_code_where_mail_can_be_sent(shop: Services, order: str) -> None:
    shop = replace(shop, mailer=NOWHERE)
    guessed(shop, order=order)
    assert asks_for_code(shop, conversation_id="talk", order_number=order)
    for n, email in enumerate((RIGHT, WRONG)):
        assert answer(shop, email, talk=f"t-{n}", order=order).status is VerificationStatus.CODE_SENT
    names = {"conversation_id": "t-0", "order_number": order}
    assert verify_code(shop, message_id="no", digits="000000", **names).status is VerificationStatus.MISMATCH
    with shop.unit_of_work() as uow:
        code = uow.codes.newest("t-0", order)
    assert code is not None
    done = verify_code(shop, message_id="yes", digits=code_of(shop, code.nonce), **names)
    known = order == "CC-104233"
    assert done.status is (VerificationStatus.VERIFIED if known else VerificationStatus.MISMATCH)


@pytest.mark.parametrize("mailer", [None, NOWHERE])
def test_who_has_proven_the_order_before_does_not_notice_that_others_guess(
    shop: Services, mailer: SmtpMailer | None
) -> None:
    shop = replace(shop, mailer=mailer)
    assert answer(shop).status is VerificationStatus.VERIFIED
    guessed(shop)
    for talk in ("talk", "another"):
        assert answer(shop, talk=talk, message="from home").status is VerificationStatus.VERIFIED
    with shop.unit_of_work() as uow:
        uow.conversations.change("talk", address_index=address_index(shop, "203.0.113.9"))
        uow.commit()
    names = {"conversation_id": "talk", "order_number": "CC-104233", "email": RIGHT}
    assert verify(shop, message_id="away", **names).status is VerificationStatus.VERIFIED
    assert not asks_for_code(shop, conversation_id="talk", order_number="CC-104233")
    assert answer(shop, talk="stranger", address="203.0.113.10").status is not VerificationStatus.VERIFIED


def test_a_neighbour_who_guesses_locks_the_address_but_no_conversation_that_has_proven_its_order(
    shop: Services,
) -> None:
    assert answer(shop).status is VerificationStatus.VERIFIED
    for n in range(12):
        answer(shop, WRONG, talk=f"neighbour-{n}", order=f"CC-9000{n:02}")
    assert answer(shop, talk="fresh").limit is Limit.ADDRESS
    assert answer(shop, message="2").status is VerificationStatus.VERIFIED


def test_behind_an_address_that_was_wrong_too_often_a_mailed_code_is_asked_for(shop: Services) -> None:
    shop = replace(shop, mailer=NOWHERE)
    for n in range(12):
        answer(shop, WRONG, talk=f"neighbour-{n}", order=f"CC-9000{n:02}")
    told = [answer(shop, talk="fresh"), answer(shop, talk="wrong", order="CC-999999")]
    assert [done.status for done in told] == [VerificationStatus.CODE_SENT] * 2
    with shop.unit_of_work() as uow:
        code = uow.codes.newest("fresh", "CC-104233")
    assert code is not None
    names = {"conversation_id": "fresh", "order_number": "CC-104233"}
    done = verify_code(shop, message_id="yes", digits=code_of(shop, code.nonce), **names)
    assert done.status is VerificationStatus.VERIFIED


def test_the_world_together_gets_a_bounded_number_of_guesses(shop: Services, clock: Clock) -> None:
    """What docs/reference/identity.md says: 30 within a day, then 20 an hour."""
    taken = 0
    for n in range(100):
        told = answer(shop, WRONG, talk=f"g-{n}", address=f"10.0.{n}.1")
        taken += told.wrong or told.status is VerificationStatus.MISMATCH
        clock.passes(minutes=1)
    assert taken <= ORDER_TRIES + 100 / 3


@pytest.mark.parametrize(
    "attack",
    [
        lambda shop: [answer(shop, WRONG, message=str(n)) for n in range(3)],
        lambda shop: [answer(shop, WRONG, talk=f"t-{n}", order=f"CC-90000{n}") for n in range(10)],
    ],
    ids=["three wrong answers in one conversation", "ten wrong answers from one address"],
)
def test_who_is_locked_hears_whose_answers_they_were(shop: Services, attack: Callable[[Services], object]) -> None:
    attack(shop)
    told = why_not("CC-104233", answer(shop, message="right"))
    assert told in (
        "There were too many wrong answers in this conversation, so I can't check another one here for 60 minutes.",
        "There were too many wrong answers from your network, so I can't check another one from there for 60 minutes.",
    )
    assert "match" not in told, "it was not even looked at"

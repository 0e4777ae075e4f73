"""Nobody gets at an order that isn't theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.case.overview import customer_orders
from bot.cases.case.requests import order_view
from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.errors import NotVerified
from bot.cases.identity.tries import ADDRESS_TRIES, Limit
from bot.cases.identity.verification import (
    Verification,
    VerificationStatus,
    is_verified,
    trust_account,
    trust_customer,
    verify,
)
from bot.cases.services import Services
from bot.settings import Settings
from tests.policy.policy_builders import TERMS_TEXT
from tests.store_builders import Clock, store_order, verified


def tried(
    services: Services, message: str, *, talk: str = "talk", order: str = "CC-104233", email: str
) -> Verification:
    """One attempt."""
    return verify(services, conversation_id=talk, message_id=message, order_number=order, email=email)


def test_the_address_of_the_order_verifies_in_any_case_and_for_this_conversation_only(services: Services) -> None:
    store_order(services)
    assert tried(services, "1", email=" Alex@Example.COM ").status is VerificationStatus.VERIFIED
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")
    assert not is_verified(services, conversation_id="another", order_number="CC-104233")


@pytest.mark.parametrize("at_shop", ["o'neil-smith@example.com", "O’Neil‑Smith@example.com"])
@pytest.mark.parametrize(
    "typed",
    [
        "o'neil-smith@example.com",
        "o’neil-smith@example.com",
        "oʼneil‑smith@example.com",
        "o＇neil－smith＠example．com",
    ],
)
def test_what_a_keyboard_puts_for_plain_characters_proves_the_same(
    services: Services, at_shop: str, typed: str
) -> None:
    store_order(services, email=at_shop)
    assert tried(services, "1", email=typed).status is VerificationStatus.VERIFIED


@pytest.mark.parametrize(
    "typed", ["oneil@example.com", "o`neil@example.com", "o.neil@example.com", "o''neil@example.com"]
)
def test_another_address_proves_nothing(services: Services, typed: str) -> None:
    store_order(services, email="o'neil@example.com")
    assert tried(services, "1", email=typed).status is VerificationStatus.MISMATCH


def test_an_address_that_is_vouched_for_opens_its_own_orders_only(services: Services) -> None:
    store_order(services, email="o'neil@example.com")
    until = services.clock() + timedelta(minutes=5)
    trust_customer(services, conversation_id="talk", email="o’neil@example.com", until=until)
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")
    talk = from_address(services, "mails")
    trust_account(services, conversation_id=talk, email="o’neil@example.com")
    assert not is_verified(services, conversation_id=talk, order_number="CC-104233")


def test_an_unknown_order_and_a_wrong_address_get_the_same_answers(services: Services) -> None:
    store_order(services)
    wrong = [tried(services, str(n), talk="a", email="mallory@example.com") for n in range(4)]
    unknown = [tried(services, str(n), talk="b", order="CC-999999", email="mallory@example.com") for n in range(4)]
    assert wrong == unknown
    assert [answer.tries_left for answer in wrong] == [2, 1, 0, 0]
    assert [answer.status for answer in wrong[2:]] == [VerificationStatus.LOCKED] * 2


def test_after_three_wrong_answers_the_right_one_comes_too_late(services: Services) -> None:
    store_order(services)
    for n in range(3):
        tried(services, str(n), email="mallory@example.com")
    assert tried(services, "right", email="alex@example.com").status is VerificationStatus.LOCKED
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")


def test_a_lock_outlives_a_restart_and_ends_after_an_hour(
    services: Services, database_url: str, clock, tmp_path
) -> None:  # type: ignore[no-untyped-def]

    store_order(services)
    for n in range(3):
        tried(services, str(n), email="mallory@example.com")
    restarted = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert tried(restarted, "4", email="alex@example.com").status is VerificationStatus.LOCKED
    clock.passes(minutes=61)
    assert tried(restarted, "5", email="alex@example.com").status is VerificationStatus.VERIFIED


def test_one_message_counts_once_however_often_it_is_handled(services: Services) -> None:
    store_order(services)
    for _ in range(5):
        assert tried(services, "same", email="mallory@example.com").tries_left == 2


def test_verified_ends_with_its_time(services: Services, clock: Clock) -> None:
    store_order(services)
    verified(services)
    clock.passes(minutes=59)
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")
    clock.passes(minutes=1)
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")


def test_a_typed_proof_opens_that_order_and_no_other(services: Services) -> None:
    store_order(services)
    store_order(services, "CC-104244")
    store_order(services, "CC-104255", email="bella@example.com")
    verified(services)
    assert order_view(services, conversation_id="talk", order_number="CC-104233").order.number == "CC-104233"
    for number in ("CC-104244", "CC-104255", "CC-999999"):
        assert not is_verified(services, conversation_id="talk", order_number=number)
        with pytest.raises(NotVerified):
            order_view(services, conversation_id="talk", order_number=number)
    assert [order.number for order in customer_orders(services, conversation_id="talk")] == ["CC-104233"]
    verified(services, number="CC-104244")
    assert customer_orders(services, conversation_id="talk") == [], "a list to pick from needs a proven address"


def test_a_proven_address_opens_all_of_its_orders_and_no_other(services: Services, clock: Clock) -> None:
    store_order(services)
    store_order(services, "CC-104244")
    store_order(services, "CC-104255", email="bella@example.com")
    trust_customer(services, conversation_id="talk", email="alex@example.com", until=clock() + timedelta(hours=1))
    for number in ("CC-104233", "CC-104244"):
        assert order_view(services, conversation_id="talk", order_number=number).order.number == number
    with pytest.raises(NotVerified):
        order_view(services, conversation_id="talk", order_number="CC-104255")
    seen = customer_orders(services, conversation_id="talk")
    assert {order.number for order in seen} == {"CC-104233", "CC-104244"}


# Contact data is that of the order


def test_a_strangers_order_under_the_same_address_opens_nothing_else(services: Services) -> None:
    """A checkout takes any address: whoever orders under a victim's, with a phone number of their own, has that order
    and no other, whatever proves the number."""
    store_order(services, **a_phone("+1 212 555 0100"))
    store_order(services, "CC-104266", **a_phone("+44 7700 900123"))
    assert by_phone(services, "+447700900123", "CC-104266", "1").status is VerificationStatus.VERIFIED
    assert by_phone(services, "+447700900123", "CC-104233", "2").status is VerificationStatus.MISMATCH
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")

    talk = from_address(services, "account")
    trust_account(services, conversation_id=talk, phone="+447700900123")
    assert is_verified(services, conversation_id=talk, order_number="CC-104266")
    assert not is_verified(services, conversation_id=talk, order_number="CC-104233")
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None
        contact = uow.customers.contact(stored.id)
    assert contact is not None and contact.phone == "+1 212 555 0100"
    assert by_phone(services, "+12125550100", "CC-104233", "3").status is VerificationStatus.VERIFIED


def test_new_contact_data_from_the_shop_ends_what_was_proven_with_the_old(services: Services) -> None:
    store_order(services, **a_phone("+1 212 555 0100"))
    store_order(services, "CC-104266", **a_phone("+1 212 555 0100"))
    for number in ("CC-104233", "CC-104266"):
        by_phone(services, "+12125550100", number, number)
    store_order(services, **a_phone("+1 212 555 0199"))
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")
    assert is_verified(services, conversation_id="talk", order_number="CC-104266")
    store_order(services, "CC-104266", **a_phone("+1 212 555 0100"))
    assert is_verified(services, conversation_id="talk", order_number="CC-104266"), "the same data changes nothing"


# Phone numbers


def a_phone(phone: str | None) -> dict[str, object]:
    """A customer with this phone number."""
    return {"customer": {"name": "Alex Rivera", "email": "alex@example.com", "phone": phone}}


def by_phone(services: Services, phone: str, order: str = "CC-104233", message: str = "1") -> Verification:
    """One attempt with a phone number."""
    return verify(services, conversation_id="talk", message_id=message, order_number=order, phone=phone)


@pytest.mark.parametrize("phone", ["+12125550100", "2125550100", "12125550100"])
def test_the_phone_number_of_the_order_verifies_with_or_without_the_country(services: Services, phone: str) -> None:
    store_order(services, **a_phone("+1 (212) 555-0100"))
    assert by_phone(services, phone).status is VerificationStatus.VERIFIED
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")


@pytest.mark.parametrize("phone", ["+12125550101", "5550100", "+442125550100", ""])
def test_another_phone_number_is_a_wrong_answer(services: Services, phone: str) -> None:
    store_order(services, **a_phone("+1 (212) 555-0100"))
    assert by_phone(services, phone) == Verification(VerificationStatus.MISMATCH, 2)
    assert by_phone(services, phone, "CC-999999", "2") == Verification(VerificationStatus.MISMATCH, 1)


@pytest.mark.parametrize("phone", ["", "-", "+12125550100", "None"])
def test_an_order_without_a_phone_number_has_none_that_is_right(services: Services, phone: str) -> None:
    store_order(services)
    assert by_phone(services, phone).status is VerificationStatus.MISMATCH


# The same in words and in time


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that run meanwhile, without their values."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("factor", [{"email": "mallory@example.com"}, {"phone": "+12125550177"}])
def test_an_unknown_order_takes_the_same_statements_as_a_wrong_answer(
    services: Services, factor: dict[str, str]
) -> None:
    store_order(services, **a_phone("+12125550100"))
    store_order(services, "CC-104244", email="nobody@example.com")  # without a phone number
    with services.unit_of_work() as uow:
        engine = uow.connection.engine  # type: ignore[attr-defined]
    runs = {}
    for number in ("CC-104233", "CC-104244", "CC-999999"):
        open_conversation(services, Client("rest", "198.51.100.7"), f"talk-{number}")
        with statements(engine) as runs[number]:
            for message in range(4):
                verify(
                    services,
                    conversation_id=f"talk-{number}",
                    message_id=str(message),
                    order_number=number,
                    **factor,
                )
    assert runs["CC-104233"] == runs["CC-999999"] == runs["CC-104244"]
    compared = "SELECT customers.email_index" if "email" in factor else "SELECT orders.phone_index"
    assert len([statement for statement in runs["CC-104233"] if statement.startswith(compared)]) == 3


# Tries


def from_address(services: Services, talk: str, address: str = "198.51.100.7", *, limited: bool = True) -> str:
    """A conversation whose client writes from there."""
    return open_conversation(services, Client("rest", address, limited=limited), talk).id


def guess_from_many(services: Services, count: int, address: str = "198.51.100.7", *, limited: bool = True) -> None:
    """Wrong answers, each in a conversation of its own and for another order."""
    for n in range(count):
        talk = from_address(services, f"guess-{address}-{n}", address, limited=limited)
        tried(services, "1", talk=talk, order=f"CC-9{n:05}", email="mallory@example.com")


def test_an_address_that_guesses_in_many_conversations_is_locked(services: Services, clock: Clock) -> None:
    store_order(services)
    guess_from_many(services, ADDRESS_TRIES - 2)
    last = from_address(services, "last")
    assert tried(services, "1", talk=last, order="CC-999999", email="x@example.com").status is (
        VerificationStatus.MISMATCH
    )
    told = tried(services, "2", talk=last, order="CC-999999", email="x@example.com")
    assert (told.status, told.limit, told.wrong) == (VerificationStatus.LOCKED, Limit.ADDRESS, True)
    fresh = from_address(services, "fresh")
    assert tried(services, "1", talk=fresh, email="alex@example.com").status is VerificationStatus.LOCKED
    elsewhere = from_address(services, "elsewhere", "203.0.113.9")
    assert tried(services, "1", talk=elsewhere, email="alex@example.com").status is VerificationStatus.VERIFIED
    clock.passes(minutes=61)
    assert tried(services, "2", talk=fresh, email="alex@example.com").status is VerificationStatus.VERIFIED


def test_this_machine_itself_is_not_counted_as_an_address(services: Services) -> None:
    store_order(services)
    guess_from_many(services, 2 * ADDRESS_TRIES, limited=False)
    fresh = from_address(services, "fresh", limited=False)
    assert tried(services, "1", talk=fresh, email="alex@example.com").status is VerificationStatus.VERIFIED


def test_no_lock_opens_because_of_a_restart_or_of_a_clock_that_jumps_back(
    services: Services, database_url: str, clock: Clock, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    store_order(services)
    store_order(services, "CC-104244", email="bella@example.com")
    for n in range(3):
        tried(services, str(n), email="mallory@example.com")
    guess_from_many(services, ADDRESS_TRIES)
    clock.passes(days=-2)
    restarted = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert tried(restarted, "4", email="alex@example.com").status is VerificationStatus.LOCKED
    fresh = from_address(restarted, "fresh")
    assert tried(restarted, "1", talk=fresh, order="CC-104244", email="bella@example.com").status is (
        VerificationStatus.LOCKED
    )


def test_conversations_of_one_address_that_guess_at_once_get_no_more_tries(services: Services) -> None:
    import concurrent.futures

    store_order(services)
    talks = [from_address(services, f"talk-{n}") for n in range(24)]

    def guess(n: int) -> VerificationStatus:
        return tried(services, "1", talk=talks[n], order=f"CC-9{n:05}", email="mallory@example.com").status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count(VerificationStatus.MISMATCH) == ADDRESS_TRIES - 1, "the last one locks"


def test_a_number_without_a_country_is_of_the_company_s_own_country(
    services: Services, database_url: str, clock: Clock, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(TERMS_TEXT.replace("holidays: US", "holidays: MX"))
    shop = bootstrap(Settings(home=tmp_path, database_url=database_url, policy=policy), clock)
    store_order(shop, **a_phone("55 1234 5678"))
    assert by_phone(shop, "+1 551 234 5678", "CC-104233", "1").status is VerificationStatus.MISMATCH
    assert by_phone(shop, "+52 1 55 1234 5678", "CC-104233", "2").status is VerificationStatus.VERIFIED
    talk = from_address(shop, "account")
    trust_account(shop, conversation_id=talk, phone="+5215512345678")
    assert is_verified(shop, conversation_id=talk, order_number="CC-104233")


# What a channel vouches for


@pytest.mark.parametrize(
    ("known", "proven", "agrees"),
    [
        ("+1 212 555 0100", "+12125550100", True),
        ("(212) 555-0100", "+12125550100", True),
        ("020 7946 0958", "+442079460958", True),
        ("+1 212 555 0100", "+12125550101", False),
        ("+44 212 555 0100", "+12125550100", False),
        (None, "+12125550100", False),
    ],
)
def test_an_account_with_the_phone_number_of_the_order_needs_the_number_only(
    services: Services, known: str | None, proven: str, agrees: bool
) -> None:
    store_order(services, **a_phone(known))
    talk = from_address(services, "talk")
    trust_account(services, conversation_id=talk, phone=proven)
    assert is_verified(services, conversation_id=talk, order_number="CC-104233") is agrees
    other = from_address(services, "other")
    assert not is_verified(services, conversation_id=other, order_number="CC-104233")


def test_an_account_with_the_address_of_the_order_does_so_for_its_time(services: Services, clock: Clock) -> None:
    store_order(services)
    talk = from_address(services, "talk")
    trust_account(services, conversation_id=talk, email="Alex@example.com")
    clock.passes(minutes=59)
    assert is_verified(services, conversation_id=talk, order_number="CC-104233")
    assert order_view(services, conversation_id=talk, order_number="CC-104233").order.number == "CC-104233"
    clock.passes(minutes=1)
    assert not is_verified(services, conversation_id=talk, order_number="CC-104233")


def test_what_was_proven_is_not_readable_in_the_database(services: Services, engine: Engine) -> None:
    talk = from_address(services, "talk")
    trust_account(services, conversation_id=talk, phone="+12125550100", email="alex@example.com")
    with engine.connect() as connection:
        row = str(connection.execute(sa.text("SELECT * FROM conversations")).all())
    assert "5550100" not in row and "alex" not in row


def test_a_customer_whom_the_shop_vouches_for_is_verified_until_the_token_ends(
    services: Services, clock: Clock
) -> None:
    store_order(services)
    trust_customer(services, conversation_id="talk", email="alex@example.com", until=clock() + timedelta(minutes=5))
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")
    clock.passes(minutes=5)
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")
    trust_customer(services, conversation_id="talk", email="alex@example.com", until=clock() + timedelta(days=1))
    clock.passes(minutes=60)
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233"), "at most the verification time"


def test_a_token_that_comes_with_every_message_makes_no_row_with_every_message(
    services: Services, clock: Clock, engine: Engine
) -> None:
    store_order(services)
    until = clock() + timedelta(minutes=30)
    for _ in range(20):
        clock.passes(seconds=1)
        trust_customer(services, conversation_id="talk", email="alex@example.com", until=until)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM verifications")).scalar_one() == 1


def test_the_services_do_not_show_their_key(services: Services) -> None:
    assert services.hash_key and repr(services.hash_key) not in repr(services)
    assert repr(services.hash_key) not in repr(replace(services, verification_tries=2))

"""Who uses up a limit takes nothing away from whom it protects: attackers wear out tries, codes, sign-ins and the queue
from one address and from many, and then the owner still gets through, or hears what is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.cases.case.handoff import hand_to_human
from bot.cases.conversation.conversations import Client, address_index, open_account, open_conversation
from bot.cases.desk import passwords
from bot.cases.desk.held_back import count_held
from bot.cases.desk.sign_in import sign_in
from bot.cases.desk.views import queue
from bot.cases.errors import SignInRefused
from bot.cases.identity.email_codes import code_of
from bot.cases.identity.refusals import no_person_now, why_not
from bot.cases.identity.tries import ORDER_TRIES
from bot.cases.identity.verification import (
    Verification,
    VerificationStatus,
    trust_account,
    trust_customer,
    verify,
    verify_code,
)
from bot.cases.model import CaseState, Cause, Conversation, Handoff, HeldBack, Role
from bot.cases.services import Services
from bot.connectors.smtp.deliver import SmtpMailer
from tests.desk_builders import signed_up
from tests.migrated import a_shop
from tests.store_builders import TRANSCRIPT, Clock, store_order, verified

ORDER, EMAIL = "CC-104233", "alex@example.com"
UNKNOWN = "CC-999999"
HOME, NEXT_DOOR = "192.0.2.1", "198.51.100.7"
PASSWORD = "correct horse battery"
Property = Callable[[str, object], None]


@pytest.fixture
def shop(clock: Clock, tmp_path: Path) -> Services:
    """A shop with an order, without a mail server."""
    services = replace(a_shop(clock, str(tmp_path)), contact="+1 555 0100")
    store_order(services, customer={"name": "Alex", "email": EMAIL, "phone": "+12125550100"})
    return services


def talk(services: Services, name: str, address: str = HOME) -> str:
    """A conversation from that address."""
    return open_conversation(services, Client("web", address), name).id


def proves(services: Services, conversation_id: str, order: str = ORDER, email: str = EMAIL) -> Verification:
    """An answer, in a message of its own."""
    proves.messages += 1  # type: ignore[attr-defined]
    message = f"m-{proves.messages}"  # type: ignore[attr-defined]
    return verify(services, conversation_id=conversation_id, message_id=message, order_number=order, email=email)


proves.messages = 0  # type: ignore[attr-defined]


# The tries of an order


@dataclass(frozen=True)
class Siege:
    """Wrong answers for one order: from so many addresses, in so many conversations of each, so many in each."""

    id: str
    addresses: int
    conversations: int = 1
    tries: int = 1
    email: str = "mallory@example.com"

    def on(self, services: Services, order: str = ORDER) -> None:
        """Lay it."""
        now, talks = services.clock(), []
        with services.unit_of_work() as uow:
            for place in range(self.addresses):
                index = address_index(services, NEXT_DOOR if not place else f"10.0.{place}.7")
                for number in range(self.conversations):
                    talks.append(f"siege-{order}-{place}-{number}")
                    opened = Conversation(talks[-1], "web", talks[-1], now, now, index, address_limited=True)
                    uow.conversations.add(opened)
            uow.commit()
        for one in talks:
            for _ in range(self.tries):
                proves(services, one, order, self.email)


SIEGES = [
    Siege("one conversation that never stops", 1, tries=12),
    Siege("one address with a new conversation for each try", 1, conversations=12),
    Siege("six addresses that use up all that each of them has", 6, conversations=3, tries=3),
    Siege("as many addresses as the order has tries", ORDER_TRIES),
    Siege("addresses that guess nearly right", ORDER_TRIES, email="alex@example.co"),
    Siege("more addresses than the order has tries", ORDER_TRIES + 5),
]


def a_new_owner(services: Services, clock: Clock) -> None:
    """Has never been here: at most three minutes are asked of them, and nobody says that they were wrong."""
    owner = talk(services, "owner")
    done = proves(services, owner)
    if done.status is VerificationStatus.LATER:
        told = why_not(ORDER, done)
        assert "match" not in told and "many wrong tries for order CC-104233" in told and "in 3 minutes" in told
        clock.passes(minutes=3)
        done = proves(services, owner)
    assert done.status is VerificationStatus.VERIFIED


def a_new_owner_with_mail(services: Services, clock: Clock) -> None:
    """Gets a code where what is typed does not count any more, without waiting."""
    services = replace(services, mailer=SmtpMailer("smtp://127.0.0.1:1", "desk@example.org"))
    owner = talk(services, "owner")
    done = proves(services, owner)
    if done.status is VerificationStatus.CODE_SENT:
        with services.unit_of_work() as uow:
            code = uow.codes.newest(owner, ORDER)
        assert code is not None and code.customer_id is not None
        digits = code_of(services, code.nonce)
        done = verify_code(services, conversation_id=owner, message_id="code", order_number=ORDER, digits=digits)
    assert done.status is VerificationStatus.VERIFIED


def an_owner_from_before(services: Services, clock: Clock) -> None:
    """Has proven the order in this conversation a day ago."""
    assert proves(services, "before").status is VerificationStatus.VERIFIED


def an_owner_with_a_token(services: Services, clock: Clock) -> None:
    """Is vouched for by the shop."""
    owner = talk(services, "signed in", NEXT_DOOR)
    trust_customer(services, conversation_id=owner, email=EMAIL, until=clock().replace(year=2027))
    with services.unit_of_work() as uow:
        stored = uow.orders.find(ORDER)
        assert stored is not None and uow.proofs.of_conversation(owner, clock()).covers(stored)


def an_unknown_order(services: Services, clock: Clock) -> None:
    """Hears what one hears of an order that there is, word by word."""
    siege = next(one for one in SIEGES if one.id == services.public_url)
    siege.on(services, UNKNOWN)
    known, unknown = (proves(services, talk(services, f"asks-{n}"), n, "x@example.com") for n in (ORDER, UNKNOWN))
    assert replace(known, wait=None) == replace(unknown, wait=None)
    if known.limit is not None:
        assert why_not(ORDER, known).replace(ORDER, UNKNOWN) == why_not(UNKNOWN, unknown)


@pytest.mark.parametrize(
    "owner", [a_new_owner, a_new_owner_with_mail, an_owner_from_before, an_owner_with_a_token, an_unknown_order]
)
@pytest.mark.parametrize("siege", SIEGES, ids=lambda siege: siege.id)
def test_whoever_guesses_the_owner_gets_in(
    shop: Services, clock: Clock, siege: Siege, owner: Callable[[Services, Clock], None], record_property: Property
) -> None:
    record_property("hostile inputs", "limits")
    assert proves(shop, talk(shop, "before", "203.0.113.50")).status is VerificationStatus.VERIFIED
    clock.passes(days=1)
    siege.on(shop)
    owner(replace(shop, public_url=siege.id), clock)


# Mailed codes


@pytest.mark.parametrize(
    ("addresses", "conversations", "email", "sent"),
    [
        pytest.param(1, 1, EMAIL, True, id="one conversation that knows the address asks again and again"),
        pytest.param(1, 8, EMAIL, True, id="one address that knows the address, in many conversations"),
        pytest.param(12, 2, "mallory@example.com", True, id="many addresses that do not know the address"),
        pytest.param(12, 2, EMAIL, False, id="many addresses that know the address"),
    ],
)
def test_whoever_asks_for_codes_the_owner_gets_one_or_hears_when(
    shop: Services,
    clock: Clock,
    addresses: int,
    conversations: int,
    email: str,
    sent: bool,
    record_property: Property,
) -> None:
    record_property("hostile inputs", "limits")
    shop = replace(shop, email_code=True, mailer=SmtpMailer("smtp://127.0.0.1:1", "desk@example.org"))
    for order in (ORDER, UNKNOWN):
        for place in range(addresses):
            for number in range(conversations):
                opened = talk(shop, f"asks-{order}-{place}-{number}", f"10.0.{place}.7")
                for _ in range(6 if addresses == 1 else 1):
                    proves(shop, opened, order, email)
    told = proves(shop, talk(shop, "owner"))
    assert (told.status is VerificationStatus.CODE_SENT) is sent
    if not sent:
        said = why_not(ORDER, told)
        assert "can't send another one" in said and "on its way" not in said and "60 minutes" in said
        other = proves(shop, talk(shop, "nobody"), UNKNOWN)
        assert why_not(UNKNOWN, other).replace(UNKNOWN, ORDER) == said
        clock.passes(minutes=60)
        assert proves(shop, "owner").status is VerificationStatus.CODE_SENT


# Signing in at the desk


@pytest.fixture
def dana(shop: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Dana has signed in at home."""
    monkeypatch.setattr(passwords, "_LOG_N", 4)
    monkeypatch.setattr(passwords, "_P", 1)
    monkeypatch.setattr(passwords, "NOBODY", passwords.hashed("nobody's"))
    signed_up(shop, "dana", "Dana", Role.AGENT, PASSWORD)
    assert sign_in(shop, "dana", PASSWORD, HOME)
    yield shop


@pytest.mark.parametrize(
    ("addresses", "tries", "logins", "elsewhere"),
    [
        pytest.param(1, 40, ["dana"], True, id="one address with forty passwords"),
        pytest.param(1, 40, [f"guess-{n}" for n in range(40)], True, id="one address with forty logins"),
        pytest.param(12, 5, ["dana"], False, id="twelve addresses with all that each of them has"),
        pytest.param(60, 1, ["dana"], False, id="sixty addresses with a password each"),
    ],
)
def test_whoever_guesses_passwords_the_agent_signs_in(
    dana: Services,
    clock: Clock,
    addresses: int,
    tries: int,
    logins: list[str],
    elsewhere: bool,
    record_property: Property,
) -> None:
    record_property("hostile inputs", "limits")
    for place in range(addresses):
        for number in range(tries):
            with pytest.raises(SignInRefused):
                sign_in(dana, logins[number % len(logins)], "a wrong password", f"10.0.{place}.7")
    assert sign_in(dana, "dana", PASSWORD, HOME), "where they signed in before"
    if not elsewhere:
        with pytest.raises(SignInRefused, match="in 20 seconds"):
            sign_in(dana, "dana", PASSWORD, "203.0.113.9")
        clock.passes(seconds=20)
    assert sign_in(dana, "dana", PASSWORD, "203.0.113.9"), "and anywhere else"


# The queue


def new_conversations(services: Services) -> list[Handoff | HeldBack]:
    """Twelve conversations of one address ask for a person."""
    return [asks(services, talk(services, f"t-{n}", NEXT_DOOR)) for n in range(12)]


def locks(services: Services) -> list[Handoff | HeldBack]:
    """Twelve conversations of one address have themselves locked out."""
    found = []
    for n in range(12):
        opened = talk(services, f"t-{n}", NEXT_DOOR)
        for _ in range(4):
            proves(services, opened, f"CC-9000{n:02}", "x@example.com")
        found.append(asks(services, opened, Cause.VERIFICATION))
    return found


def failures(services: Services) -> list[Handoff | HeldBack]:
    """Twelve conversations of one address bring the bot to fail."""
    return [asks(services, talk(services, f"t-{n}", NEXT_DOOR), Cause.FAILURE) for n in range(12)]


def all_kinds(services: Services) -> list[Handoff | HeldBack]:
    """Twelve conversations of one address, each with another cause."""
    causes = [Cause.ASKED, Cause.FAILURE, Cause.VERIFICATION, Cause.RETURN]
    return [asks(services, talk(services, f"t-{n}", NEXT_DOOR), causes[n % 4]) for n in range(12)]


def claimed_orders(services: Services) -> list[Handoff | HeldBack]:
    """Twelve conversations of one address name a victim's order, which they have not proven."""
    return [asks(services, talk(services, f"t-{n}", NEXT_DOOR), order=ORDER) for n in range(12)]


def one_after_the_other(services: Services) -> list[Handoff | HeldBack]:
    """One account whose questions are closed asks twelve times."""
    opened = open_account(services, "telegram", "busy").id
    found = []
    for _ in range(12):
        found.append(asks(services, opened))
        with services.unit_of_work() as uow:
            if case := uow.cases.open_question(opened):
                uow.cases.move(case, CaseState.DONE)
            uow.commit()
    return found


def asks(
    services: Services, conversation_id: str, cause: Cause = Cause.ASKED, order: str | None = None
) -> Handoff | HeldBack:
    """A wish for a person."""
    return hand_to_human(
        services,
        conversation_id=conversation_id,
        cause=cause,
        transcript=TRANSCRIPT,
        facts={},
        order_number=order,
    )


@pytest.mark.parametrize("flood", [new_conversations, locks, failures, all_kinds, claimed_orders, one_after_the_other])
def test_whoever_floods_the_queue_customers_stand_above_and_get_through(
    shop: Services, flood: Callable[[Services], list[Handoff | HeldBack]], record_property: Property
) -> None:
    record_property("hostile inputs", "limits")
    verified(shop, talk(shop, "owner", NEXT_DOOR))
    answers = flood(shop)
    let_in = {answer.reference for answer in answers if isinstance(answer, Handoff)}
    held = [answer for answer in answers if isinstance(answer, HeldBack)]
    assert 1 <= len(let_in) <= shop.address_handoffs_per_hour and held
    assert all("+1 555 0100" in no_person_now(shop, answer) for answer in held)
    assert count_held(shop) is not None
    # A customer behind the same address, one with an account, and a stranger elsewhere.
    account = open_account(shop, "whatsapp", "+12125550100").id
    trust_account(shop, conversation_id=account, phone="+12125550100")
    through = [asks(shop, "owner", order=ORDER), asks(shop, account), asks(shop, talk(shop, "stranger"))]
    assert all(isinstance(answer, Handoff) for answer in through)
    first = queue(shop)[0]
    assert isinstance(through[0], Handoff) and first.reference == through[0].reference
    assert not first.of_stranger and first.order_number == ORDER

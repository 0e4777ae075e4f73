"""Sequences by which somebody tries to get at an order of somebody else: in the end they see, move and learn nothing of
it, and its buyer can still prove it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import conversation_requests, customer_orders, request_view
from bot.cases.case.requests import order_view, preview_cancellation
from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.customer.quotes import Quote, confirm, quote_cancellation
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import CaseError, NotVerified, UnknownCase
from bot.cases.identity.email_codes import code_of
from bot.cases.identity.verification import (
    VerificationStatus,
    is_verified,
    trust_account,
    trust_customer,
    verify,
    verify_code,
)
from bot.cases.model import CaseState, Cause
from bot.cases.services import Services
from tests.cases.test_quotes import quoted
from tests.migrated import a_shop
from tests.store_builders import TRANSCRIPT, Clock, store_order

THEIRS, MINE = "CC-104233", "CC-104291"
VICTIM, STRANGER = "victim@example.com", "stranger@example.org"
THEIR_PHONE, MY_PHONE = "+12125550100", "+447700900123"


class Scene:
    """A victim who waits at a quote, and a stranger in another conversation."""

    def __init__(self, folder: str) -> None:
        self.clock = Clock()
        self.services: Services = replace(a_shop(self.clock, folder), verification_tries=100)
        self.orders(THEIRS, VICTIM, THEIR_PHONE)
        self.victim = open_conversation(self.services, Client("rest", "198.51.100.7"), "victim").id
        self.stranger = open_conversation(self.services, Client("rest", "203.0.113.9"), "stranger").id
        self._messages = 0
        assert self.types(THEIRS, VICTIM, by=self.victim) is VerificationStatus.VERIFIED
        self.quote: Quote = quoted(self.services, self.victim, THEIRS)

    def message(self) -> str:
        self._messages += 1
        return f"m-{self._messages}"

    # What a stranger can do

    def orders(self, number: str, email: str, phone: str | None) -> None:
        """Somebody orders at the checkout, which takes any address and number."""
        buyer = {"name": "Somebody", "email": email, "phone": phone}
        store_order(self.services, number, email.strip().lower(), customer=buyer)

    def types(self, number: str, proof: str, by: str | None = None) -> VerificationStatus:
        kind = "phone" if "@" not in proof and any(char.isdigit() for char in proof) else "email"
        done = verify(
            self.services,
            conversation_id=by or self.stranger,
            message_id=self.message(),
            order_number=number,
            **{kind: proof},
        )
        return done.status

    def asks_for_code(self, number: str, proof: str, *, reads: bool = False, for_order: str = "") -> None:
        """A code is mailed to the buyer of ``number``; who doesn't read it guesses. It is used for ``for_order``."""
        strict = replace(self.services, email_code=True)
        named = {"conversation_id": self.stranger, "order_number": number}
        verify(strict, message_id=self.message(), email=proof, **named)
        with strict.unit_of_work() as uow:
            code = uow.codes.newest(self.stranger, number)
        digits = code_of(strict, code.nonce) if reads and code is not None else "000000"
        used = {"conversation_id": self.stranger, "order_number": for_order or number}
        verify_code(strict, message_id=self.message(), digits=digits, **used)

    def has_account(self, *, phone: str | None = None, email: str | None = None) -> None:
        trust_account(self.services, conversation_id=self.stranger, phone=phone, email=email)

    def is_vouched_for(self, email: str) -> None:
        until = self.clock() + timedelta(hours=1)
        trust_customer(self.services, conversation_id=self.stranger, email=email, until=until)

    def tries(self, move: Callable[..., object], **named: object) -> None:
        with suppress(CaseError):
            move(self.services, conversation_id=self.stranger, **named)


@dataclass(frozen=True)
class Sequence:
    """What the stranger does, in one sentence and in steps; ``sees`` are the orders that they may see then."""

    id: str
    steps: Callable[[Scene], object]
    sees: tuple[str, ...] = ()


def _under_their_address(scene: Scene, phone: str | None = MY_PHONE, number: str = MINE) -> None:
    scene.orders(number, VICTIM, phone)


def _all(*steps: object) -> None:
    """The steps have been taken."""


SEQUENCES = [
    Sequence(
        "An order under the victim's address is proven by the stranger's own phone",
        lambda s: _all(_under_their_address(s), s.types(MINE, MY_PHONE)),
        (MINE,),
    ),
    Sequence(
        "An order under the victim's address is proven by that address",
        lambda s: _all(_under_their_address(s), s.types(MINE, VICTIM)),
        (MINE,),
    ),
    Sequence(
        "The channel vouches for the phone that the stranger gave with the victim's address",
        lambda s: _all(_under_their_address(s), s.has_account(phone=MY_PHONE)),
        (MINE,),
    ),
    Sequence(
        "The phone of the stranger's newer order under the victim's address is typed for the victim's order",
        lambda s: _all(_under_their_address(s), s.types(THEIRS, MY_PHONE)),
    ),
    Sequence(
        "The same with the number written as at home",
        lambda s: _all(_under_their_address(s), s.types(THEIRS, "07700 900123"), s.types(MINE, "07700 900123")),
        (MINE,),
    ),
    Sequence(
        "Five orders under the victim's address, each proven",
        lambda s: [
            _all(_under_their_address(s, number=f"CC-10430{n}"), s.types(f"CC-10430{n}", MY_PHONE)) for n in range(5)
        ],
        tuple(f"CC-10430{n}" for n in range(5)),
    ),
    Sequence(
        "An order under the victim's address in capitals",
        lambda s: _all(s.orders(MINE, VICTIM.upper(), MY_PHONE), s.types(MINE, MY_PHONE)),
        (MINE,),
    ),
    Sequence(
        "An order with the victim's phone under the stranger's address, whose shop vouches for that address",
        lambda s: _all(s.orders(MINE, STRANGER, THEIR_PHONE), s.is_vouched_for(STRANGER)),
        (MINE,),
    ),
    Sequence(
        "An order with the victim's phone is proven by the stranger's address",
        lambda s: _all(s.orders(MINE, STRANGER, THEIR_PHONE), s.types(MINE, STRANGER), s.types(THEIRS, STRANGER)),
        (MINE,),
    ),
    Sequence(
        "A channel of mail vouches for the stranger's address, and the order has the victim's phone",
        lambda s: _all(s.orders(MINE, STRANGER, THEIR_PHONE), s.has_account(email=STRANGER)),
        (MINE,),
    ),
    Sequence(
        "The stranger's proven order is given the victim's contact data by its shop",
        lambda s: _all(
            s.orders(MINE, STRANGER, MY_PHONE), s.types(MINE, STRANGER), s.orders(MINE, VICTIM, THEIR_PHONE)
        ),
    ),
    Sequence(
        "The stranger's proven order is given the victim's address, and keeps the stranger's phone",
        lambda s: _all(s.orders(MINE, STRANGER, MY_PHONE), s.types(MINE, MY_PHONE), s.orders(MINE, VICTIM, MY_PHONE)),
    ),
    Sequence(
        "A code is mailed to the victim for the stranger's order under that address, and guessed",
        lambda s: _all(_under_their_address(s), s.asks_for_code(MINE, VICTIM)),
    ),
    Sequence(
        "A code that the stranger did read is used for the victim's order",
        lambda s: _all(
            s.orders(MINE, STRANGER, MY_PHONE), s.asks_for_code(MINE, STRANGER, reads=True, for_order=THEIRS)
        ),
    ),
    Sequence(
        "A code for the victim's order asked for with the stranger's address",
        lambda s: s.asks_for_code(THEIRS, STRANGER, reads=True),
    ),
    Sequence(
        "The shop vouches for the stranger, who types the victim's address",
        lambda s: _all(s.is_vouched_for(STRANGER), s.types(MINE, VICTIM)),
    ),
    Sequence(
        "The shop vouches for an address that only looks like the victim's",
        lambda s: _all(s.orders(MINE, "vіctim@example.com", None), s.is_vouched_for("vіctim@example.com")),
        (MINE,),
    ),
    Sequence("An address that only looks like the victim's is typed", lambda s: s.types(THEIRS, "vіctim@example.com")),
    Sequence("The victim's address with a tag", lambda s: s.types(THEIRS, "victim+1@example.com")),
    Sequence("The victim's address with another ending", lambda s: s.types(THEIRS, "victim@example.com.example")),
    Sequence("The victim's address beside the stranger's", lambda s: s.types(THEIRS, f"{STRANGER}, {VICTIM}")),
    Sequence("A wild card for an address", lambda s: [s.types(THEIRS, text) for text in ("%@%", "*@*", "_@_")]),
    Sequence("No address at all", lambda s: [s.types(THEIRS, text) for text in ("", " ", "@", "None", "null")]),
    Sequence("The end of the victim's phone number", lambda s: [s.types(THEIRS, t) for t in ("0100", "5550100")]),
    Sequence("The victim's digits under another country", lambda s: s.types(THEIRS, "+442125550100")),
    Sequence("Other digits with the victim's at the end", lambda s: s.types(THEIRS, "+4912125550100")),
    Sequence(
        "The channel vouches for the victim's digits under another country",
        lambda s: s.has_account(phone="+442125550100"),
    ),
    Sequence("The channel vouches for no number", lambda s: [s.has_account(phone=p) for p in (None, "", "0", "+")]),
    Sequence(
        "An order without a phone and an account without one",
        lambda s: _all(s.orders(MINE, VICTIM, None), s.has_account(phone=None), s.types(MINE, "0")),
    ),
    Sequence(
        "A proof that has run out, of an order under the victim's address",
        lambda s: _all(_under_their_address(s), s.types(MINE, MY_PHONE), s.clock.passes(minutes=61)),
    ),
    Sequence(
        "An account that the channel vouched for an hour ago",
        lambda s: _all(_under_their_address(s), s.has_account(phone=MY_PHONE), s.clock.passes(minutes=61)),
    ),
    Sequence(
        "A request for the own order, and the victim's reference taken back",
        lambda s: _all(
            _under_their_address(s),
            s.types(MINE, MY_PHONE),
            quoted(s.services, s.stranger, MINE),
            s.tries(take_back, reference=s.quote.case.reference),
        ),
        (MINE,),
    ),
    Sequence(
        "A person is asked for with the victim's number",
        lambda s: s.tries(
            hand_to_human, cause=Cause.ASKED, transcript=TRANSCRIPT, facts={"claimed": VICTIM}, order_number=THEIRS
        ),
    ),
    Sequence(
        "Numbers beside the victim's",
        lambda s: [s.types(n, VICTIM) for n in ("CC-10423", "CC-1042333", "cc-104233 ", "104233", "CC-104233' --")],
    ),
]


@pytest.fixture
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as folder:
        yield Scene(folder)


@pytest.mark.parametrize("sequence", SEQUENCES, ids=[sequence.id for sequence in SEQUENCES])
def test_an_order_of_somebody_else_stays_theirs(
    sequence: Sequence, scene: Scene, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "whose order")
    sequence.steps(scene)
    services, stranger = scene.services, scene.stranger

    for number in sequence.sees:
        assert is_verified(services, conversation_id=stranger, order_number=number)
    assert not is_verified(services, conversation_id=stranger, order_number=THEIRS)
    seen = {order.number for order in customer_orders(services, conversation_id=stranger)}
    seen |= {str(request.order_number) for request in conversation_requests(services, conversation_id=stranger)}
    assert seen - {"None"} <= set(sequence.sees)

    asked = {"conversation_id": stranger, "order_number": THEIRS}
    reference = scene.quote.case.reference
    assert scene.quote.decision is not None
    for refused in (
        lambda: order_view(services, **asked),
        lambda: preview_cancellation(services, **asked, requested_at=services.clock()),
        lambda: quoted(services, stranger, THEIRS),
        lambda: quote_cancellation(services, **asked, requested_at=services.clock(), transcript=TRANSCRIPT),
        lambda: take_back(services, conversation_id=stranger, reference=reference),
        lambda: confirm(
            services,
            conversation_id=stranger,
            reference=reference,
            decision_id=scene.quote.decision.id if scene.quote.decision else 0,
            transcript=TRANSCRIPT,
        ),
    ):
        with pytest.raises(NotVerified):
            refused()
    with pytest.raises(UnknownCase):
        request_view(services, conversation_id=stranger, reference=reference)

    named = {"cause": Cause.ASKED, "transcript": TRANSCRIPT, "facts": {}, "order_number": THEIRS}
    handoff = hand_to_human(services, conversation_id=stranger, **named)
    assert handoff.facts["verified"] is False and "preview" not in handoff.facts
    with services.unit_of_work() as uow:
        file = uow.case_files.find(reference)
        stored = uow.orders.find(THEIRS)
        assert file is not None and stored is not None
        contact = uow.customers.contact(stored.id)
    assert file.case.state is CaseState.QUOTED and file.case.conversation_id == scene.victim
    assert contact is not None and (contact.email, contact.phone) == (VICTIM, THEIR_PHONE)
    assert scene.types(THEIRS, VICTIM, by=scene.victim) is VerificationStatus.VERIFIED, "its buyer still can"

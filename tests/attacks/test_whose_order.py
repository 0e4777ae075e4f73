"""Whatever is ordered, proven and asked for in whatever sequence, nobody sees or moves an order that they have not
proven."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.cases.case.overview import conversation_requests, customer_orders
from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.customer.quotes import Confirmation, ConfirmationStatus, confirm
from bot.cases.errors import CaseError, NotVerified
from bot.cases.identity.email_codes import code_of
from bot.cases.identity.verification import (
    VerificationStatus,
    is_verified,
    trust_account,
    trust_customer,
    verify,
    verify_code,
)
from bot.cases.model import CaseState
from tests.cases.test_quotes import quoted
from tests.migrated import a_shop
from tests.store_builders import TRANSCRIPT, Clock, store_order
from tests.thorough import examples

TALKS = ("t-1", "t-2", "t-3")
EMAILS = ("alex@example.com", "bella@example.com")
PHONES = ("+12125550100", "+447700900123")
NUMBERS = tuple(f"CC-10420{n}" for n in range(5))

talks, emails, phones, numbers = map(st.sampled_from, (TALKS, EMAILS, PHONES, NUMBERS))


class OwnedOrders(RuleBasedStateMachine):
    """Orders of victims and strangers under the same addresses, and every kind of proof, against a model of what was
    proven where: an order, or an address, each until a time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.services = replace(a_shop(self.clock, self.folder.name), verification_tries=10_000)
        self.contacts: dict[str, tuple[str, str]] = {}
        self.addresses: set[str] = set()
        self.proven: dict[tuple[str, str], datetime] = {}
        self.accounts: dict[str, tuple[str, datetime]] = {}
        self.ids = {talk: open_conversation(self.services, Client("rest", "198.51.100.7"), talk).id for talk in TALKS}
        self.messages = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    def covers(self, talk: str, number: str) -> bool:
        email = self.contacts.get(number, ("", ""))[0]
        return any(self.proven.get((talk, what), self.clock()) > self.clock() for what in (number, email))

    def may_see(self, talk: str, number: str) -> bool:
        """By what was proven; where that says no, the account proves what it has, as the verification does."""
        if self.covers(talk, number) or number not in self.contacts:
            return self.covers(talk, number)
        proof, until = self.accounts.get(talk, ("", self.clock()))
        email, phone = self.contacts[number]
        if until > self.clock() and proof in (email, phone):
            self.proven[talk, email if proof == email else number] = until
        return self.covers(talk, number)

    def prove(self, talk: str, what: str) -> None:
        until = self.clock() + timedelta(minutes=self.services.verification_minutes)
        self.proven[talk, what] = max(until, self.proven.get((talk, what), until))

    def message(self) -> str:
        self.messages += 1
        return f"m-{self.messages}"

    @rule(number=numbers, email=emails, phone=phones)
    def somebody_orders(self, number: str, email: str, phone: str) -> None:
        """A checkout takes any address with any number. Of an order that is there, its shop may name another buyer,
        unless a request for it is under way."""
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(number)
            cases = uow.cases.of_order(stored.id) if stored is not None else []
        if any(case.state is not CaseState.QUOTED for case in cases):
            return
        store_order(self.services, number, email, customer={"name": "A", "email": email, "phone": phone})
        if self.contacts.get(number) not in (None, (email, phone)):
            for talk in TALKS:
                self.proven.pop((talk, number), None)
        self.contacts[number] = email, phone
        self.addresses.add(email)

    @rule(talk=talks, number=numbers, proof=emails | phones)
    def somebody_types(self, talk: str, number: str, proof: str) -> None:
        kind = "email" if proof in EMAILS else "phone"
        names = {"conversation_id": self.ids[talk], "message_id": self.message(), "order_number": number}
        done = verify(self.services, **names, **{kind: proof})
        right = proof in self.contacts.get(number, ())
        assert right or done.status is not VerificationStatus.VERIFIED
        if done.status is VerificationStatus.VERIFIED:
            self.prove(talk, number)

    @rule(talk=talks, number=numbers, proof=emails | phones, reads=st.booleans())
    def somebody_asks_for_a_code(self, talk: str, number: str, proof: str, reads: bool) -> None:
        """The mail goes to the address of the order; who doesn't read it can only guess."""
        services = replace(self.services, email_code=True)
        kind = "email" if proof in EMAILS else "phone"
        names = {"conversation_id": self.ids[talk], "order_number": number}
        asked = verify(services, message_id=self.message(), **names, **{kind: proof})
        with services.unit_of_work() as uow:
            code = uow.codes.newest(self.ids[talk], number)
        if asked.status is not VerificationStatus.CODE_SENT or code is None:
            return
        mailed = code.customer_id is not None and proof in self.contacts.get(number, ())
        digits = code_of(services, code.nonce) if reads and mailed else "000000"
        done = verify_code(services, message_id=self.message(), digits=digits, **names)
        if done.status is VerificationStatus.VERIFIED:
            assert reads and mailed
            self.prove(talk, self.contacts[number][0])

    @rule(talk=talks, email=emails)
    def the_shop_vouches(self, talk: str, email: str) -> None:
        until = self.clock() + timedelta(days=1)
        trust_customer(self.services, conversation_id=self.ids[talk], email=email, until=until)
        if email in self.addresses:
            self.prove(talk, email)

    @rule(talk=talks, proof=emails | phones)
    def a_channel_vouches(self, talk: str, proof: str) -> None:
        kind = "email" if proof in EMAILS else "phone"
        trust_account(self.services, conversation_id=self.ids[talk], **{kind: proof})
        until = self.clock() + timedelta(minutes=self.services.verification_minutes)
        self.accounts[talk] = proof, until

    @rule(talk=talks, number=numbers, yes=st.booleans())
    def somebody_asks_for_a_refund(self, talk: str, number: str, yes: bool) -> None:
        if not self.may_see(talk, number):
            with pytest.raises(NotVerified):
                quoted(self.services, self.ids[talk], number)
            return
        assert is_verified(self.services, conversation_id=self.ids[talk], order_number=number)
        with suppress(CaseError):
            quote = quoted(self.services, self.ids[talk], number)
            if yes and quote.decision is not None:
                self.says_yes(talk, number, quote.case.reference, quote.decision.id)

    def says_yes(self, talk: str, number: str, reference: str, decision_id: int) -> None:
        for other in TALKS:
            if other == talk:
                continue
            if self.may_see(other, number):
                assert self.confirm(other, reference, decision_id).status is ConfirmationStatus.ELSEWHERE
            else:
                with pytest.raises(NotVerified):
                    self.confirm(other, reference, decision_id)
        self.confirm(talk, reference, decision_id)

    def confirm(self, talk: str, reference: str, decision_id: int) -> Confirmation:
        names = {"conversation_id": self.ids[talk], "reference": reference, "decision_id": decision_id}
        return confirm(self.services, **names, transcript=TRANSCRIPT)

    @rule(minutes=st.sampled_from([1, 20, 61]))
    def time_passes(self, minutes: int) -> None:
        self.clock.passes(minutes=minutes)

    @invariant()
    def each_sees_what_they_have_proven(self) -> None:
        now = self.clock()
        for talk in TALKS:
            for number in NUMBERS:
                seen = self.may_see(talk, number)
                assert is_verified(self.services, conversation_id=self.ids[talk], order_number=number) is seen
            may = {number for number in NUMBERS if self.covers(talk, number)}
            listed = {order.number for order in customer_orders(self.services, conversation_id=self.ids[talk])}
            of_addresses = {n for n in may if self.proven.get((talk, self.contacts[n][0]), now) > now}
            assert listed == of_addresses or (not of_addresses and len(listed) == 1 and listed <= may)
            requests = conversation_requests(self.services, conversation_id=self.ids[talk])
            assert {request.order_number for request in requests} <= may

    @invariant()
    def an_order_says_what_it_came_with(self) -> None:
        with self.services.unit_of_work() as uow:
            for number, (email, phone) in self.contacts.items():
                stored = uow.orders.find(number)
                assert stored is not None
                contact = uow.customers.contact(stored.id)
                assert contact is not None and (contact.email, contact.phone) == (email, phone)


TestOwnedOrders = OwnedOrders.TestCase
TestOwnedOrders.settings = settings(
    max_examples=examples(60), stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

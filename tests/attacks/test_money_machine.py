"""Whatever two customers do in whatever order, with a gateway that fails and a clock that jumps: an order is refunded
once at most, by a yes, and not with more than was paid."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from gateways import FaultyGateway
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from shops import a_shop
from store_builders import PLAN, TRANSCRIPT, Clock, store_order, verified

from bot.cases.billing import Rejected, Unavailable
from bot.cases.errors import CaseError
from bot.cases.execution import carry_out_due
from bot.cases.handoff import hand_to_human
from bot.cases.model import MOVES, OPEN_STATES, Cause, CustomerReason
from bot.cases.ports import Services
from bot.cases.quotes import ConfirmationStatus, confirm, quote_cancellation, quote_refund
from bot.cases.withdrawals import close_quotes, hand_over_left_quotes, take_back
from bot.policy import decide
from bot.policy.facts import Destination
from bot.policy.parsing import parse_request
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork

OWNERS = {"CC-104233": "alex@example.com", "CC-104244": "alex@example.com", "CC-104255": "bella@example.com"}
PAID = {"CC-104233": Decimal("50.00"), "CC-104244": Decimal("25.00"), "CC-104255": Decimal("80.00")}
TALKS = {"alex": ("CC-104233", "CC-104244"), "bella": ("CC-104255",)}
CALLS = ("stop_service", "end_agreement", "refund", "balance")

talks = st.sampled_from(sorted(TALKS))
numbers = st.sampled_from(sorted(OWNERS))


class Money(RuleBasedStateMachine):
    """Two customers, three orders, two conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        plain = a_shop(self.clock, self.folder.name)
        self.gateway = FaultyGateway(plain.gateway)
        self.services: Services = replace(plain, gateway=self.gateway, gateway_attempts=3)
        self.shown: list[tuple[str, str, int]] = []
        """Every quote that a conversation was shown: its talk, reference and decision."""
        self.yes: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize()
    def orders(self) -> None:
        store_order(self.services)
        store_order(self.services, "CC-104244", **PLAN)
        store_order(
            self.services,
            "CC-104255",
            "bella@example.com",
            amount_paid="80.00",
            original_balance="80.00",
            remaining_balance="80.00",
        )
        self.prove("alex")
        self.prove("bella")

    def prove(self, talk: str) -> None:
        """Let the customer of a conversation show who they are, again where that has run out."""
        with self.services.unit_of_work() as uow:
            known = uow.verified_customers(talk, self.clock())
            before = uow.attempt(talk, f"verify-{TALKS[talk][0]}-{talk}") is not None
        if not before:
            verified(self.services, talk, TALKS[talk][0], OWNERS[TALKS[talk][0]])
        elif not known:
            self._renew(talk)

    def _renew(self, talk: str) -> None:
        with self.services.unit_of_work() as uow:
            stored = uow.order(TALKS[talk][0])
            assert stored is not None
            uow.add_verification(talk, stored.customer_id, self.clock() + timedelta(hours=1))
            uow.commit()

    def case_references(self) -> list[str]:
        with self.services.unit_of_work() as uow:
            return [file.case.reference for file in uow.case_files()]

    @rule(talk=talks, number=numbers, fault=st.booleans(), wallet=st.booleans())
    def quote(self, talk: str, number: str, fault: bool, wallet: bool) -> None:
        reason = CustomerReason.SERVICE_FAULT if fault else CustomerReason.CHANGE_OF_MIND
        try:
            quote = quote_refund(
                self.services,
                conversation_id=talk,
                order_number=number,
                reason=reason,
                reason_words="words",
                destination=Destination.WALLET if wallet else Destination.ORIGINAL_PAYMENT_METHOD,
                requested_at=self.clock(),
                transcript=TRANSCRIPT,
            )
        except CaseError:
            return
        assert number in TALKS[talk], "a quote for somebody else's order"
        if quote.decision is not None and not quote.existing:
            self.shown.append((talk, quote.case.reference, quote.decision.id))

    @rule(talk=talks, number=numbers)
    def cancel(self, talk: str, number: str) -> None:
        try:
            quote = quote_cancellation(
                self.services,
                conversation_id=talk,
                order_number=number,
                requested_at=self.clock(),
                transcript=TRANSCRIPT,
            )
        except CaseError:
            return
        assert number in TALKS[talk], "a cancellation of somebody else's order"
        if quote.decision is not None and not quote.existing:
            self.shown.append((talk, quote.case.reference, quote.decision.id))

    @rule(data=st.data(), newest=st.booleans(), other=st.booleans())
    def say_yes(self, data: st.DataObject, newest: bool, other: bool) -> None:
        """To the newest quote or a stale one, from its own conversation or another."""
        if not self.shown:
            return
        talk, reference, decision_id = self.shown[-1] if newest else data.draw(st.sampled_from(self.shown))
        if other:
            talk = "bella" if talk == "alex" else "alex"
        try:
            done = confirm(
                self.services,
                conversation_id=talk,
                reference=reference,
                decision_id=decision_id,
                transcript=TRANSCRIPT,
            )
        except CaseError:
            return
        assert not other, "a yes from another conversation"
        if done.status is ConfirmationStatus.CONFIRMED:
            self.yes.add((reference, done.decision.id))
        elif done.status is ConfirmationStatus.CHANGED:
            self.shown.append((talk, reference, done.decision.id))

    @rule(data=st.data(), talk=talks)
    def withdraw(self, data: st.DataObject, talk: str) -> None:
        known = self.case_references()
        if not known:
            return
        reference = data.draw(st.sampled_from(known))
        try:
            taken = take_back(self.services, conversation_id=talk, reference=reference)
        except CaseError:
            return
        with self.services.unit_of_work() as uow:
            number = uow.order_number(taken.order_id) if taken.order_id is not None else None
        assert number in (None, *TALKS[talk]), "somebody else's request was taken back"

    @rule(talk=talks)
    def stop(self, talk: str) -> None:
        close_quotes(self.services, conversation_id=talk, cause="the customer stopped")

    @rule(talk=talks, number=numbers)
    def ask_for_a_person(self, talk: str, number: str) -> None:
        hand_to_human(
            self.services,
            conversation_id=talk,
            cause=Cause.ASKED,
            transcript=TRANSCRIPT,
            facts={},
            order_number=number,
        )

    @rule()
    def work(self) -> None:
        carry_out_due(self.services)
        hand_over_left_quotes(self.services)

    @rule()
    def time_to_take_back_passes_and_work(self) -> None:
        self.clock.passes(minutes=11)
        for _ in range(4):
            carry_out_due(self.services)

    @rule(call=st.sampled_from(CALLS), before=st.booleans(), final=st.booleans())
    def gateway_fails(self, call: str, before: bool, final: bool) -> None:
        error = Rejected("no") if final and before else Unavailable("no answer")
        (self.gateway.before if before else self.gateway.after).setdefault(call, []).append(error)

    @rule(number=st.sampled_from(["CC-104233", "CC-104255"]), cents=st.integers(0, 9_000))
    def balance_changes(self, number: str, cents: int) -> None:
        with self.services.unit_of_work() as uow:
            stored = uow.order(number)
            assert stored is not None
            left = min(Decimal(cents) / 100, stored.order.remaining_balance or Decimal(0))
            uow.change_order(stored.id, remaining_balance=left)
            uow.commit()

    @rule(minutes=st.sampled_from([1, 11, 61, 3 * 1_440, 30 * 1_440]))
    def clock_goes_on(self, minutes: int) -> None:
        self.clock.passes(minutes=minutes)
        self.prove("alex")
        self.prove("bella")

    @rule(minutes=st.sampled_from([1, 5, 90]))
    def clock_jumps_back(self, minutes: int) -> None:
        self.clock.passes(minutes=-minutes)

    # What holds after every step

    def rows(self, table: Any) -> list[Any]:
        with self.services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            return list(uow.connection.execute(sa.select(table).order_by(table.c.id)))

    @invariant()
    def an_order_is_refunded_once_by_a_yes_and_not_above_what_was_paid(self) -> None:
        paid = [row for row in self.rows(t.ledger) if row.operation == "refund"]
        assert max(Counter(row.order_number for row in paid).values(), default=0) <= 1
        decisions = {row.id: row for row in self.rows(t.decisions)}
        references = {row.reference: row for row in self.rows(t.cases)}
        for row in paid:
            assert Decimal(0) <= row.amount <= PAID[row.order_number]
            case = references[row.key.removesuffix("-refund")]
            agreed = [key for reference, key in self.yes if reference == case.reference]
            logged = [entry.cause for entry in self.rows(t.case_log) if entry.case_id == case.id]
            assert any(f"the customer confirmed decision {key}" in logged for key in agreed)
            assert any(Decimal(decisions[key].result["refund"]) == row.amount for key in agreed)

    @invariant()
    def an_order_has_one_open_case_of_a_kind(self) -> None:
        states = {state.value for state in OPEN_STATES}
        open_cases = Counter(
            (row.order_id, row.kind) for row in self.rows(t.cases) if row.order_id and row.state in states
        )
        assert max(open_cases.values(), default=0) <= 1

    @invariant()
    def every_log_is_a_path(self) -> None:
        with self.services.unit_of_work() as uow:
            files = uow.case_files()
        for file in files:
            states = [entry.to_state for entry in file.log]
            assert file.log[0].from_state is None and file.case.state is states[-1]
            for entry, before in zip(file.log[1:], states, strict=False):
                assert entry.from_state is before and entry.to_state in MOVES[before]

    @invariant()
    def the_audit_fits_and_every_decision_replays(self) -> None:
        with self.services.unit_of_work() as uow:
            assert uow.verify_audit()[1] == []
            for stored in uow.decisions():
                assert decide(parse_request(stored.inputs), self.services.policy).to_json() == stored.result


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)

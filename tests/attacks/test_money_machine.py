"""Whatever two customers and three agents do in whatever order, with a gateway that fails and a clock that jumps: an
order is refunded once at most, by a yes to what was shown, and not with more than was paid."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.cases.case.handoff import hand_to_human
from bot.cases.customer.left_quotes import close_quotes, hand_over_left_quotes
from bot.cases.customer.offers import Offer, accept_offer, decline_offer, offers
from bot.cases.customer.quotes import ConfirmationStatus, Quote, confirm, quote_cancellation, quote_refund
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.work import (
    cancel_for_violation,
    decide_by_agent,
    hand_back,
    record_return,
    second_opinion,
    take,
)
from bot.cases.errors import CaseError
from bot.cases.model import (
    MOVES,
    OPEN_STATES,
    Agent,
    CaseState,
    Cause,
    CauseCode,
    CustomerReason,
    Role,
    StoredDecision,
    Verdict,
)
from bot.cases.payout.execution import carry_out_due
from bot.cases.payout_limits import PayoutLimits, parse_limits
from bot.cases.ports.billing import GatewayError, Rejected, Unavailable
from bot.cases.services import Services
from bot.policy import decide
from bot.policy.facts import Destination
from bot.policy.parsing import parse_request
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.gateways import FaultyGateway
from tests.desk_builders import an_agent
from tests.migrated import a_shop
from tests.store_builders import PLAN, TRANSCRIPT, Clock, store_order, verified
from tests.thorough import examples

OWNERS = {
    "CC-104233": "alex@example.com",
    "CC-104244": "alex@example.com",
    "CC-104255": "bella@example.com",
    "CC-104266": "bella@example.com",
}
PAID = {
    "CC-104233": Decimal("50.00"),
    "CC-104244": Decimal("25.00"),
    "CC-104255": Decimal("80.00"),
    "CC-104266": Decimal("40.00"),
}
TALKS = {
    "alex": ("CC-104233", "CC-104244"),
    "alex again": ("CC-104233", "CC-104244"),
    "bella": ("CC-104255", "CC-104266"),
}
CALLS = ("stop_service", "end_agreement", "refund", "balance")

talks = st.sampled_from(sorted(TALKS))
numbers = st.sampled_from(sorted(OWNERS))
people = st.sampled_from(["dana", "lee", "ada"])
verdicts = st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.CHANGE, Verdict.CHANGE, Verdict.DECLINE])
own = st.sampled_from([(talk, number) for talk, theirs in TALKS.items() for number in theirs])


class Money(RuleBasedStateMachine):
    """Two customers, four orders, three conversations, and three people at the desk."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        plain = a_shop(self.clock, self.folder.name)
        self.gateway = FaultyGateway(plain.gateway)
        limits = PayoutLimits(agent=parse_limits("20.00"), lead=parse_limits("45.00"))
        self.services: Services = replace(plain, gateway=self.gateway, gateway_attempts=2, limits=limits)
        self.agents: dict[str, Agent] = {}
        self.offered: list[tuple[str, Offer]] = []
        """Every offer that a conversation was shown."""
        self.accepted: set[tuple[str, Decimal, str]] = set()
        """Case, sum and destination of every yes to an offer that was taken."""
        self.shown: list[tuple[str, str, StoredDecision]] = []
        """Every quote that a conversation was shown."""
        self.agreed: set[tuple[str, int]] = set()
        """Case and decision of every yes that was taken."""

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
        sums = {"amount_paid": "40.00", "original_balance": "40.00", "remaining_balance": "40.00"}
        store_order(self.services, "CC-104266", "bella@example.com", shipped=True, **sums)
        for login, role in (("dana", Role.AGENT), ("lee", Role.LEAD), ("ada", Role.ADMIN)):
            self.agents[login] = an_agent(self.services, login, role)
        for talk in TALKS:
            self.prove(talk)

    def prove(self, talk: str) -> None:
        """Let the customer of a conversation show who they are, again where that has run out."""
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(TALKS[talk][0])
            known = stored is not None and uow.proofs.of_conversation(talk, self.clock()).covers(stored)
            before = uow.attempts.passed(talk, f"verify-{TALKS[talk][0]}-{talk}") is not None
        if not before:
            verified(self.services, talk, TALKS[talk][0], OWNERS[TALKS[talk][0]])
        elif not known:
            self._renew(talk)

    def _renew(self, talk: str) -> None:
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(TALKS[talk][0])
            assert stored is not None
            uow.proofs.add_order(talk, stored, self.clock() + timedelta(hours=1))
            uow.commit()

    def case_references(self) -> list[str]:
        with self.services.unit_of_work() as uow:
            return [file.case.reference for file in uow.case_files.all()]

    @rule(pair=own, fault=st.booleans(), wallet=st.booleans())
    def quote(self, pair: tuple[str, str], fault: bool, wallet: bool) -> None:
        self.asks_for_a_refund(*pair, fault, wallet)

    @rule(pair=own, wallet=st.booleans())
    def quote_and_yes(self, pair: tuple[str, str], wallet: bool) -> None:
        self.asks_for_a_refund(*pair, False, wallet)
        self.says_yes(-1)

    @rule(talk=talks, number=numbers)
    def quote_somebody_elses(self, talk: str, number: str) -> None:
        self.asks_for_a_refund(talk, number, False, True)

    def asks_for_a_refund(self, talk: str, number: str, fault: bool, wallet: bool) -> None:
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
        self.is_shown(talk, quote)

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
        self.is_shown(talk, quote)

    def is_shown(self, talk: str, quote: Quote) -> None:
        if quote.decision is not None and not quote.existing:
            self.shown.append((talk, quote.case.reference, quote.decision))

    @rule()
    def yes(self) -> None:
        self.says_yes(-1)

    @rule(back=st.integers(1, 6))
    def yes_to_a_quote_of_before(self, back: int) -> None:
        self.says_yes(-back)

    @rule(pair=own)
    def yes_to_a_quote_that_was_replaced(self, pair: tuple[str, str]) -> None:
        before = len(self.shown)
        self.asks_for_a_refund(*pair, False, True)
        self.asks_for_a_refund(*pair, False, False)
        if len(self.shown) == before + 2:
            self.says_yes(-2)

    @rule(pair=own, cents=st.integers(0, 9_000))
    def yes_and_then_the_balance_changes(self, pair: tuple[str, str], cents: int) -> None:
        self.asks_for_a_refund(*pair, False, True)
        self.says_yes(-1)
        self.balance_changes(pair[1], cents)
        self.time_to_take_back_passes_and_work()

    @rule(pair=own)
    def yes_and_then_others_try_to_take_it_back(self, pair: tuple[str, str]) -> None:
        self.asks_for_a_refund(*pair, False, True)
        self.says_yes(-1)
        for talk in TALKS:
            for reference in self.case_references() if pair[1] not in TALKS[talk] else []:
                self.takes_back(talk, reference)

    @rule(talk=talks)
    def yes_from_elsewhere(self, talk: str) -> None:
        self.says_yes(-1, talk)

    def says_yes(self, index: int, elsewhere: str | None = None) -> None:
        """To a quote that was shown, from its conversation or from another."""
        if len(self.shown) < -index:
            return
        talk, reference, seen = self.shown[index]
        newest = [decision for _, of, decision in self.shown if of == reference][-1]
        try:
            done = confirm(
                self.services,
                conversation_id=elsewhere or talk,
                reference=reference,
                decision_id=seen.id,
                transcript=TRANSCRIPT,
            )
        except CaseError:
            return
        if done.status is ConfirmationStatus.ELSEWHERE:
            assert self.owner_of(done.case.reference) != (elsewhere or talk), "the request that lives is over there"
            return
        assert (elsewhere or talk) == self.owner_of(reference), "a yes from another conversation"
        if done.status is ConfirmationStatus.CONFIRMED:
            assert seen.id == newest.id, "a yes to a quote that was replaced"
            for figure in ("refund", "fee", "base", "currency", "agreement_ends_on"):
                assert done.decision.result.get(figure) == seen.result.get(figure), "a yes to other figures"
            self.agreed.add((reference, done.decision.id))
        elif done.status is ConfirmationStatus.CHANGED:
            self.shown.append((elsewhere or talk, reference, done.decision))

    def owner_of(self, reference: str) -> str:
        with self.services.unit_of_work() as uow:
            case = uow.cases.find(reference)
        assert case is not None
        return case.conversation_id

    @rule(data=st.data(), talk=talks)
    def withdraw(self, data: st.DataObject, talk: str) -> None:
        known = self.case_references()
        if not known:
            return
        self.takes_back(talk, data.draw(st.sampled_from(known)))

    def takes_back(self, talk: str, reference: str) -> None:
        try:
            taken = take_back(self.services, conversation_id=talk, reference=reference)
        except CaseError:
            return
        with self.services.unit_of_work() as uow:
            number = uow.orders.number_of(taken.order_id) if taken.order_id is not None else None
        assert number in (None, *TALKS[talk]), "somebody else's request was taken back"

    @rule(talk=talks)
    def stop(self, talk: str) -> None:
        close_quotes(self.services, conversation_id=talk, cause=CauseCode.STOPPED)

    @precondition(lambda self: len(self.shown) % 4 == 3)  # what a person has, nobody else carries on
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

    # The desk

    def cases_in(self, *states: CaseState) -> list[str]:
        with self.services.unit_of_work() as uow:
            return [file.case.reference for file in uow.case_files.all() if file.case.state in states]

    def has(self, login: str, reference: str) -> Agent:
        """The agent, who has the case now, whoever had it before."""
        with self.services.unit_of_work() as uow:
            case = uow.cases.find(reference)
        assert case is not None
        for agent in self.agents.values():
            if agent.id == case.agent_id:
                hand_back(self.services, agent, reference)
        take(self.services, self.agents[login], reference)
        return self.agents[login]

    @rule(login=people, verdict=verdicts, cents=st.integers(1, 9_000), wallet=st.booleans(), which=st.integers(0, 9))
    def agent_decides(self, login: str, verdict: Verdict, cents: int, wallet: bool, which: int) -> None:
        known = self.cases_in(CaseState.IN_REVIEW)
        if known:
            self.decides(login, known[which % len(known)], verdict, cents, wallet)

    def decides(self, login: str, reference: str, verdict: Verdict, cents: int, wallet: bool) -> None:
        try:
            decide_by_agent(
                self.services,
                self.has(login, reference),
                reference,
                verdict=verdict,
                refund=Decimal(cents) / 100 if verdict is Verdict.CHANGE else None,
                destination=Destination.WALLET if wallet else None,
                reason="Because.",
            )
        except CaseError:
            return

    @rule(login=people, agrees=st.booleans())
    def second_person(self, login: str, agrees: bool) -> None:
        for row in self.rows(t.agent_decisions):
            try:
                second_opinion(self.services, self.agents[login], row.id, agrees)
            except CaseError:
                continue

    @rule(talk=talks)
    def looks_at_offers(self, talk: str) -> None:
        for offer in offers(self.services, conversation_id=talk):
            assert offer.order_number in TALKS[talk], "somebody else's offer"
            self.offered.append((talk, offer))

    @rule(back=st.integers(1, 4), talk=talks)
    def says_yes_to_an_offer(self, back: int, talk: str) -> None:
        if len(self.offered) >= back:
            self.takes(self.offered[-back][1], talk)

    def takes(self, offer: Offer, talk: str) -> None:
        """Any conversation may try, also with an offer that was replaced since."""
        with self.services.unit_of_work() as uow:
            waiting = uow.cases.get(offer.case.id).state is CaseState.APPROVED_BY_AGENT
        try:
            accept_offer(
                self.services,
                conversation_id=talk,
                reference=offer.case.reference,
                agent_decision_id=offer.agent_decision_id,
            )
        except CaseError:
            return
        assert offer.order_number in TALKS[talk], "a yes from somebody else"
        if waiting and offer.destination is not None:
            self.accepted.add((offer.case.reference, offer.refund, offer.destination.value))

    @rule(talk=talks, which=st.integers(0, 9))
    def says_no_to_an_offer(self, talk: str, which: int) -> None:
        known = self.cases_in(CaseState.APPROVED_BY_AGENT)
        if known:
            try:
                decline_offer(self.services, conversation_id=talk, reference=known[which % len(known)])
            except CaseError:
                return

    @rule(pair=own, cents=st.integers(1, 9_000), login=people, uses=st.booleans())
    def all_the_way_through_the_desk(self, pair: tuple[str, str], cents: int, login: str, uses: bool) -> None:
        self.asks_for_a_refund(*pair, True, True)
        for reference in self.cases_in(CaseState.IN_REVIEW):
            self.decides(login, reference, Verdict.CHANGE if cents % 2 else Verdict.APPROVE, cents, True)
        self.second_person("ada", True)
        self.looks_at_offers(pair[0])
        for talk, offer in self.offered[-2:]:
            self.takes(offer, talk)
        if uses:
            self.balance_changes(pair[1], cents)
        self.time_to_take_back_passes_and_work()

    @rule(pair=own, call=st.sampled_from(CALLS), before=st.booleans(), final=st.booleans(), cents=st.integers(1, 5_000))
    def it_fails_and_an_agent_has_it(
        self, pair: tuple[str, str], call: str, before: bool, final: bool, cents: int
    ) -> None:
        error = Rejected("unknown_order") if final and before else Unavailable("ledger_silent")
        self.it_fails(pair, call, self.gateway.before if before else self.gateway.after, error, cents)

    def it_fails(
        self, pair: tuple[str, str], call: str, when: dict[str, list[GatewayError]], error: GatewayError, cents: int
    ) -> None:
        """A refund fails at a call until a person has it, who tries another sum first and then the same."""
        self.prove(pair[0])
        self.asks_for_a_refund(*pair, False, True)
        self.says_yes(-1)
        when[call] = [error, error]
        self.time_to_take_back_passes_and_work()
        self.time_to_take_back_passes_and_work()
        for reference in self.cases_in(CaseState.IN_REVIEW):
            self.decides("dana", reference, Verdict.CHANGE, cents, True)
            self.decides("ada", reference, Verdict.APPROVE, cents, True)
        self.time_to_take_back_passes_and_work()

    @rule(pair=own, cents=st.integers(1, 5_000))
    def the_payment_gets_no_answer_and_an_agent_has_it(self, pair: tuple[str, str], cents: int) -> None:
        self.gateway.before.clear()
        self.it_fails(pair, "refund", self.gateway.after, Unavailable("ledger_silent"), cents)

    @rule(complete=st.booleans(), login=people)
    def a_card_comes_back(self, complete: bool, login: str) -> None:
        for reference in self.cases_in(CaseState.AWAITING_RETURN):
            record_return(self.services, self.has(login, reference), reference, complete, "Something is missing.")

    @precondition(lambda self: len(self.shown) % 5 == 4)
    @rule(number=numbers)
    def a_violation(self, number: str) -> None:
        try:
            cancel_for_violation(self.services, self.agents["lee"], number, "Because.")
        except CaseError:
            return

    @rule()
    def work(self) -> None:
        carry_out_due(self.services)
        hand_over_left_quotes(self.services)

    @rule()
    def a_while_passes(self) -> None:
        self.time_to_take_back_passes_and_work()

    def time_to_take_back_passes_and_work(self) -> None:
        self.clock.passes(minutes=11)
        for _ in range(4):
            carry_out_due(self.services)

    @precondition(lambda self: len(self.shown) % 3 == 2)
    @rule(call=st.sampled_from(CALLS), before=st.booleans(), final=st.booleans())
    def gateway_fails(self, call: str, before: bool, final: bool) -> None:
        error = Rejected("unknown_order") if final and before else Unavailable("ledger_silent")
        (self.gateway.before if before else self.gateway.after).setdefault(call, []).append(error)

    @rule(number=st.sampled_from(["CC-104233", "CC-104255"]), cents=st.integers(0, 9_000))
    def somebody_calls(self, number: str, cents: int) -> None:
        self.balance_changes(number, cents)

    def balance_changes(self, number: str, cents: int) -> None:
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(number)
            assert stored is not None
            if stored.order.remaining_balance is None:
                return
            left = min(Decimal(cents) / 100, stored.order.remaining_balance)
            uow.orders.change(stored.id, remaining_balance=left)
            uow.commit()

    @rule(minutes=st.sampled_from([1, 11, 61, 3 * 1_440, 30 * 1_440]))
    def clock_goes_on(self, minutes: int) -> None:
        self.clock.passes(minutes=minutes)
        for talk in TALKS:
            self.prove(talk)

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
            case = references[row.key.partition("-refund")[0]]
            if (case.reference, row.amount, row.destination) in self.accepted:
                continue
            agreed = [key for reference, key in self.agreed if reference == case.reference]
            log = [entry for entry in self.rows(t.case_log) if entry.case_id == case.id]
            confirmed = [entry.cause_values["decision"] for entry in log if entry.cause == CauseCode.CONFIRMED]
            assert any(key in confirmed for key in agreed)
            assert any(Decimal(decisions[key].result["refund"]) == row.amount for key in agreed)

    @invariant()
    def what_agents_had_paid_was_final_and_within_the_limits(self) -> None:
        roles = {agent.id: agent.role for agent in self.agents.values()}
        limits = self.services.limits
        opinions = {row.agent_decision_id: row for row in self.rows(t.second_opinions)}
        made = {row.id: row for row in self.rows(t.agent_decisions)}
        for step in self.rows(t.outbox):
            if "agent_decision" not in step.payload:
                continue
            decision = made[step.payload["agent_decision"]]
            assert decision.refund is not None and decision.fee >= 0 and decision.base == decision.fee + decision.refund
            if limits.covers(roles[decision.agent_id], decision.refund, decision.currency):
                continue
            second = opinions[decision.id]
            assert second.agrees and second.agent_id != decision.agent_id
            assert limits.covers(roles[second.agent_id], decision.refund, decision.currency)

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
            files = uow.case_files.all()
        for file in files:
            states = [entry.to_state for entry in file.log]
            assert file.log[0].from_state is None and file.case.state is states[-1]
            for entry, before in zip(file.log[1:], states, strict=False):
                assert entry.from_state is before and entry.to_state in MOVES[before]

    @invariant()
    def the_audit_fits_and_every_decision_replays(self) -> None:
        with self.services.unit_of_work() as uow:
            assert uow.audit.verify()[1] == []
            for stored in uow.decisions.all():
                assert decide(parse_request(stored.inputs), self.services.policy).to_json() == stored.result


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=examples(160), stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

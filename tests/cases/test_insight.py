"""The numbers of the desk, against histories whose numbers can be counted by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from bot.cases.case.handoff import hand_to_human
from bot.cases.case.moves import move
from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.conversation.messages import exchange, say
from bot.cases.conversation.misunderstood import export_misunderstood, remember_misunderstood
from bot.cases.customer.offers import accept_offer
from bot.cases.customer.quotes import confirm, quote_refund
from bot.cases.desk.agent_decisions import decide_by_agent
from bot.cases.desk.insight import SPANS, Insight, Waiting, first_days, insight
from bot.cases.desk.work import take
from bot.cases.model import Author, CaseState, Cause, CauseCode, CustomerReason, MoveCause, Role, Verdict
from bot.cases.payout.execution import carry_out_due
from bot.cases.privacy.personal_data import erase
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.gateways import ledger_entries
from tests.desk_builders import signed_up
from tests.store_builders import NOW, TRANSCRIPT, Clock, store_order, verified

TODAY = date(2026, 5, 6)


def talk(services: Services, name: str, *, writes: bool = True) -> str:
    """A conversation of that name, in which the customer writes."""
    conversation = open_conversation(services, Client("rest", "192.0.2.1", limited=False), name).id
    if writes:
        exchange(services, conversation, f"{name}-1", {"text": "hello"}, [])
    return conversation


def refund(
    services: Services, name: str, number: str, *, confirms: bool = True, **order: object
) -> tuple[str, CaseState]:
    """A refund asked for by somebody new who changed their mind: the reference, and the state in the end."""
    email = f"{name}@example.com"
    store_order(services, number, email, placed_at=(services.clock() - timedelta(hours=2)).isoformat(), **order)
    conversation = talk(services, name)
    verified(services, conversation, number, email)
    quote = quote_refund(
        services,
        conversation_id=conversation,
        order_number=number,
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="not needed",
        destination=Destination.WALLET,
        requested_at=services.clock(),
        transcript=TRANSCRIPT,
    )
    if not confirms or quote.case.state is not CaseState.QUOTED:
        return quote.case.reference, quote.case.state
    assert quote.decision is not None
    done = confirm(
        services,
        conversation_id=conversation,
        reference=quote.case.reference,
        decision_id=quote.decision.id,
        transcript=TRANSCRIPT,
    )
    return done.case.reference, done.case.state


def ask_for_a_person(services: Services, conversation: str, cause: Cause = Cause.ASKED) -> None:
    """Hand over."""
    hand_to_human(services, conversation_id=conversation, cause=cause, transcript=TRANSCRIPT, facts={})


def person_writes(services: Services, conversation: str) -> None:
    """Somebody at the desk writes to the customer."""
    with services.unit_of_work() as uow:
        say(uow, services, conversation, Author.AGENT, {"text": "Hello, this is Dana."})
        uow.commit()


def carry_out(services: Services, clock: Clock) -> None:
    """Let the time to take back pass, and carry out what is due."""
    clock.passes(minutes=11)
    while carry_out_due(services):
        pass


def numbers(services: Services, days: int = 7) -> Insight:
    """The numbers of these days."""
    return insight(services, days)


def test_an_empty_desk_has_zeros_and_no_medians(services: Services) -> None:
    for days in SPANS:
        found = numbers(services, days)
        assert (found.conversations, found.by_bot, found.by_person, found.other) == (0, 0, 0, 0)
        assert found.money == () and found.average_rating is None
        assert found.to_decision == found.to_answer == Waiting(None, 0, 0)


def test_a_span_has_every_day_and_a_long_one_every_week_up_to_today() -> None:
    assert first_days(TODAY, 7) == [TODAY - timedelta(days=back) for back in range(6, -1, -1)]
    assert len(first_days(TODAY, 30)) == 30
    weeks = first_days(TODAY, 90)
    assert (weeks[0], weeks[1], weeks[-1]) == (date(2026, 2, 6), date(2026, 2, 12), date(2026, 4, 30))
    assert {(later - earlier).days for earlier, later in pairwise(weeks[1:])} == {7}


def test_a_conversation_is_the_bots_a_persons_or_neither(services: Services) -> None:
    refund(services, "ann", "CC-200001")
    refund(services, "ben", "CC-200002", confirms=False)
    refund(services, "cid", "CC-200003", remaining_balance="10.00")
    _, state = refund(services, "dee", "CC-200004", dispute_open=True)
    assert state is CaseState.IN_REVIEW
    ask_for_a_person(services, talk(services, "eve"))
    talk(services, "fay")
    talk(services, "gus", writes=False)

    found = numbers(services)
    assert (found.conversations, found.by_bot, found.by_person, found.other) == (6, 2, 2, 2)
    assert found.handed_over == Counter({"review": 1, "asked": 1})


def test_whoever_is_served_by_the_bot_and_then_asks_for_a_person_counts_as_handed_over(services: Services) -> None:
    refund(services, "ann", "CC-200001")
    ask_for_a_person(services, "ann")
    found = numbers(services)
    assert (found.by_bot, found.by_person) == (0, 1)


def test_days_begin_at_midnight_in_the_business_time_zone(services: Services, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-05-05T23:59:59-04:00")
    talk(services, "late")
    clock.now = datetime.fromisoformat("2026-05-06T00:00:00-04:00")
    talk(services, "early")
    clock.now = NOW
    found = numbers(services)
    assert [(period.first, period.total) for period in found.periods[-3:]] == [
        (date(2026, 5, 4), 0),
        (date(2026, 5, 5), 1),
        (TODAY, 1),
    ]
    clock.passes(days=6)
    assert numbers(services).conversations == 1
    assert numbers(services, 30).conversations == numbers(services, 90).conversations == 2


def test_declines_are_counted_by_each_clause_that_decided(services: Services) -> None:
    refund(services, "ann", "CC-200001", remaining_balance="10.00")
    refund(services, "ben", "CC-200002", remaining_balance="12.00")
    refund(services, "cid", "CC-200003", status="cancelled")
    refund(services, "dee", "CC-200004")
    found = numbers(services)
    assert found.declined == Counter({"R8": 2, "C2": 1})
    assert found.declined_by_person == 0


def test_what_a_person_declined_is_counted_apart(services: Services) -> None:
    reference, _ = refund(services, "dee", "CC-200004", dispute_open=True)
    with services.unit_of_work() as uow:
        case = uow.cases.find(reference)
        assert case is not None
        move(services, uow, case, CaseState.REFUSED_BY_AGENT, "Dana", MoveCause(CauseCode.AGENT_DECIDED))
        uow.commit()
    found = numbers(services)
    assert (found.declined_by_person, found.declined) == (1, Counter())


def test_money_is_what_was_paid_exactly_and_by_currency(services: Services, clock: Clock) -> None:
    refund(services, "ann", "CC-200001")
    refund(services, "ben", "CC-200002", remaining_balance="28.41")
    refund(services, "cid", "CC-200003")
    assert numbers(services).money == ()
    carry_out(services, clock)
    refund(services, "dee", "CC-200004")  # confirmed, and not paid yet
    assert [entry for entry in ledger_entries(services, "CC-200002") if entry[0] == "refund"]

    (dollars,) = numbers(services).money
    assert (dollars.currency, dollars.number) == ("USD", 3)
    assert dollars.refunded == Decimal("44.00") + Decimal("25.00") + Decimal("44.00")
    assert dollars.fees == Decimal("6.00") + Decimal("3.41") + Decimal("6.00")
    assert dollars.by_period == (*[Decimal(0)] * 6, Decimal("113.00"))


def test_the_fee_that_a_person_decided_counts_and_not_the_policys(services: Services, clock: Clock) -> None:
    reference, _ = refund(services, "dee", "CC-200004", dispute_open=True)
    dana = signed_up(services, "dana", "Dana", Role.ADMIN, "correct horse battery")
    take(services, dana, reference)
    decision = decide_by_agent(
        services,
        dana,
        reference,
        verdict=Verdict.CHANGE,
        refund=Decimal("48.00"),
        fee=Decimal("2.00"),
        destination=Destination.WALLET,
        reason="a good customer",
    )
    accept_offer(services, conversation_id="dee", reference=reference, agent_decision_id=decision.id)
    carry_out(services, clock)
    (dollars,) = numbers(services).money
    assert (dollars.refunded, dollars.fees, dollars.number) == (Decimal("48.00"), Decimal("2.00"), 1)


def test_the_time_to_a_decision_ends_with_the_policys_or_a_persons(services: Services, clock: Clock) -> None:
    refund(services, "ann", "CC-200001")
    waiting, _ = refund(services, "ben", "CC-200002", dispute_open=True)
    assert numbers(services).to_decision == Waiting(timedelta(0), 1, 1)
    clock.passes(minutes=40)
    with services.unit_of_work() as uow:
        case = uow.cases.find(waiting)
        assert case is not None
        move(services, uow, case, CaseState.APPROVED_BY_AGENT, "Dana", MoveCause(CauseCode.AGENT_DECIDED))
        uow.commit()
    assert numbers(services).to_decision == Waiting(timedelta(minutes=20), 2, 0)


def test_the_time_to_an_answer_ends_with_a_persons_first_message(services: Services, clock: Clock) -> None:
    ann, ben, cid = (talk(services, name) for name in ("ann", "ben", "cid"))
    person_writes(services, ann)  # before she asked: no answer to it
    clock.passes(minutes=1)
    for conversation in (ann, ben, cid):
        ask_for_a_person(services, conversation)
    clock.passes(minutes=10)
    person_writes(services, ann)
    clock.passes(minutes=20)
    person_writes(services, ann)
    person_writes(services, ben)
    assert numbers(services).to_answer == Waiting(timedelta(minutes=20), 2, 1)


def test_ratings_are_counted_by_score(services: Services) -> None:
    references = [refund(services, name, f"CC-20000{n}")[0] for n, name in enumerate(("ann", "ben", "cid"), start=1)]
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        for reference, score in zip(references, (5, 4, 5), strict=True):
            case = uow.cases.find(reference)
            assert case is not None
            uow.connection.execute(t.ratings.insert().values(case_id=case.id, score=score, at=services.clock()))
        uow.commit()
    found = numbers(services)
    assert found.ratings == Counter({5: 2, 4: 1})
    assert found.average_rating == Decimal("4.7")


# What was not understood


def test_what_was_not_understood_is_kept_once_sealed_and_shown_newest_first(services: Services, clock: Clock) -> None:
    conversation = talk(services, "ann")
    remember_misunderstood(services, conversation, "m1", "where is my umbrella", "check_request_status")
    remember_misunderstood(services, conversation, "m1", "where is my umbrella", "check_request_status")
    clock.passes(minutes=1)
    remember_misunderstood(services, conversation, "m2", "blue or green?", "out_of_scope")
    found = numbers(services)
    assert [(one.text, one.guess) for one in found.not_understood] == [
        ("blue or green?", "out_of_scope"),
        ("where is my umbrella", "check_request_status"),
    ]
    assert (found.not_understood_number, found.not_exported) == (2, 2)
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        bodies = uow.connection.execute(sa.select(t.misunderstood.c.body)).scalars().all()
    assert not [body for body in bodies if "umbrella" in body or "green" in body]


def test_an_export_is_json_lines_oldest_first_and_a_second_one_has_only_what_is_new(
    services: Services, clock: Clock
) -> None:
    conversation = talk(services, "ann")
    remember_misunderstood(services, conversation, "m1", 'say "hé"\nplease', "inform")
    lines, number = export_misunderstood(services)
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"text": 'say "hé"\nplease', "guess": "inform", "at": "2026-05-06T16:00:00+00:00"}
    ]
    assert number == 1 and lines.endswith("\n")
    assert numbers(services).not_understood[0].exported_at == services.clock()

    assert export_misunderstood(services) == ("", 0)
    remember_misunderstood(services, conversation, "m2", "second", "inform")
    assert [json.loads(line)["text"] for line in export_misunderstood(services)[0].splitlines()] == ["second"]
    assert export_misunderstood(services, again=True)[1] == 2


def test_erasing_a_customer_takes_what_was_not_understood_along(services: Services) -> None:
    refund(services, "ann", "CC-200001", remaining_balance="10.00")
    remember_misunderstood(services, "ann", "m1", "my umbrella", "inform")
    erase(services, "ann@example.com")
    assert numbers(services).not_understood == ()
    assert export_misunderstood(services, again=True) == ("", 0)


@pytest.mark.parametrize("days", SPANS)
def test_nothing_older_than_the_span_counts(services: Services, clock: Clock, days: int) -> None:
    refund(services, "ann", "CC-200001", remaining_balance="10.00")
    ask_for_a_person(services, talk(services, "eve"))
    remember_misunderstood(services, "eve", "m1", "umbrella", "inform")
    clock.passes(days=days - 1)
    found = numbers(services, days)
    assert (found.conversations, found.not_understood_number) == (2, 1) and found.declined and found.handed_over
    clock.passes(days=1)
    found = numbers(services, days)
    assert (found.conversations, found.not_understood_number) == (0, 0)
    assert not found.declined and not found.handed_over and found.to_decision.number == found.to_answer.open == 0

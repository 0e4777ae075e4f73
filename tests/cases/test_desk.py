"""The queue, the case file, and who has which case."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from bot.cases.customer.inbox import receive
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.accounts import change_agent
from bot.cases.desk.views import desk_case, queue
from bot.cases.desk.work import close, hand_back, note, rate, say_to_customer, take
from bot.cases.errors import BadText, CaseError, MoveNotAllowed, NotAllowed, TakenAlready, UnknownCase
from bot.cases.model import Agent, Author, CaseKind, CaseState, Cause, CustomerReason, MessageKind
from bot.cases.services import Services
from tests.cases.test_quotes import case_file, quoted
from tests.desk_builders import a_conversation, a_question, an_agent, in_review, said, taken, the_case
from tests.store_builders import Clock, store_order, verified


@pytest.fixture
def shop(alex: Services) -> Services:
    """Alex's conversation on the web."""
    a_conversation(alex)
    return alex


@pytest.fixture
def dana(shop: Services) -> Agent:
    return an_agent(shop)


def test_the_queue_shows_what_waits_the_most_urgent_first(shop: Services, dana: Agent, clock: Clock) -> None:
    question = a_question(shop)
    clock.passes(minutes=5)
    refund = in_review(shop)
    clock.passes(minutes=5)
    store_order(shop, "CC-104244", shipped=True)
    card = quoted(shop, number="CC-104244")
    from tests.cases.test_quotes import confirmed

    confirmed(shop, card)
    store_order(shop, "CC-104255")
    quoted(shop, number="CC-104255")  # waits for its customer, not for the desk

    items = queue(shop)

    assert [item.reference for item in items] == [refund.reference, question.reference, card.case.reference]
    first = items[0]
    assert (first.kind, first.cause, first.order_number) == (CaseKind.REFUND, Cause.REVIEW, "CC-104233")
    assert first.waiting_since == clock() - (clock() - refund.created_at) and not first.overdue
    assert first.taken_by is None and not first.needs_second and "records do not show" in first.summary
    assert items[2].answer_by is None and "on its way back" in items[2].summary
    taken(shop, dana, refund)
    assert queue(shop)[0].taken_by == dana
    clock.passes(days=5)
    assert [item.overdue for item in queue(shop)] == [True, True, False]


def test_a_case_is_a_file_to_decide_from(shop: Services) -> None:
    store_order(shop, "CC-104244")
    before = quoted(shop, number="CC-104244", reason_words="first")
    case = in_review(shop)

    desk = desk_case(shop, case.reference)

    assert desk.order is not None and desk.order_number == "CC-104233"
    assert (desk.customer_name, desk.customer_email) == ("Alex Rivera", "alex@example.com")
    assert [file.case.reference for file in desk.earlier] == [before.case.reference]
    assert desk.stopped_by == ["R1", "R3"]
    (line,) = [line for line in desk.trace if line.decided]
    assert (line.clause, line.title, line.holds) == ("R1, R3", "Fault on our side", False)
    assert len(desk.trace) > 5 and all(other.holds for other in desk.trace if not other.decided)
    assert desk.suggestion.verb == "approve" and str(desk.suggestion.refund) == "50.00", "R7b: the fault is believed"
    facts = dict(desk.facts)
    assert "approve" in desk.open_question
    assert (facts["Paid"], facts["Order status"]) == ("$50.00 by card", "active")
    assert desk.may == {"take", "note"} and desk.handoff is not None
    assert "Alex" not in repr(desk)
    with pytest.raises(UnknownCase):
        desk_case(shop, "RD-NOBODY")


def test_a_question_of_nobody_shows_no_customer(shop: Services) -> None:
    case = a_question(shop, "stranger")
    desk = desk_case(shop, case.reference)
    assert desk.customer_email is None and desk.order is None and desk.facts == [("Customer", "Not verified")]
    assert desk.suggestion.verb == "answer" and desk.trace == []


def test_whoever_takes_a_case_answers_in_its_conversation_and_the_bot_is_silent(shop: Services, dana: Agent) -> None:
    case = a_question(shop)
    got = take(shop, dana, case.reference)
    assert got.agent_id == dana.id and got.taken_at == shop.clock()
    assert take(shop, dana, case.reference) == got
    assert not receive(shop, "talk", "1", {"text": "hello?"}).bot
    say_to_customer(shop, dana, case.reference, "  Hello, Alex.\u202e ")
    desk = desk_case(shop, case.reference)
    assert desk.conversation_agent == desk.taken_by == dana
    assert {"say", "close", "hand_back"} <= desk.may and "take" not in desk.may
    joined, _, hello = said(shop)
    assert (joined.author, joined.kind, joined.agent_name) == (Author.SYSTEM, MessageKind.JOINED, "Dana")
    assert joined.text == "Dana joined the conversation."
    assert (hello.author, hello.agent_id, hello.text) == (Author.AGENT, dana.id, "Hello, Alex.")

    hand_back(shop, dana, case.reference)
    assert said(shop)[-1].kind is MessageKind.LEFT
    assert receive(shop, "talk", "2", {"text": "hello?"}).bot
    assert the_case(shop, case.reference).agent_id is None and case.reference in [row.reference for row in queue(shop)]


@pytest.mark.parametrize("known", [True, False])
def test_two_agents_at_once_and_one_has_it(shop: Services, dana: Agent, known: bool) -> None:
    for round_ in range(5):
        talk = f"talk {round_}"
        if known:
            a_conversation(shop, talk)
        case = a_question(shop, talk)
        people = [an_agent(shop, f"kim{round_}"), dana]
        start = threading.Barrier(2)
        came: list[object] = []

        def tries(
            agent: Agent, reference: str = case.reference, start: threading.Barrier = start, came: list[object] = came
        ) -> None:
            start.wait()
            try:
                came.append(take(shop, agent, reference).agent_id)
            except CaseError as error:
                came.append(type(error))

        threads = [threading.Thread(target=tries, args=(agent,)) for agent in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(came) == 2 and came.count(TakenAlready) == 1
        winner = the_case(shop, case.reference).agent_id
        assert winner in came
        assert [message.agent_id for message in said(shop, talk)] == ([winner] if known else [])


def test_a_conversation_that_another_agent_has_is_not_taken_through_another_case(shop: Services, dana: Agent) -> None:
    kim = an_agent(shop, "kim")
    question, refund = a_question(shop), in_review(shop)
    taken(shop, dana, question)
    with pytest.raises(TakenAlready, match="Dana"):
        take(shop, kim, refund.reference)
    assert the_case(shop, refund.reference).agent_id is None
    taken(shop, dana, refund)
    assert len(said(shop)) == 1, "Dana joined once"
    hand_back(shop, dana, question.reference)
    assert the_case(shop, refund.reference).agent_id is None and take(shop, kim, refund.reference)


@pytest.mark.parametrize(
    "act",
    [
        lambda shop, agent, ref: say_to_customer(shop, agent, ref, "hello"),
        hand_back,
        close,
    ],
)
def test_only_who_has_a_case_works_on_it(shop: Services, dana: Agent, act: Callable[..., object]) -> None:
    case = a_question(shop)
    with pytest.raises(NotAllowed, match="Take"):
        act(shop, dana, case.reference)
    taken(shop, an_agent(shop, "kim"), case)
    with pytest.raises(NotAllowed):
        act(shop, dana, case.reference)


@pytest.mark.parametrize(
    "act",
    [
        take,
        lambda shop, agent, ref: say_to_customer(shop, agent, ref, "hello"),
        lambda shop, agent, ref: note(shop, agent, ref, "hello"),
        hand_back,
        close,
    ],
)
def test_a_disabled_agent_can_do_nothing(shop: Services, dana: Agent, act: Callable[..., object]) -> None:
    case = taken(shop, dana, a_question(shop))
    change_agent(shop, "dana", active=False)
    before = said(shop)
    with pytest.raises(NotAllowed, match="disabled"):
        act(shop, dana, case.reference)
    assert said(shop) == before and case_file(shop, case.reference).notes == []


def test_what_a_disabled_agent_has_is_taken_over(shop: Services, dana: Agent) -> None:
    case, kim = taken(shop, dana, a_question(shop)), an_agent(shop, "kim")
    with pytest.raises(TakenAlready):
        take(shop, kim, case.reference)
    change_agent(shop, "dana", active=False)
    assert take(shop, kim, case.reference).agent_id == kim.id
    assert [message.agent_name for message in said(shop)] == ["Dana", "Kim"]


def test_a_case_that_was_taken_back_is_not_taken(shop: Services, dana: Agent) -> None:
    case = in_review(shop)
    take_back(shop, conversation_id="talk", reference=case.reference)
    with pytest.raises(MoveNotAllowed):
        take(shop, dana, case.reference)
    with pytest.raises(UnknownCase):
        take(shop, dana, "RD-NOBODY")


def test_closing_a_question_ends_it_and_asks_how_it_went_once(shop: Services, dana: Agent) -> None:
    case = taken(shop, dana, a_question(shop))
    close(shop, dana, case.reference)
    file = case_file(shop, case.reference)
    assert file.case.state is CaseState.DONE and file.log[-1].actor == "agent dana"
    assert [message.kind for message in said(shop)] == [MessageKind.JOINED, MessageKind.LEFT, MessageKind.RATING]
    assert said(shop)[-1].body["reference"] == case.reference
    with pytest.raises(NotAllowed):
        close(shop, dana, case.reference)

    for score in (0, 6, True):
        with pytest.raises(BadText):
            rate(shop, "talk", case.reference, score)
    with pytest.raises(UnknownCase):
        rate(shop, "other", case.reference, 5)
    rate(shop, "talk", case.reference, 5)
    with pytest.raises(MoveNotAllowed, match="already"):
        rate(shop, "talk", case.reference, 1)


def test_a_request_is_decided_before_it_is_closed(shop: Services, dana: Agent) -> None:
    case = taken(shop, dana, in_review(shop))
    with pytest.raises(MoveNotAllowed, match="decided"):
        close(shop, dana, case.reference)
    assert the_case(shop, case.reference).state is CaseState.IN_REVIEW


def test_notes_are_for_the_desk_only(shop: Services, dana: Agent) -> None:
    case = a_question(shop)
    note(shop, dana, case.reference, "He called\r\ntwice.")
    (written,) = desk_case(shop, case.reference).notes
    assert (written.agent_name, written.at, written.text) == ("Dana", shop.clock(), "He called\ntwice.")
    assert said(shop) == []
    for text in (" ", "x" * 4001):
        with pytest.raises(BadText):
            note(shop, dana, case.reference, text)


def test_a_case_that_comes_back_to_a_person_has_a_new_promise(shop: Services, clock: Clock) -> None:
    case = a_question(shop)
    promised = case_file(shop, case.reference).handoff
    clock.passes(days=3)
    assert a_question(shop).reference == case.reference
    again = case_file(shop, case.reference).handoff
    assert promised is not None and again is not None and again.answer_by == promised.answer_by


def test_the_stranger_of_another_conversation_is_no_earlier_case(shop: Services) -> None:
    store_order(shop, "CC-104255", "bella@example.com")
    verified(shop, "other", "CC-104255", "bella@example.com")
    quoted(shop, "other", "CC-104255", reason=CustomerReason.OTHER)
    assert desk_case(shop, in_review(shop).reference).earlier == []

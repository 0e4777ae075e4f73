"""The message log: nothing that was sent is lost, nothing is answered twice, whatever dies in between."""

from __future__ import annotations

import threading

import pytest

from bot.cases.conversation.conversations import Client, open_conversation
from bot.cases.conversation.messages import (
    LEASE,
    answer,
    collect_undelivered,
    has_crossed,
    history,
    keep_in_hand,
    replies,
    say,
)
from bot.cases.customer.inbox import Received, receive, take_unanswered
from bot.cases.model import Author
from bot.cases.services import Services
from tests.store_builders import Clock


@pytest.fixture
def talk(services: Services) -> str:
    """A conversation on the website."""
    return open_conversation(services, Client("web", "10.0.0.1"), "someone").id


def sent(services: Services, talk: str, name: str, text: str = "hello") -> Received:
    return receive(services, talk, name, {"text": text})


def texts(services: Services, talk: str, after: int = 0) -> list[str]:
    return [message.text for message in history(services, talk, after)]


def agent_takes(services: Services, talk: str) -> None:
    with services.unit_of_work() as uow:
        uow.conversations.take(talk, 1, None)
        uow.commit()


def agent_leaves(services: Services, talk: str) -> None:
    with services.unit_of_work() as uow:
        uow.conversations.give_back(talk, 1)
        uow.commit()


def test_a_message_is_stored_once_however_often_it_arrives(services: Services, talk: str) -> None:
    first, again = sent(services, talk, "m1"), sent(services, talk, "m1", "something else")
    assert first.new and first.bot
    assert not again.new and not again.bot
    assert again.message.id == first.message.id
    assert texts(services, talk) == ["hello"]


def test_what_is_read_on_from_a_number_has_no_gaps(services: Services, talk: str) -> None:
    for name in "abc":
        answer(services, sent(services, talk, name, name).message, [{"text": name.upper()}], delivered=True)
    assert [message.seq for message in history(services, talk)] == [1, 2, 3, 4, 5, 6]
    assert texts(services, talk, after=3) == ["B", "c", "C"]


def test_writers_at_once_get_one_number_each(services: Services, talk: str) -> None:
    writers = [threading.Thread(target=sent, args=(services, talk, f"m{i}")) for i in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [message.seq for message in history(services, talk)] == list(range(1, 9))


def test_an_answer_is_stored_once(services: Services, talk: str) -> None:
    message = sent(services, talk, "m1").message
    first = answer(services, message, [{"text": "one"}, {"text": "two"}], delivered=True)
    again = answer(services, message, [{"text": "three"}], delivered=True)
    assert [said.text for said in again] == ["one", "two"] == [said.text for said in first]
    assert replies(services, message) == first
    assert texts(services, talk) == ["hello", "one", "two"]


def test_what_was_broken_off_is_taken_up_after_the_lease_by_one(services: Services, talk: str, clock: Clock) -> None:
    message = sent(services, talk, "m1").message
    assert take_unanswered(services) == []
    clock.now += LEASE
    assert [(taken.id, channel) for taken, channel in take_unanswered(services)] == [(message.id, "web")]
    assert take_unanswered(services) == []


def test_what_is_still_being_answered_is_left_alone(services: Services, talk: str, clock: Clock) -> None:
    message = sent(services, talk, "m1").message
    clock.passes(seconds=5)
    keep_in_hand(services, message)
    clock.passes(seconds=5)
    assert take_unanswered(services) == []


def test_a_yes_that_was_overtaken_is_never_answered(services: Services, talk: str, clock: Clock) -> None:
    """It was lost with its process, the customer said it again, and another quote has been shown since."""
    sent(services, talk, "lost", "yes")
    again = sent(services, talk, "again", "yes").message
    answer(services, again, [{"text": "Done. And now for the other order: shall I go ahead?"}], delivered=True)
    clock.passes(minutes=1)
    assert take_unanswered(services) == []
    clock.passes(minutes=1)
    assert take_unanswered(services) == []


def test_what_was_written_before_the_answer_to_something_earlier_is_answered(
    services: Services, talk: str, clock: Clock
) -> None:
    """They wrote two lines, and the process died after the first was answered."""
    first, second = sent(services, talk, "m1").message, sent(services, talk, "m2", "I want a refund").message
    answer(services, first, [{"text": "Hi. How can I help?"}], delivered=True)
    clock.passes(minutes=1)
    assert [taken.id for taken, _ in take_unanswered(services)] == [second.id]


def test_two_lines_that_nobody_has_answered_are_answered_both_and_in_order(
    services: Services, talk: str, clock: Clock
) -> None:
    lines = [sent(services, talk, name, name).message.id for name in ("m1", "m2")]
    clock.passes(minutes=1)
    assert [taken.id for taken, _ in take_unanswered(services)] == lines


def test_a_message_has_crossed_with_what_the_bot_says_while_it_waits(services: Services, talk: str) -> None:
    first, second = sent(services, talk, "m1").message, sent(services, talk, "m2", "yes").message
    assert not has_crossed(services, first) and not has_crossed(services, second)
    answer(services, first, [{"text": "Shall I go ahead?"}], delivered=True)
    assert has_crossed(services, second)
    answer(services, second, [{"text": "Please answer yes or no."}], delivered=True)
    assert not has_crossed(services, sent(services, talk, "m3", "yes").message)


def test_a_message_has_crossed_with_what_was_not_shown_to_whoever_wrote_it(services: Services, talk: str) -> None:
    first = sent(services, talk, "m1").message
    (quote,) = answer(services, first, [{"text": "Shall I go ahead?"}], delivered=True)

    def says_yes(name: str, **shown: int) -> bool:
        body = {"text": "yes", **shown}
        return has_crossed(services, receive(services, talk, name, body).message)

    assert says_yes("offline", seen=first.seq) and says_yes("nothing shown yet", seen=0)
    assert not says_yes("below the figures", seen=quote.seq) and not says_yes("a client that does not tell")


def test_the_bot_is_silent_while_a_person_has_the_conversation(services: Services, talk: str, clock: Clock) -> None:
    sent(services, talk, "before")
    agent_takes(services, talk)
    received = sent(services, talk, "m2", "are you there?")
    assert received.new and not received.bot
    clock.passes(minutes=1)
    assert take_unanswered(services) == []
    agent_leaves(services, talk)
    clock.passes(minutes=1)
    assert take_unanswered(services) == []
    assert sent(services, talk, "m3").bot


def test_what_a_person_says_is_brought_once(services: Services, talk: str) -> None:
    answer(services, sent(services, talk, "m1").message, [{"text": "now"}], delivered=True)
    with services.unit_of_work() as uow:
        say(uow, services, talk, Author.AGENT, {"text": "Dana here"})
        uow.commit()
    assert [message.text for message in collect_undelivered(services, talk)] == ["Dana here"]
    assert collect_undelivered(services, talk) == []

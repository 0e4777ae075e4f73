"""A process that is stopped ends its turns, or leaves them to the next start; nobody is told sorry for that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from bot.cases.conversation.conversations import open_account
from bot.cases.conversation.messages import history
from bot.cases.services import Services
from bot.http import rasa_patches, stopping
from bot.http.live import Live
from bot.http.turns import TurnLeft, Turns


class Rasa:
    """Stands for Rasa, which needs ``seconds`` for a turn; ``asked`` are the messages that got to it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[str] = []
        self.tracker_store = self

    def is_ready(self) -> bool:
        return True

    async def retrieve(self, conversation_id: str) -> None:
        return None

    async def handle_message(self, message: UserMessage) -> None:
        assert message.text is not None and message.output_channel is not None
        self.asked.append(message.text)
        await asyncio.sleep(self.seconds)
        await message.output_channel.send_response(message.sender_id, {"text": f"answer {message.text}"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stops that take no time; this process goes on after each."""
    monkeypatch.setattr(stopping, "TURN_SECONDS", 0.5)
    monkeypatch.setattr("bot.http.turns.TAKE_UP_SECONDS", 0.05)
    yield
    stopping.stopping.begun = False


def said(services: Services, talk: str) -> list[tuple[str, str]]:
    """Who said what."""
    return [(message.author.value, message.text) for message in history(services, talk)]


def stopped(services: Services, rasa: Rasa, *texts: str, account: str = "alex") -> tuple[str, list[Any]]:
    """The process is stopped just after these messages have come; the conversation, and what their senders get."""
    talk = open_account(services, "rest", account).id

    async def stop() -> list[Any]:
        turns = Turns(rasa, services, "nobody")
        received = [await turns.receive(talk, f"m{text}", text) for text in texts]
        answers = asyncio.gather(*(turns.answers("rest", one) for one in received), return_exceptions=True)
        await asyncio.sleep(0.2)
        await stopping.stopping.end_turns()
        return list(await answers)

    return talk, asyncio.run(stop())


def taken_up(services: Services, rasa: Rasa) -> None:
    """What the next start does first."""

    async def start() -> None:
        task = asyncio.ensure_future(Turns(rasa, services, "nobody").take_up())
        await asyncio.sleep(0.6)
        task.cancel()

    asyncio.run(start())


def test_a_turn_that_runs_is_ended_first(services: Services) -> None:
    talk, (answer,) = stopped(services, Rasa(0.4), "1")
    assert [message.text for message in answer] == ["answer 1"]
    assert said(services, talk) == [("customer", "1"), ("bot", "answer 1")]


def test_a_turn_that_can_not_be_ended_is_left_to_the_next_start(services: Services) -> None:
    since = time.monotonic()
    talk, (answer,) = stopped(services, Rasa(60), "1")
    assert time.monotonic() - since < 30 and isinstance(answer, TurnLeft)
    assert said(services, talk) == [("customer", "1")], "no apology, and no case"
    stopping.stopping.begun = False
    taken_up(services, Rasa(0))  # at once: its lease was given back
    assert said(services, talk) == [("customer", "1"), ("bot", "answer 1")]


def test_what_waits_behind_a_turn_is_not_begun(services: Services) -> None:
    rasa = Rasa(0.4)
    talk, answers = stopped(services, rasa, "1", "2")
    assert rasa.asked == ["1"] and isinstance(answers[1], TurnLeft)
    assert said(services, talk) == [("customer", "1"), ("customer", "2"), ("bot", "answer 1")]


def test_what_comes_while_the_process_is_stopped_is_stored_and_left(services: Services) -> None:
    stopping.stopping.begun = True
    rasa = Rasa(0)
    talk, (answer,) = stopped(services, rasa, "1")
    assert isinstance(answer, TurnLeft) and rasa.asked == []
    assert said(services, talk) == [("customer", "1")]


def test_a_process_that_is_stopped_takes_nothing_up(services: Services) -> None:
    for account in ("alex", "kim"):
        stopping.stopping.begun = True
        stopped(services, Rasa(0), "1", account=account)
    rasa = Rasa(0)
    taken_up(services, rasa)
    assert rasa.asked == []
    with services.unit_of_work() as uow:
        assert len(uow.messages.unanswered(services.clock())) == 2, "free for the next start, at once"


def test_a_repeat_does_not_wait_for_an_answer_that_will_not_come(services: Services) -> None:
    talk = open_account(services, "rest", "alex").id

    async def repeat() -> None:
        turns = Turns(Rasa(0), services, "nobody")
        await turns.receive(talk, "m1", "1")
        again = await turns.receive(talk, "m1", "1")
        stopping.stopping.begun = True
        with pytest.raises(TurnLeft):
            await asyncio.wait_for(turns.answers("rest", again), 5)

    asyncio.run(repeat())


def test_an_action_that_fails_while_the_process_is_stopped_fails_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError

    class Action:
        def name(self) -> str:
            return "action_stop"

    monkeypatch.setattr(rasa_patches, "_run_remote_action", fails)
    failures: list[str] = []
    rasa_patches.failed_actions.set(failures)
    with pytest.raises(RuntimeError):
        asyncio.run(rasa_patches._run(Action()))
    assert failures == ["action_stop"]
    stopping.stopping.begun = True
    with pytest.raises(asyncio.CancelledError):  # which nothing in Rasa catches: the turn is not saved, and not half
        asyncio.run(rasa_patches._run(Action()))
    assert failures == ["action_stop"]


def test_whoever_waits_for_news_is_told_that_there_are_none(services: Services) -> None:
    async def end() -> None:
        live = Live(services)
        with live.news_of("talk", 0) as quiet, live.news_of("other", 0) as woken:
            assert quiet.take_stored() and woken.take_stored(), "both have to look first"
            live.wake("other")
            live.end()
            assert await quiet.wait(1) and await woken.wait(1)
            assert live.ended and not quiet.take_stored() and woken.take_stored(), "what has come is told first"

    asyncio.run(end())

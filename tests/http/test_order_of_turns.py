"""Turns of one conversation are answered one after the other, in the order in which their messages came."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from rasa.core.channels.channel import UserMessage

from bot.cases.conversation.conversations import Client, Sending, open_account, open_conversation
from bot.cases.conversation.messages import CROSSED, LEASE, history, is_answered
from bot.cases.customer.inbox import receive
from bot.cases.identity.verification import verify
from bot.cases.model import MessageKind
from bot.cases.services import Services
from bot.http.turns import Turns
from bot.wording import say
from tests.store_builders import store_order


class SlowStarter:
    """Stands for Rasa, which answers messages of one conversation side by side, and is slow with the first."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.crossed: list[str] = []
        self.tracker_store = self

    def is_ready(self) -> bool:
        return True

    async def retrieve(self, conversation_id: str) -> None:
        return None

    async def handle_message(self, message: UserMessage) -> None:
        assert message.text is not None and message.output_channel is not None
        await asyncio.sleep(0.3 if message.text == "1" else 0)
        self.handled.append(message.text)
        self.crossed += [message.text] if (message.metadata or {}).get(CROSSED) else []
        await message.output_channel.send_response(message.sender_id, {"text": f"answer {message.text}"})


def test_messages_that_come_at_once_are_answered_in_their_order(services: Services) -> None:
    agent = SlowStarter()
    talks = [open_account(services, "web", who).id for who in ("alex", "kim")]

    async def both() -> list[Any]:
        turns = Turns(agent, services, "nobody")
        received = [await turns.receive(talks[0], f"m{text}", text) for text in ("1", "2")]
        other = await turns.receive(talks[1], "m3", "3")
        return await asyncio.gather(*(turns.run("web", one.message, delivered=True) for one in (*received, other)))

    answers = asyncio.run(both())
    assert [[message.text for message in one] for one in answers] == [["answer 1"], ["answer 2"], ["answer 3"]]
    assert agent.handled == ["3", "1", "2"], "another conversation does not wait"
    assert agent.crossed == ["2"], "it was written before the first answer"
    assert [message.text for message in history(services, talks[0])] == ["1", "2", "answer 1", "answer 2"]


def test_a_message_that_another_clients_proof_has_overtaken_never_gets_as_far_as_to_its_turn(
    services: Services,
) -> None:
    store_order(services)

    class Proving(SlowStarter):
        async def handle_message(self, message: UserMessage) -> None:
            await super().handle_message(message)
            shown = {"order_number": "CC-104233", "email": "alex@example.com"}
            await asyncio.to_thread(verify, services, conversation_id=talk, message_id="m1", **shown)

    agent = Proving()
    planted = open_conversation(services, Client("web", "203.0.113.9"), "me").secret
    for name, address in (("m1", "198.51.100.7"), ("m2", "203.0.113.9"), ("m3", "198.51.100.7")):
        client = Client("web", address, secret=planted)
        talk = open_conversation(services, client, "me", Sending(name, f"the key of {name}")).id

    async def all_of_them() -> list[Any]:
        turns = Turns(agent, services, "nobody")
        received = [await turns.receive(talk, f"m{text}", text) for text in "123"]
        return await asyncio.gather(*(turns.run("web", one.message, delivered=True) for one in received))

    answers = [[message.text for message in one] for one in asyncio.run(all_of_them())]
    assert agent.handled == ["1", "3"] and answers == [["answer 1"], [say("turn_not_taken")], ["answer 3"]]


def test_what_an_outage_has_left_is_answered_side_by_side(services: Services) -> None:
    agent = SlowStarter()
    talks = [open_account(services, "web", who).id for who in ("alex", "kim")]
    began = [
        receive(services, talk, "m", {"text": text}, MessageKind.TEXT) for talk, text in zip(talks, "12", strict=True)
    ]
    clock = services.clock
    later = replace(services, clock=lambda: clock() + 2 * LEASE)

    async def after_the_start() -> None:
        taking_up = asyncio.ensure_future(Turns(agent, later, "nobody").take_up())
        while not all(is_answered(services, one.message) for one in began):
            await asyncio.sleep(0.05)
        taking_up.cancel()

    asyncio.run(asyncio.wait_for(after_the_start(), 20))
    assert agent.handled == ["2", "1"], "nobody waits for the slow turn of another conversation"


def test_what_is_overtaken_while_it_waits_for_its_turn_is_left_out(services: Services) -> None:
    """A message was broken off, the customer writes again, and only then the first is taken up."""
    agent, talk = SlowStarter(), open_account(services, "web", "alex").id
    lost = receive(services, talk, "lost", {"text": "2"}).message

    async def after_the_start() -> list[Any]:
        turns = Turns(agent, services, "nobody")
        again = (await turns.receive(talk, "again", "1")).message
        answering = turns.run("web", again, delivered=True)
        return await asyncio.gather(answering, turns.run("web", lost, delivered=False, again=True))

    answered, left = asyncio.run(after_the_start())
    assert [message.text for message in answered] == ["answer 1"] and left == []
    assert agent.handled == ["1"] and is_answered(services, lost)

"""What all ways into a server share: one address has one count, and the turns of one conversation have one order."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels import channel
from rasa.core.channels.channel import UserMessage
from rasa.core.run import create_http_input_channels
from sanic import Sanic
from sanic.compat import Header
from sanic.request import Request

from bot.cases.conversation.conversations import open_account
from bot.cases.conversation.messages import put_back
from bot.connectors.shared.incoming import Incoming
from bot.http.shared import shared_of
from bot.http.webhooks.intake import Intake
from bot.settings import PROJECT
from tests.migrated import copy_home
from tests.ports import free_port


class Rasa:
    """Stands for Rasa, which answers messages of one conversation side by side, and is slow with the first."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.handled: list[str] = []
        self.tracker_store = self

    def is_ready(self) -> bool:
        return True

    async def retrieve(self, conversation_id: str) -> None:
        return None

    async def handle_message(self, message: UserMessage) -> None:
        assert message.text is not None and message.output_channel is not None
        self.begun.append(message.text)
        await asyncio.sleep(0.5 if message.text == "first" else 0)
        self.handled.append(message.text)
        await message.output_channel.send_response(message.sender_id, {"text": f"answer {message.text}"})


@pytest.fixture
def rasa() -> Rasa:
    return Rasa()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rasa: Rasa) -> Sanic:
    """A server with the channels of credentials.yml, in which an address may send three messages a minute."""
    copy_home(tmp_path)
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    monkeypatch.setenv("REFUND_DESK_ADDRESS_MESSAGES_PER_MINUTE", "3")
    app = Sanic(f"shared_{free_port()}", configure_logging=False)
    app.ctx.agent = rasa
    channel.register(create_http_input_channels(None, str(PROJECT / "credentials.yml")), app, route="/webhooks/")
    app.router.finalize()
    return app


async def asked(app: Sanic, path: str, data: dict[str, Any], **headers: str) -> Any:
    """What the route of a channel answers to somebody whose address is limited."""
    given = Header({"content-type": "application/json", "x-forwarded-for": "198.51.100.7", **headers})
    request = Request(path.encode(), given, "1.1", "POST", None, app)  # type: ignore[arg-type]
    request.body = json.dumps(data).encode()
    request.conn_info = SimpleNamespace(client_ip="127.0.0.1")  # type: ignore[assignment]
    _, handler, values = app.router.get(path, "POST", None)
    return await handler(request, **values)


async def on_rest(app: Sanic, text: str) -> Any:
    return await asked(app, "/webhooks/rest/webhook", {"sender": "me", "message": text})


async def on_web(app: Sanic, text: str) -> Any:
    sender = {"x-refund-desk-sender": "a-name-of-this-test"}
    return await asked(app, "/webhooks/web/messages", {"message_id": f"m{text}", "text": text}, **sender)


def test_an_address_that_has_sent_all_its_messages_on_rest_has_none_left_on_the_web_channel(app: Sanic) -> None:
    async def talk() -> list[int]:
        sent = [await on_rest(app, str(number)) for number in range(3)]
        return [answer.status for answer in (*sent, await on_web(app, "3"))]

    assert asyncio.run(talk()) == [200, 200, 200, 429]


def test_a_message_on_the_web_channel_counts_on_rest(app: Sanic) -> None:
    async def talk() -> list[int]:
        sent = [await on_web(app, "0"), *[await on_rest(app, str(number)) for number in range(1, 4)]]
        return [answer.status for answer in sent]

    assert asyncio.run(talk()) == [202, 200, 200, 429]


def test_a_message_waits_for_one_of_its_conversation_that_is_taken_up(app: Sanic, rasa: Rasa) -> None:
    async def talk() -> None:
        shared = shared_of(app)
        opened = await asyncio.to_thread(open_account, shared.services, "slack", "alex")
        left = await shared.turns.receive(opened.id, "left by a process that died", "first")
        await asyncio.to_thread(put_back, shared.services, left.message)
        taking_up = asyncio.ensure_future(shared.turns.take_up())
        while rasa.begun != ["first"]:
            await asyncio.sleep(0.01)
        await Intake(shared).take(Incoming("slack", "alex", "2", "second", {}))
        while len(rasa.handled) < 2:
            await asyncio.sleep(0.01)
        taking_up.cancel()

    asyncio.run(asyncio.wait_for(talk(), 20))
    assert rasa.handled == ["first", "second"]


def test_each_server_shares_its_own(app: Sanic) -> None:
    other = Sanic(f"shared_{free_port()}", configure_logging=False)
    assert shared_of(app) is shared_of(app) is not shared_of(other)

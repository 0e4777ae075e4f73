"""From a provider's message to the message log and a turn: the same for all providers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any
from weakref import WeakValueDictionary

from bot.cases.conversation.choices import ASIDE, LOOK_BACK, Rates, Says, Stale, chosen, shown_until
from bot.cases.conversation.conversations import open_account
from bot.cases.conversation.messages import Body, exchange, newest
from bot.cases.desk.work import rate
from bot.cases.errors import CaseError
from bot.cases.identity.verification import trust_account
from bot.cases.outbound.delivery import set_reply_address
from bot.connectors.shared.incoming import Incoming
from bot.http.clean_text import clean
from bot.http.shared import Shared
from bot.masking import mask_cards
from bot.wording import say


class Intake:
    """Takes messages."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._services = shared.services
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, incoming: Incoming) -> None:
        """Store a message; what there is to do about it goes on afterwards. A repeat changes nothing."""
        queue = self._queues.setdefault(f"{incoming.channel} {incoming.other_name or incoming.account}", asyncio.Lock())
        async with queue:  # in the order in which they came
            await self._take(incoming)

    async def _take(self, incoming: Incoming) -> None:
        talk = await asyncio.to_thread(self._open, incoming)
        client_id = _client_id(incoming.message_id)
        file_id = f"{_client_id(incoming.album or incoming.message_id)}.file"
        is_file = incoming.attachment and not incoming.text
        if await self._shared.turns.knows(talk, file_id if is_file else client_id):
            return
        if wait := await self._shared.limits.wait("conversation", talk):
            said = say("wait_too_fast", seconds=wait, contact=self._shared.contact)
            await self._aside(talk, f"too-fast-{int(time.time() // 60)}", "", said)  # said once a minute
            return
        text, had_card = mask_cards(clean(incoming.text).strip())
        if incoming.attachment:
            await self._aside(talk, file_id, say("stands_for_file_unopened"), say("attachment_unread"))
        if text or incoming.pressed is not None:
            await self._mean(incoming, talk, client_id, text, had_card)
        elif not incoming.attachment:
            await self._run(incoming.channel, talk, client_id, Says(""), False)

    async def _mean(self, incoming: Incoming, talk: str, client_id: str, text: str, had_card: bool) -> None:
        log = await asyncio.to_thread(newest, self._services, talk, LOOK_BACK)
        meaning = chosen(log, text, incoming.pressed, incoming.written_at)
        if isinstance(meaning, Stale):
            await self._aside(talk, client_id, meaning.text or say("stands_for_button"), say("button_stale"))
        elif isinstance(meaning, Rates):
            said = await asyncio.to_thread(self._rate, talk, meaning)
            await self._aside(talk, client_id, str(meaning.score), said)
        else:
            seen = shown_until(log, incoming.written_at)
            await self._run(incoming.channel, talk, client_id, meaning, had_card, seen)

    async def _run(
        self, channel: str, talk: str, client_id: str, says: Says, had_card: bool, seen: int | None = None
    ) -> None:
        received = await self._shared.turns.receive(
            talk, client_id, says.text, had_card=had_card, title=says.title, seen=seen
        )
        if received.bot:
            self._shared.turns.run(channel, received.message, delivered=False)

    async def _aside(self, talk: str, client_id: str, text: str, said: str) -> None:
        body, answer = {"text": text}, {"text": said, ASIDE: True}
        await asyncio.to_thread(self._exchange, talk, client_id, body, answer)

    def _exchange(self, talk: str, client_id: str, body: Body, answer: Body) -> None:
        exchange(self._services, talk, client_id, body, [answer], delivered=False)

    def _rate(self, talk: str, meaning: Rates) -> str:
        try:
            rate(self._services, talk, meaning.reference, meaning.score)
        except CaseError as error:
            return error.text()
        return say("rating_thanks")

    def _open(self, incoming: Incoming) -> str:
        opened = open_account(self._services, incoming.channel, incoming.account, incoming.other_name)
        address: dict[str, Any] = {**incoming.address, "talk": opened.id}
        set_reply_address(self._services, opened.id, address)
        if incoming.phone or incoming.email:
            trust_account(self._services, conversation_id=opened.id, phone=incoming.phone, email=incoming.email)
        return opened.id


def _client_id(name: str) -> str:
    """A provider's name as the log has it: some are longer than it holds, and ids of mails hold names of people."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:40]

"""Whoever listens to a case hears of what happens from the moment in which they begin to listen."""

from __future__ import annotations

import asyncio

from bot.cases.conversation.messages import say
from bot.cases.model import Author
from bot.cases.services import Services
from bot.http.desk.live import LOOK_SECONDS, Watch
from tests.desk_builders import a_conversation, a_question


def test_nothing_is_missed_between_listening_and_the_first_look(services: Services) -> None:
    a_conversation(services)
    reference = a_question(services).reference

    async def listen() -> None:
        watch = Watch(services)
        with watch.listening(reference) as changed:
            await asyncio.wait_for(changed.wait(), 10 * LOOK_SECONDS)
            changed.clear()
            await asyncio.sleep(2.5 * LOOK_SECONDS)
            assert not changed.is_set(), "nothing has happened"
            with services.unit_of_work() as uow:
                say(uow, services, "talk", Author.CUSTOMER, {"text": "One more thing"})
                uow.commit()
            await asyncio.wait_for(changed.wait(), 10 * LOOK_SECONDS)

    asyncio.run(listen())

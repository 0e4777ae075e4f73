"""Those who wait for news are told of what concerns them, and of nothing else: each look of theirs has its price."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.bootstrap import bootstrap
from bot.cases.customer.inbox import receive
from bot.cases.model import Author
from bot.http import live as module
from bot.http.live import Live
from bot.settings import Settings


def test_a_look_tells_only_those_who_do_not_know_it_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    services = bootstrap(Settings(home=tmp_path))

    async def listen() -> None:
        live = Live(services)
        looking = asyncio.ensure_future(live.look())
        with live.news_of("talk", 0) as new, live.news_of("talk", 1) as knows, live.news_of("other", 0) as other:
            for news in (new, knows, other):
                assert news.take_stored(), "who comes looks first"
            receive(services, "talk", "m-1", {"text": "hello"})
            assert await new.wait(2) and new.take_stored()
            assert not await knows.wait(0.2) and not await other.wait(0)
            receive(services, "talk", "m-2", {"text": "hello"})
            assert await knows.wait(2) and knows.take_stored()
        looking.cancel()

    asyncio.run(listen())


def test_who_types_costs_no_look_at_the_store(tmp_path: Path) -> None:
    async def listen() -> None:
        live = Live(bootstrap(Settings(home=tmp_path)))
        with live.news_of("talk", 0) as news:
            news.take_stored()
            live.types("talk", Author.AGENT)
            assert await news.wait(0) or await news.wait(1)
            assert not news.take_stored() and live.is_typing("talk", Author.AGENT)

    asyncio.run(listen())

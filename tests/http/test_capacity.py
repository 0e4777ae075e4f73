"""What a request is counted as, and how much of it everybody together may ask."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sanic.compat import Header
from sanic.response import HTTPResponse

from bot.http.capacity import DESK, FILE, HEALTH, RATING, READ, TYPING, Capacity, RequestKind, kind_of
from bot.http.connections import Room
from bot.http.headers import SecurityHeaders
from bot.setting_groups.server import parse_networks


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/health", HEALTH),
        ("POST", "/health", HEALTH),
        ("GET", "/", FILE),
        ("GET", "/widget/lang/en.js", FILE),
        ("GET", "/desk/static/desk.css", FILE),
        ("GET", "/desk", DESK),
        ("POST", "/desk/cases/RD-ABC/take", DESK),
        ("GET", "/desktop", READ),
        ("GET", "/nothing", READ),
        ("POST", "/refund", READ),
        ("GET", "/webhooks/web/messages", READ),
        ("POST", "/webhooks/web/typing", TYPING),
        ("POST", "/webhooks/web/rating", RATING),
        ("POST", "/webhooks/web/secret", READ),
        ("POST", "/webhooks/web/messages", None),
        ("POST", "/webhooks/rest/webhook", None),
        ("POST", "/webhooks/slack", None),
    ],
)
def test_what_a_request_is_counted_as(method: str, path: str, kind: RequestKind | None) -> None:
    assert kind_of(method, path) == kind


def asked(path: str, address: str) -> Any:
    """A request of a client, as far as capacity looks at it."""
    headers = Header({"x-forwarded-for": address} if address else {})
    return SimpleNamespace(method="GET", path=path, headers=headers, ip="127.0.0.1")


@pytest.mark.parametrize("path", ["/health", "/", "/policy", "/desk"])
def test_everybody_together_has_a_share_of_each_second(path: str) -> None:
    """Whoever asks only little, from very many addresses; and this machine always hears how it is."""
    capacity = Capacity(Room(100, 10, 50, 5), SecurityHeaders(parse_networks("127.0.0.1/32"), []), 600, "a phone")
    kind = kind_of("GET", path)
    assert kind is not None

    async def ask(many: int, local: bool = False) -> list[HTTPResponse]:
        answers = [
            await capacity._before(asked(path, "" if local else f"198.51.{number // 250}.{number % 250}"))
            for number in range(many)
        ]
        return [answer for answer in answers if answer is not None]

    refused = asyncio.run(ask(3 * kind.in_all))
    assert len(refused) >= kind.in_all, "two of the three shares, unless a second ended in between"
    assert {answer.status for answer in refused} == {503}
    assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
    if path == "/health":
        assert asyncio.run(ask(3 * kind.in_all, local=True)) == []

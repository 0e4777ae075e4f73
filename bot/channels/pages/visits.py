"""Who visits: a cookie names the conversation and holds its secret, and every form carries a token made of both."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.conversations import Client, find_conversation
from bot.cases.hashes import keyed_hash, same
from bot.cases.ports import Services
from bot.cases.wording import demo_words
from bot.channels.door import Door
from bot.channels.html import page
from bot.channels.pages.forms import TOKEN, BadForm, Fields, read_fields
from bot.channels.rest import LONGEST_BODY
from bot.settings import Settings

CHANNEL = "page"
COOKIE = "refund_desk_page"

_GIVEN = re.compile(rf"(?:^|;)\s*{COOKIE}=([0-9a-f]{{32}})\.([A-Za-z0-9_-]{{43}})\s*(?:;|$)")


@dataclass(frozen=True)
class Visitor:
    """A browser. ``name`` and ``secret`` are its own; ``known``: it sent them back."""

    name: str
    secret: str = field(repr=False)
    known: bool = True


class Visit:
    """One request of a browser, and how it is answered."""

    def __init__(self, visits: Visits, request: Request, here: str) -> None:
        self._visits, self._request, self.here = visits, request, here
        self.visitor = _visitor(request)

    async def conversation(self) -> str | None:
        """The conversation that the browser has already, if any. Nothing is written."""
        if not self.visitor.known:
            return None
        door = self._visits.door
        origin = door.edge.origin(self._request)
        client = Client(CHANNEL, origin.address, limited=origin.limited, secret=self.visitor.secret)
        return await asyncio.to_thread(find_conversation, self._visits.services, client, self.visitor.name)

    async def submitted(self) -> tuple[str, Fields]:
        """The conversation that a form is sent in, and its fields. Raises BadForm, also for a form that is not ours,
        and Refused where there are too many."""
        if len(self._request.body) > LONGEST_BODY:
            raise BadForm(413, "This is too long to be taken.")
        fields = read_fields(self._request.headers.get("content-type", ""), self._request.body)
        if not (self.visitor.known and same(self.token, fields.values.get(TOKEN))):
            raise BadForm(403, "This form is too old, or your browser keeps no cookies. Please open the page again.")
        door, name = self._visits.door, self.visitor.name
        opened = await door.open(self._request, name, is_repeat=False, secret=self.visitor.secret)
        await door.count(opened.id, name)
        return opened.id, fields

    @property
    def token(self) -> str:
        """What a form of this visitor must bring back."""
        text = f"{self.visitor.name}.{self.visitor.secret}"
        return keyed_hash(self._visits.services.hash_key, "page form", text)

    def show(self, template: str, status: int = 200, **values: Any) -> HTTPResponse:
        """A page for this visitor."""
        services = self._visits.services
        common = {"contact": self._visits.contact, "here": self.here, "token": self.token, "demo": demo_words(services)}
        return self._with_cookie(page(template, status, **{**common, **values}))

    def tell(self, status: int, title: str, text: str, back: str = "") -> HTTPResponse:
        """A page that says one thing. ``back`` is where to go on."""
        return self.show("message.html", status, title=title, text=text, back=back)

    def go(self, path: str) -> HTTPResponse:
        """On to another page, which may be loaded again without sending anything again."""
        return self._with_cookie(response.redirect(path, status=303))

    def _with_cookie(self, answer: HTTPResponse) -> HTTPResponse:
        if not self.visitor.known:
            secure = "; Secure" if self._visits.door.edge.is_https(self._request) else ""
            value = f"{self.visitor.name}.{self.visitor.secret}"
            # Lax: whoever comes from the shop or a mail keeps it; a form of another site is sent without.
            answer.headers.add("Set-Cookie", f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")
        return answer


class Visits:
    """What all visits share."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self.services, self.contact = services, settings.contact
        self.door = Door(CHANNEL, services, settings)


def _visitor(request: Request) -> Visitor:
    for line in request.headers.getall("cookie", []):
        if match := _GIVEN.search(line):
            return Visitor(match[1], match[2])
    return Visitor(secrets.token_hex(16), secrets.token_urlsafe(32), known=False)

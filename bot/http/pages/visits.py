"""Who visits: a cookie names the conversation and holds its secret, and every form carries a token made of both."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.conversation.conversations import Sending, is_issued, issue_secret
from bot.cases.customer.wording import demo_words
from bot.cases.hashes import keyed_hash, same
from bot.http.admission import Guest
from bot.http.cookies import Cookie
from bot.http.html import page
from bot.http.pages.forms import TOKEN, BadForm, Fields, Task, read_fields
from bot.http.pages.steps import Next, Sent
from bot.http.rest import LONGEST_BODY
from bot.http.shared import Shared

CHANNEL = "page"
# Lax: whoever comes from the shop or a mail keeps it; a form of another site is sent without.
COOKIE = Cookie("refund_desk_page", "/", "Lax")

_GIVEN = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


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
        self._guest: Guest | None = None
        self.visitor = visits.visitor(request)

    async def conversation(self) -> str | None:
        """The conversation that the browser has already, if any. Nothing is written."""
        if not self.visitor.known:
            return None
        return await self._visits.admission.find(self._request, self.visitor.name, self.visitor.secret)

    async def submitted(self, task: Task) -> tuple[Sent, Fields]:
        """The form that is sent, in its conversation, and its fields. Raises BadForm, also for a form that is not ours,
        and Refused where there are too many."""
        if len(self._request.body) > LONGEST_BODY:
            raise BadForm(413, "too_long")
        fields = read_fields(self._request.headers.get("content-type", ""), self._request.body)
        if not (self.visitor.known and same(self.token, fields.values.get(TOKEN))):
            raise BadForm(403, "too_old")
        admission, name = self._visits.admission, self.visitor.name
        # The same form sent again is the same message; one that was changed is another. Nobody else has seen its id.
        text = json.dumps([task.value, *sorted(fields.values.items())])
        message_id = keyed_hash(self._visits.services.hash_key, "page message", text)
        sending = Sending(message_id, key=message_id)
        self._guest = await admission.open(
            self._request, name, is_repeat=False, secret=self.visitor.secret, sending=sending
        )
        self._take_up(self._guest)
        await admission.count(self._guest.id, name)
        return Sent(self._visits.services, self._guest.id, message_id), fields

    async def does(self, step: Callable[..., Next], sent: Sent, *args: Any, **values: Any) -> Next:
        """What comes of a form that was sent. Raises BadForm where another client has proven meanwhile whose order it
        is: what comes of it is not this one's."""
        assert self._guest is not None
        try:
            return await asyncio.to_thread(step, sent, *args, **values)
        finally:
            guest = await self._visits.admission.answered(self._guest)
            if guest is None:
                raise BadForm(403, "overtaken")
            self._take_up(guest)

    def _take_up(self, guest: Guest) -> None:
        """Go on with the secret that a proof has brought."""
        if guest.secret is not None:
            self.visitor = Visitor(self.visitor.name, guest.secret, known=False)

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
            value = f"{self.visitor.name}.{self.visitor.secret}"
            answer.headers.add("Set-Cookie", COOKIE.set(self._visits.admission.security, self._request, value))
        return answer


class Visits:
    """What all visits share."""

    def __init__(self, shared: Shared) -> None:
        self.services, self.contact = shared.services, shared.contact
        self.admission = shared.admission(CHANNEL)

    def visitor(self, request: Request) -> Visitor:
        """Whoever sends this request; somebody new where they have no secret that we gave."""
        given = _GIVEN.fullmatch(COOKIE.of(self.admission.security, request) or "")
        if given and is_issued(self.services, CHANNEL, given[2]):
            return Visitor(given[1], given[2])
        return Visitor(secrets.token_hex(16), issue_secret(self.services, CHANNEL), known=False)

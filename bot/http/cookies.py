"""Cookies: what is a cookie's name, how it is set, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sanic.request import Request

from bot.http.headers import SecurityHeaders


@dataclass(frozen=True)
class Cookie:
    """A cookie for no script, sent along as ``same_site`` says.

    Over https its name begins with ``__Host-``: browsers take such a one only from this very host, over https and for
    the whole of it, so that neither a sibling domain nor somebody on the line can plant one. There no other name is
    read. Over plain http, as on one's own machine, browsers refuse the prefix: the plain name, for ``path``.
    """

    name: str
    path: str
    same_site: str

    def set(self, security: SecurityHeaders, request: Request, value: str) -> str:
        """The header that gives the browser this value."""
        if security.is_https(request):
            return f"__Host-{self.name}={value}; Path=/; HttpOnly; SameSite={self.same_site}; Secure"
        return f"{self.name}={value}; Path={self.path}; HttpOnly; SameSite={self.same_site}"

    def of(self, security: SecurityHeaders, request: Request) -> str | None:
        """What the browser sent back."""
        name = f"__Host-{self.name}" if security.is_https(request) else self.name
        given = re.compile(rf"(?:^|;)\s*{name}=([A-Za-z0-9._-]{{1,200}})\s*(?:;|$)")
        found = (given.search(line) for line in request.headers.getall("cookie", []))
        return next((match.group(1) for match in found if match), None)

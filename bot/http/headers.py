"""Who may ask from which page, and what every answer carries, errors included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from sanic import Sanic, response
from sanic.exceptions import InvalidUsage, SanicException
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from bot.http.addresses import Network, Origin, origin_of
from bot.http.statics import is_public

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: a browser would then post our own forms with "Origin: null".
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""What the widget's files carry beside that: the pages of any shop load them. They hold nothing of anybody."""
_CACHE = "Cache-Control"  # the one of them that an answer may have its own of
_HSTS = "max-age=31536000"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Refund-Desk-Sender, X-Refund-Desk-Resume",
    "Access-Control-Max-Age": "600",
}
_SAID = {
    400: "the request can't be read",
    404: "there is nothing here",
    405: "this method is not answered here",
    408: "the request took too long",
    413: "the request is too large",
    417: "Expect is not answered here",
}
_LENGTH = re.compile(r"[0-9]{1,12}[ \t]*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_PORTS = {"http": 80, "https": 443}

logger = structlog.get_logger()


class SecurityHeaders:
    """Middleware around all routes. ``allowed_origins`` are the pages, beside our own, whose scripts may ask."""

    def __init__(self, trusted_proxies: Sequence[Network], allowed_origins: Sequence[str]) -> None:
        """Nothing is installed yet."""
        self._trusted = tuple(trusted_proxies)
        self._allowed = frozenset(allowed_origins)

    def install(self, app: Sanic) -> None:
        """Before and after every request of the app, and in the place of the framework's error pages."""
        app.add_signal(_check_framing, "http.lifecycle.request")
        app.register_middleware(self._before, "request")
        app.register_middleware(self._after, "response")
        app.error_handler.add(Exception, _error)

    def origin(self, request: Request) -> Origin:
        """Where a request comes from."""
        forwarded = request.headers.getall("x-forwarded-for", [])
        return origin_of(request.ip or "", forwarded, self._trusted)

    def is_https(self, request: Request) -> bool:
        """Whether the client's connection is encrypted, as far as it can be told."""
        transport = request.transport
        if transport is not None and transport.get_extra_info("sslcontext"):
            return True
        said = request.headers.getall("x-forwarded-proto", [])
        return bool(said) and self.origin(request).trusted and said[-1].split(",")[-1].strip().lower() == "https"

    def is_listed(self, origin: str) -> bool:
        """Whether a page of that origin may ask."""
        return origin.lower() in self._allowed

    async def _before(self, request: Request) -> HTTPResponse | None:
        origins = request.headers.getall("origin", [])
        if not origins or is_public(request):
            return None
        listed = len(origins) == 1 and self.is_listed(origins[0])
        if not listed and not (len(origins) == 1 and _is_own(origins[0], request.headers.get("host", ""))):
            return response.json({"error": "this page may not ask here"}, 403)
        if request.method == "OPTIONS" and listed and "access-control-request-method" in request.headers:
            return response.empty(204, headers=_PREFLIGHT)
        return None

    async def _after(self, request: Request, answer: BaseHTTPResponse) -> None:
        public = is_public(request)
        for name, value in HEADERS.items():
            if not (name in answer.headers and (public or name == _CACHE)):
                answer.headers[name] = value
        if self.is_https(request):
            answer.headers["Strict-Transport-Security"] = _HSTS
        if public:
            answer.headers.update(PUBLIC)
            return
        answer.headers["Vary"] = "Origin"
        origin = request.headers.get("origin")
        if origin and self.is_listed(origin) and answer.status != 403:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Allow-Credentials"] = "true"
            answer.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Refund-Desk-Resume"


def _is_own(origin: str, host: str) -> bool:
    """Whether a page is one of this server: the same host and port. The scheme is the proxy's business."""
    try:
        page = urlsplit(origin)
        asked = urlsplit(f"{page.scheme}://{host}")
        default = _PORTS[page.scheme]
        same_port = (page.port or default) == (asked.port or default)
    except (KeyError, ValueError):
        return False
    return bool(page.hostname) and page.hostname == asked.hostname and same_port and not page.path


async def _check_framing(request: Request) -> None:
    """Refuse a request whose end others might see elsewhere, or a GET with a body. Sanic takes the first of several
    lengths, prefers chunks to a length, and with a negative length reads for ever and answers nobody any more."""
    headers = request.headers
    lengths, codings = headers.getall("content-length", []), headers.getall("transfer-encoding", [])
    if (
        len(lengths) + len(codings) > 1
        or not all(_LENGTH.fullmatch(length) for length in lengths)
        or not all(coding == "chunked" for coding in codings)
        or not all(_NAME.fullmatch(name) for name in headers)
        # Nobody reads it: it would only be waited for.
        or (request.method in ("GET", "HEAD") and (codings or any(int(length) for length in lengths)))
    ):
        raise InvalidUsage("the body has no clear end")


async def _error(request: Request, error: Exception) -> HTTPResponse:
    """A short answer; what went wrong inside stays inside."""
    status = error.status_code if isinstance(error, SanicException) else 500
    headers: dict[str, Any] = {}
    if status == 405:
        headers = {"Allow": (getattr(error, "headers", None) or {}).get("Allow", "")}
    stream = getattr(request, "stream", None)
    if status == 400 and stream is not None and not stream.keep_alive:
        stream.request_body = None  # the connection is closed: what can't be read is not read again
    if status >= 500:
        logger.error("request.failed", error=type(error).__name__)
    said = _SAID.get(status, "something went wrong on our side" if status >= 500 else "this can't be answered")
    return response.json({"error": said}, status, headers=headers)

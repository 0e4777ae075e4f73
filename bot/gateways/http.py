"""What the gateways have in common: addresses, limits, and JSON over HTTP with an end to it.

Nothing that an exception can carry comes from an answer, but for an error code.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.cases.ports.billing import Unavailable
from bot.gateways.deadline import DeadlineTransport, deadline

ORDER = re.compile(r"CC-[0-9]{6}", re.ASCII)
"""An order number."""
KEY = re.compile(r"[A-Za-z0-9._:/-]{4,128}", re.ASCII)
"""An idempotency key."""
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""An error code that may be shown."""
LONGEST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer of a shop system: a page of a list."""

_LONGEST_WAIT = 3600.0
_LEAST_LEFT = 0.2  # seconds that a repeat needs to make sense


class GatewayUnavailable(Unavailable):
    """Unavailable over HTTP. ``retry_after`` is how many seconds the gateway asked to be left alone, if it did."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limits:
    """Seconds for the connection, for one exchange, and for all exchanges of one call together."""

    connect: float = 2.0
    exchange: float = 4.0
    call: float = 6.0


@dataclass(frozen=True)
class Answer:
    """What came back. ``body`` is None where it is no JSON; ``retry_after`` in seconds."""

    status: int
    body: Any
    retry_after: float | None


class JsonClient:
    """HTTP to the API of a shop system or a messaging provider; ``name`` is what errors call it, ``user`` None where
    headers or paths authenticate. Safe to share between threads.

    Redirects are not followed, cookies not kept, and the proxies of the environment not used.
    """

    def __init__(
        self,
        name: str,
        url: str,
        user: str | None,
        password: str,
        headers: Mapping[str, str],
        limits: Limits,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self.name = name
        self.url = checked_url(url, name)
        self._limits = limits
        self._clock = clock
        self._client = httpx.Client(
            transport=DeadlineTransport(),
            auth=None if user is None else (user, password),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "User-Agent": "refund-desk", **headers},
        )

    def call(self) -> Call:
        """Begin a call: several exchanges that end together."""
        return Call(self, time.monotonic() + self._limits.call)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def exchange(self, until: float, method: str, path: str, **what: Any) -> Answer:
        """One exchange, at most until then. Raises GatewayUnavailable."""
        until = min(until, time.monotonic() + self._limits.exchange)
        seconds = max(until - time.monotonic(), 0.001)
        message = self._client.build_request(
            method,
            self.url + path,
            timeout=httpx.Timeout(seconds, connect=min(seconds, self._limits.connect)),
            **what,
        )
        try:
            with deadline(until), contextlib.closing(self._client.send(message, stream=True)) as response:
                body = bounded(response.iter_bytes(), LONGEST_ANSWER, self.name)
        except httpx.TimeoutException:
            raise GatewayUnavailable(f"{self.name} did not answer in time") from None
        except httpx.HTTPError as error:
            raise _Broken(f"no answer from {self.name}: {type(error).__name__}") from None
        wait = seconds_to_wait(response.headers.get("Retry-After"), self._clock())
        try:
            return Answer(response.status_code, json.loads(body), wait)
        except (ValueError, RecursionError):
            return Answer(response.status_code, None, wait)


class _Broken(GatewayUnavailable):
    """The connection broke: a read may be made again at once."""


@dataclass(frozen=True)
class Call:
    """Exchanges that end together at ``until`` (``time.monotonic()``)."""

    client: JsonClient
    until: float

    def get(self, path: str, **params: str | int) -> Answer:
        """Read; once more where a connection that was kept open turns out to be broken."""
        try:
            return self.client.exchange(self.until, "GET", path, params=params)
        except _Broken:
            if time.monotonic() + _LEAST_LEFT > self.until:
                raise
            return self.client.exchange(self.until, "GET", path, params=params)

    def send(self, method: str, path: str, **what: Any) -> Answer:
        """Change something, once."""
        return self.client.exchange(self.until, method, path, **what)


def checked_url(url: str, name: str) -> str:
    """The URL without a slash at its end. Raises ValueError for one that can't be used."""
    try:
        parsed = httpx.URL(url)
        _ = urlsplit(url).port  # stricter than httpx about brackets and port numbers
    except (httpx.InvalidURL, TypeError, ValueError):
        raise ValueError(f"the URL of {name} is none") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"the URL of {name} must begin with https:// and name a host")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise ValueError(f"the URL of {name} must have no user, password, query or fragment")
    if parsed.scheme == "http" and not _is_this_machine(parsed.host):
        raise ValueError(f"the URL of {name} must begin with https://, since it is not on this machine")
    return str(parsed).rstrip("/")


def bounded(chunks: Iterable[bytes], most: int, name: str) -> bytes:
    """The body. Raises GatewayUnavailable where it has more than ``most`` bytes."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise GatewayUnavailable(f"the answer of {name} is too long")
    return bytes(body)


def seconds_to_wait(header: str | None, now: float) -> float | None:
    """The seconds of a Retry-After header, which holds them or a date; None where it holds neither."""
    if header is None:
        return None
    try:
        wait = float(header) if re.fullmatch("[0-9]{1,9}", header) else parsedate_to_datetime(header).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, 0.0), _LONGEST_WAIT)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

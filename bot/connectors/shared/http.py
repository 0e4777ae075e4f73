"""HTTP to the systems of others, with an end to it: the one client of all of them.

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
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.connectors.shared.call_deadline import DeadlineTransport, deadline
from bot.policy.values import Value
from bot.wording import CodedError, say

LONGEST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer: a page of a list."""

_LONGEST_WAIT = 3600.0


class NoAnswer(CodedError):
    """None came, or none that can be read; its values hold nothing of it. ``is_broken``: the connection broke, so a
    read may be made again at once."""

    group = "fault"

    def __init__(self, code: str, *, is_broken: bool = False, **values: Value) -> None:
        super().__init__(code, **values)
        self.is_broken = is_broken


@dataclass(frozen=True)
class Limits:
    """Seconds for the connection, for one exchange, and for all exchanges of one call together."""

    connect: float = 2.0
    exchange: float = 4.0
    call: float = 6.0


@dataclass(frozen=True)
class Answer:
    """What came back; ``retry_after`` in seconds."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    retry_after: float | None

    @cached_property
    def body(self) -> Any:
        """The JSON of it; None where it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


class HttpClient:
    """HTTP to one system of others; ``name`` is what errors call it: its own, or the code of one that has none (the
    message ``system_named``). ``user`` is None where headers or paths authenticate; ``longest`` is how many bytes of an
    answer are read. ``as_sent``: the bytes of the wire are looked at, for a signature over them. Safe to share between
    threads.

    Redirects are not followed, cookies not kept, and the proxies of the environment not used.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        limits: Limits,
        user: str | None = None,
        password: str = "",
        headers: Mapping[str, str] | None = None,
        longest: int = LONGEST_ANSWER,
        as_sent: bool = False,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self.name = name
        self.url = checked_url(url, name)
        self.limits = limits
        self._longest = longest
        self._as_sent = as_sent
        self._clock = clock
        self._client = httpx.Client(
            transport=transport or DeadlineTransport(),
            auth=None if user is None else (user, password),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "User-Agent": "refund-desk", **(headers or {})},
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def target(self, path: str) -> str:
        """The path as it is sent."""
        return httpx.URL(self.url + path).raw_path.decode("ascii")

    def exchange(self, until: float, method: str, path: str, **what: Any) -> Answer:
        """One exchange, at most until then (``time.monotonic()``). Raises NoAnswer."""
        until = min(until, time.monotonic() + self.limits.exchange)
        seconds = max(until - time.monotonic(), 0.001)
        message = self._client.build_request(
            method,
            self.url + path,
            timeout=httpx.Timeout(seconds, connect=min(seconds, self.limits.connect)),
            **what,
        )
        try:
            with deadline(until), contextlib.closing(self._client.send(message, stream=True)) as response:
                content = self._bounded(response.iter_raw() if self._as_sent else response.iter_bytes())
        except httpx.TimeoutException:
            raise NoAnswer("timed_out", system=self.name) from None
        except httpx.HTTPError as error:
            raise NoAnswer("no_answer", is_broken=True, system=self.name, error=type(error).__name__) from None
        wait = seconds_to_wait(response.headers.get("Retry-After"), self._clock())
        return Answer(response.status_code, response.headers, content, wait)

    def _bounded(self, chunks: Iterable[bytes]) -> bytes:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._longest:
                raise NoAnswer("answer_too_long", system=self.name)
        return bytes(body)


def checked_url(url: str, name: str) -> str:
    """The URL without a slash at its end. Raises ValueError for one that can't be used."""
    try:
        parsed = httpx.URL(url)
        _ = urlsplit(url).port  # stricter than httpx about brackets and port numbers
    except (httpx.InvalidURL, TypeError, ValueError):
        raise ValueError(say("url_none", system=name)) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(say("url_incomplete", system=name))
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise ValueError(say("url_with_more", system=name))
    if parsed.scheme == "http" and not _is_this_machine(parsed.host):
        raise ValueError(say("url_unencrypted", system=name))
    return str(parsed).rstrip("/")


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

"""What the help desks have in common: JSON over HTTP with an end to it, and times.

Nothing that an exception can carry comes from an answer, but for its status or an error code.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from bot.cases.ports.helpdesk import DeskRejected, DeskUnavailable
from bot.gateways.deadline import DeadlineTransport, deadline

LONGEST_ANSWER = 2 * 1024 * 1024
"""Bytes."""
_CONNECT, _EXCHANGE = 3.0, 8.0  # seconds
_GONE = frozenset({404, 410})
_LATER = frozenset({401, 403, 408, 425, 429})
"""Refusals that end by themselves, or once somebody has corrected a setting."""


class Api:
    """The API of a help desk. Safe to share between threads. Redirects are not followed, cookies not kept, and the
    proxies of the environment not used."""

    def __init__(self, name: str, url: str, headers: Mapping[str, str], auth: tuple[str, str] | None = None) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._name = name
        self._url = checked_url(url)
        self._client = httpx.Client(
            transport=DeadlineTransport(),
            auth=auth,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "User-Agent": "refund-desk", **headers},
        )

    def call(self, method: str, path: str, *, gone: frozenset[int] = _GONE, **what: Any) -> Any:
        """The JSON of an answer; None where it is empty. ``gone``: the statuses that tell that what the path names is
        there no more. Raises DeskUnavailable and DeskRejected."""
        until = time.monotonic() + _EXCHANGE
        timeout = httpx.Timeout(_EXCHANGE, connect=_CONNECT)
        message = self._client.build_request(method, self._url + path, timeout=timeout, **what)
        try:
            with deadline(until), contextlib.closing(self._client.send(message, stream=True)) as response:
                body = self._body(response)
        except httpx.TimeoutException:
            raise DeskUnavailable(f"{self._name} did not answer in time") from None
        except httpx.HTTPError as error:
            raise DeskUnavailable(f"no answer from {self._name}: {type(error).__name__}") from None
        status = response.status_code
        if 200 <= status < 300:
            return self._json(body)
        if status in gone:
            raise DeskRejected(f"{self._name} answered {status}", gone=True)
        if status in _LATER or not 400 <= status < 500:
            wait = seconds_to_wait(response.headers.get("Retry-After"), time.time())
            raise DeskUnavailable(f"{self._name} answered {status}", wait)
        raise DeskRejected(f"{self._name} answered {status}")

    def object(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        """The same, where the answer has to be an object."""
        answer = self.call(method, path, **what)
        if not isinstance(answer, dict):
            raise self.senseless()
        return answer

    def senseless(self) -> DeskUnavailable:
        """The error of an answer that is not what it should be."""
        return DeskUnavailable(f"the answer of {self._name} makes no sense")

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LONGEST_ANSWER:
                raise DeskUnavailable(f"the answer of {self._name} is too long")
        return bytes(body)

    def _json(self, body: bytes) -> Any:
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise self.senseless() from None


def checked_url(url: str) -> str:
    """The URL without a slash at its end. Raises ValueError for one that can't be used."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise ValueError("is no URL") from None
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo or parsed.query or parsed.fragment:
        raise ValueError("must look like https://helpdesk.example")
    if parsed.scheme == "http" and not _is_this_machine(parsed.host):
        raise ValueError("must begin with https://, since it is not on this machine")
    return str(parsed).rstrip("/")


def seconds_to_wait(header: str | None, now: float) -> float | None:
    """The seconds of a Retry-After header, which holds them or a date; None where it holds neither."""
    if header is None:
        return None
    try:
        wait = float(header) if re.fullmatch("[0-9]{1,6}", header) else parsedate_to_datetime(header).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return max(wait, 0.0)


def parse_time(text: Any) -> datetime | None:
    """An aware time in ISO 8601; None for anything else."""
    if not isinstance(text, str):
        return None
    # Python 3.10 reads neither Z nor fractions of nine digits; Chatwoot has UTC at the end.
    plain = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text.strip())
    plain = re.sub(r"(?:Z| UTC)$", "+00:00", plain)
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

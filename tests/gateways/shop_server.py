"""What the contract servers of shop systems share: HTTP in threads, a record of what they are sent, and faults."""

from __future__ import annotations

import base64
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.gateways.breaking_http import BreakingHttp, Served, break_off


class ShopFault(str, Enum):
    """One way in which a valid request goes wrong. From ERROR_AFTER on it is carried out."""

    ERROR_BEFORE = "error_before"
    DROP_BEFORE = "drop_before"
    TOO_MANY = "too_many"
    """429 with Retry-After."""
    HTML = "html"
    """A maintenance page: 503, no JSON."""
    ERROR_AFTER = "error_after"
    DROP_AFTER = "drop_after"
    LATE = "late"
    """Done at once, answered after ``late_seconds``."""
    SLOW = "slow"
    """Done only after ``late_seconds``, when the caller has given up."""
    GARBAGE = "garbage"
    """Done, answered with half of the JSON."""

    @property
    def is_done(self) -> bool:
        """Whether the request is carried out."""
        return self in (self.ERROR_AFTER, self.DROP_AFTER, self.LATE, self.SLOW, self.GARBAGE)


@dataclass(frozen=True)
class Sent:
    """A request as it arrived; ``values`` are its form or JSON, ``query`` its query parameters."""

    method: str
    path: str
    query: dict[str, str]
    values: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"


@dataclass(frozen=True)
class Reply:
    """An answer; ``body`` becomes JSON unless it is bytes."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class ShopServer(Served, ABC):
    """A subclass answers the requests."""

    user = password = ""

    def __init__(self, late_seconds: float = 1.5, retry_after: str = "2") -> None:
        super().__init__()
        self.late_seconds = late_seconds
        self.retry_after = retry_after
        self.sent: list[Sent] = []
        self.violations: list[str] = []
        self.lock = threading.RLock()
        self._faults: dict[str, list[ShopFault]] = {}

    def fail(self, what: str, faults: Iterable[ShopFault]) -> None:
        """What goes wrong with the next requests whose "METHOD path" holds ``what``, one each."""
        with self.lock:
            self._faults[what] = list(faults)

    def writes(self, part: str = "") -> list[Sent]:
        """The requests that change something, whose path holds ``part``."""
        return [sent for sent in self.sent if sent.is_write and part in sent.path]

    @abstractmethod
    def answer(self, sent: Sent) -> Reply:
        """Carry a request out."""

    def is_authorised(self, sent: Sent) -> bool:
        """Whether a request comes with the right credentials."""
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return sent.headers.get("authorization") == f"Basic {token}"

    @abstractmethod
    def unauthorised(self) -> Reply:
        """The answer to wrong credentials."""

    @abstractmethod
    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        """The answer of an error."""

    def next_fault(self, sent: Sent) -> ShopFault | None:
        """Take the next fault for a request off the lists."""
        with self.lock:
            for what, faults in self._faults.items():
                if what in f"{sent.method} {sent.path}" and faults:
                    return faults.pop(0)
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: BreakingHttp

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read what was sent."""

    def do_GET(self) -> None:
        shop = self.server.served
        assert isinstance(shop, ShopServer)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        kind = self.headers.get("Content-Type", "")
        values: dict[str, Any] = {}
        if body and kind == "application/json":
            values = json.loads(body)
        elif body and kind == "application/x-www-form-urlencoded":
            values = dict(parse_qsl(body.decode(), keep_blank_values=True))
        elif body:
            shop.violations.append(f"a body of the kind {kind!r}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = Sent(self.command, parts.path, dict(parse_qsl(parts.query)), values, headers)
        shop.sent.append(sent)
        if not shop.is_authorised(sent):
            self._send(shop.unauthorised())
            return
        fault = shop.next_fault(sent)
        if fault is ShopFault.SLOW:
            self.server.ended.wait(shop.late_seconds)
        if fault is None or fault.is_done:
            try:
                reply = shop.answer(sent)
            except Exception as error:
                shop.violations.append(f"the contract server itself failed: {error!r}")
                raise
        if fault is None:
            self._send(reply)
        elif fault is ShopFault.TOO_MANY:
            self._send(Reply(429, shop.failure(fault, sent).body, {"Retry-After": shop.retry_after}))
        elif fault is ShopFault.HTML:
            self._send(Reply(503, b"<html>Down for maintenance</html>", {"Retry-After": shop.retry_after}))
        elif fault in (ShopFault.DROP_BEFORE, ShopFault.DROP_AFTER):
            self.close_connection = True
            break_off(self.connection)
        elif fault is ShopFault.GARBAGE:
            raw = json.dumps(reply.body).encode()
            self._send(Reply(reply.status, raw[: len(raw) // 2]))
        elif fault in (ShopFault.LATE, ShopFault.SLOW):
            self.server.ended.wait(shop.late_seconds)
            self._send(reply)
        else:
            self._send(shop.failure(fault, sent))

    do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, reply: Reply) -> None:
        raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


ShopServer.handler = _Handler

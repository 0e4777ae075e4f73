"""A billing gateway that does what docs/connect/billing-gateway.openapi.yml says, strictly, and goes wrong on demand.

    with ContractServer(secret=b"…") as server:
        server.book.add_order("CC-104233")
        server.faults = [Fault.ERROR_AFTER]
        RestGateway(server.url, server.secret).refund(…)
        assert len(server.payments) == 1 and server.violations == []

Or as a process of its own: ``python -m tests.gateways.contract_server --help``.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.gateways import contract_rules as rules
from tests.gateways.breaking_http import BreakingHttp, Served, break_off
from tests.gateways.contract_book import Book, Call, End, Payment, Stop
from tests.gateways.contract_faults import Answer, Fault, random_faults

__all__ = ["Answer", "Book", "Call", "ContractServer", "End", "Fault", "Payment", "Stop", "random_faults"]

SECRET = b"a secret of the tests only"
_LOG = logging.getLogger(__name__)


class ContractServer(Served):
    """The gateway; ``book`` outlives its starts and stops.

    ``slow_seconds`` is how late a late answer is, ``drip_seconds`` the pause between two bytes of a dripping one,
    ``retry_after`` the value of that header. They may be changed at any time. ``calls_per_minute`` is the limit of the
    OpenAPI file, which tests exceed too easily: None for no limit.
    """

    def __init__(
        self,
        secret: bytes = SECRET,
        *,
        book: Path | None = None,
        port: int = 0,
        slow_seconds: float = 1.5,
        drip_seconds: float = 0.05,
        retry_after: str = "2",
        calls_per_minute: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.secret = secret
        self.book = Book(book)
        self.slow_seconds = slow_seconds
        self.drip_seconds = drip_seconds
        self.retry_after = retry_after
        self.calls_per_minute = calls_per_minute
        self.clock = clock
        super().__init__(port)
        self._lock = threading.Lock()
        self._faults: Iterator[Fault | Answer] = iter(())
        self._faults_of: dict[str, Iterator[Fault | Answer]] = {}
        self._recent: deque[float] = deque()

    @property
    def faults(self) -> Iterator[Fault | Answer]:
        """What goes wrong with the calls to come, one for each that keeps the rules, then nothing. May be endless."""
        return self._faults

    @faults.setter
    def faults(self, faults: Iterable[Fault | Answer]) -> None:
        with self._lock:
            self._faults = iter(faults)

    def faults_for(self, operation: str, faults: Iterable[Fault | Answer]) -> None:
        """The same for one operation only (stop, agreement-end, refunds, balance, payments), before ``faults``."""
        with self._lock:
            self._faults_of[operation] = iter(faults)

    def next_fault(self, operation: str) -> Fault | Answer:
        """Take the next fault off the lists."""
        with self._lock:
            fault = next(self._faults_of.get(operation, iter(())), None)
            return fault or next(self._faults, None) or Fault.NONE

    def is_over_the_limit(self) -> bool:
        """Count one more call; whether it is one too many."""
        if self.calls_per_minute is None:
            return False
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] < now - 60:
                self._recent.popleft()
            if len(self._recent) >= self.calls_per_minute:
                return True
            self._recent.append(now)
            return False

    # The book, within reach

    @property
    def payments(self) -> list[Payment]:
        """See Book."""
        return self.book.payments

    @property
    def payments_by_key(self) -> dict[str, list[Payment]]:
        """See Book."""
        return self.book.payments_by_key

    @property
    def payments_by_order(self) -> dict[str, list[Payment]]:
        """See Book."""
        return self.book.payments_by_order

    @property
    def stops(self) -> list[Stop]:
        """See Book."""
        return self.book.stops

    @property
    def ends(self) -> list[End]:
        """See Book."""
        return self.book.ends

    @property
    def calls(self) -> list[Call]:
        """See Book."""
        return self.book.calls

    @property
    def violations(self) -> list[str]:
        """See Book."""
        return self.book.violations


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: BreakingHttp

    @property
    def contract(self) -> ContractServer:
        """Whose answers these are."""
        assert isinstance(self.server.served, ContractServer)
        return self.server.served

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read the book."""

    def do_GET(self) -> None:
        contract = self.contract
        body = self._body()
        if body is None:
            return
        request = rules.Request(self.command, self.path, self._header, body)
        self._signature = rules.signature_of(request)[1]
        self._call: int | None = None
        try:
            wish = rules.check(request, contract.secret, contract.clock())
        except rules.Refusal as refusal:
            contract.book.record_violation(refusal.violation)
            self._send(refusal.status, {"code": refusal.code})
            return
        if contract.is_over_the_limit():
            self._send(429, {"code": "too_many_calls"}, {"Retry-After": contract.retry_after})
            return
        fault = contract.next_fault(wish.operation)
        name = fault.value if isinstance(fault, Fault) else str(fault.status)
        self._call = contract.book.record_call(wish.operation, wish.order, wish.key, name)
        try:
            self._act(wish, fault)
        except OSError:
            raise
        except Exception as error:
            contract.book.record_violation(f"the contract server itself failed: {error!r}")
            raise

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _act(self, wish: rules.Wish, fault: Fault | Answer) -> None:
        contract = self.contract
        if isinstance(fault, Answer):
            self._send(fault.status, fault.body, fault.headers)
        elif fault.does_nothing:
            self._do_nothing(fault)
        else:
            if fault is Fault.SLOW:
                self.server.ended.wait(contract.slow_seconds)
            status, answer = contract.book.carry_out(wish.operation, wish.order, wish.key, wish.values)
            problem = rules.problem_of_answer(wish.operation, status, json.dumps(answer).encode())
            if problem:
                contract.book.record_violation(f"the contract server's own answer: {problem}")
            self._answer_badly(fault, status, answer)

    def _do_nothing(self, fault: Fault) -> None:
        wait = {"Retry-After": self.contract.retry_after}
        if fault is Fault.ERROR_BEFORE:
            self._send(500, {"code": "failed"})
        elif fault is Fault.TOO_MANY:
            self._send(429, {"code": "too_many_calls"}, wait)
        elif fault is Fault.CLOSED:
            self._send(503, {"code": "closed"}, wait)
        elif fault is Fault.IN_PROGRESS:
            self._send(425, {"code": "in_progress"})
        elif fault is Fault.REDIRECT:
            self._send(307, {"code": "elsewhere"}, {"Location": f"{self.contract.url}/elsewhere"})
        else:
            if fault is Fault.HANG:
                self.server.ended.wait(self.contract.slow_seconds)
            self._drop()

    def _answer_badly(self, fault: Fault, status: int, answer: dict[str, Any]) -> None:
        contract = self.contract
        body = json.dumps(answer).encode()
        head: dict[str, str | None] = {}
        signed = body
        pause = cut = 0.0
        if fault is Fault.ERROR_AFTER:
            status, body = 500, b'{"code": "failed"}'
            signed = body
        elif fault is Fault.DROP_AFTER:
            self._drop()
            return
        elif fault is Fault.LATE:
            self.server.ended.wait(contract.slow_seconds)
        elif fault is Fault.DRIP:
            pause = contract.drip_seconds
        elif fault is Fault.CUT:
            cut = len(body) // 2
        elif fault is Fault.GARBAGE:
            signed = body = body[: len(body) // 2] + b"\xff<html>"
        elif fault is Fault.HUGE:
            signed = body = json.dumps({**answer, "padding": "x" * 70_000}).encode()
        elif fault is Fault.NO_SIGNATURE:
            head["Billing-Signature"] = None
        elif fault is Fault.WRONG_SIGNATURE:
            wrong = rules.sign_answer(b"another" + contract.secret, self._signature, status, body)
            head["Billing-Signature"] = f"v1={wrong}"
        elif fault is Fault.REPLAYED:
            other = rules.sign_answer(contract.secret, "0" * 64, status, body)
            head["Billing-Signature"] = f"v1={other}"
        elif fault is Fault.TAMPERED:
            body = json.dumps({**answer, "more": 1}).encode()
        elif fault is Fault.OTHER_AMOUNT and "amount" in answer:
            signed = body = json.dumps({**answer, "amount": "0.01"}).encode()
        elif fault in (Fault.OTHER_VALUES, Fault.OTHER_AMOUNT):
            signed = body = json.dumps({**answer, "order": "CC-000000"}).encode()
        self._send(status, body, head, signed=signed, pause=pause, cut=int(cut))

    def _send(
        self,
        status: int,
        body: Any,
        headers: Mapping[str, str | None] | None = None,
        *,
        signed: bytes | None = None,
        pause: float = 0.0,
        cut: int = 0,
    ) -> None:
        """Answer with a JSON object or bytes, signed unless a header says otherwise (None: no such header)."""
        contract = self.contract
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = rules.sign_answer(contract.secret, self._signature, status, raw if signed is None else signed)
        all_headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            "Billing-Signature": f"v1={signature}",
            **(headers or {}),
        }
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"
        lines = [f"HTTP/1.1 {status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
        message = "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if self.command == "HEAD" else raw)
        if self._call is not None:
            contract.book.record_status(self._call, status)
        if pause:
            for byte in message:
                self.wfile.write(bytes([byte]))
                self.server.ended.wait(pause)
        else:
            self.wfile.write(message[: len(message) - cut])
        if cut:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        break_off(self.connection)

    def _header(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []

    def _body(self) -> bytes | None:
        """The body; None if the caller gave up while sending it, which breaks no rule."""
        lengths = self._header("Content-Length")
        if self._header("Transfer-Encoding") or (lengths and not (len(lengths) == 1 and lengths[0].isdecimal())):
            self.close_connection = True
            return b""
        length = int(lengths[0]) if lengths else 0
        if length > rules.LONGEST_BODY:
            self.close_connection = True
            return b""
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body


ContractServer.handler = _Handler


def main(argv: list[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; the first line of the output is the URL."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--secret-file", type=Path, help="a file with the secret; default: the one of the tests")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--book", type=Path, help="an SQLite file to keep the book in; Book(path) reads it")
    parser.add_argument("--orders", type=Path, help="a JSON list of orders, as refund-desk imports it")
    parser.add_argument("--chance", action="append", default=[], metavar="FAULT=0.1", help=", ".join(Fault))
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--slow", type=float, default=1.5, metavar="SECONDS")
    arguments = parser.parse_args(argv)
    secret = arguments.secret_file.read_bytes().strip() if arguments.secret_file else SECRET
    server = ContractServer(secret, book=arguments.book, port=arguments.port, slow_seconds=arguments.slow)
    for order in json.loads(arguments.orders.read_text("utf-8")) if arguments.orders else []:
        left = order["remaining_balance"]
        used = order["used"] or left != order["original_balance"]
        server.book.add_order(
            order["number"], paid=order["amount_paid"], currency=order["currency"], remaining=left, used=used
        )
    chances = {Fault(name): float(chance) for name, _, chance in (text.partition("=") for text in arguments.chance)}
    server.faults = random_faults(arguments.seed, chances)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with server:
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()

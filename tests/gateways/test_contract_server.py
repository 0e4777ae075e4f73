"""The contract server itself: strict, the same after a crash, and its faults by seed."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

import httpx
import pytest

from bot.cases.ports.billing import Unavailable
from bot.connectors.billing_rest.deliver import RestGateway
from bot.policy.facts import Destination
from bot.settings import PROJECT
from tests.gateways import contract_rules as rules
from tests.gateways import contract_server
from tests.gateways.contract_server import SECRET, Book, ContractServer, Fault, random_faults
from tests.gateways.gateway_builders import CARD

REFUND = b'{"amount":"44.00","currency":"USD","destination":"wallet","order":"CC-104233"}'
PATH = f"/v1/orders/{CARD}/refunds"
JSON = {"Content-Type": "application/json"}


def send(
    server: ContractServer,
    body: bytes = REFUND,
    *,
    path: str = PATH,
    key: str | None = "key-1",
    method: str = "POST",
    **headers: str,
) -> httpx.Response:
    """A request with a right signature, whatever else is wrong with it."""
    now = str(int(server.clock()))
    signature = rules.sign_request(server.secret, method, path, key or "", now, body)
    given = {**JSON, "Billing-Signature": f"t={now},v1={signature}", **headers}
    if key is not None:
        given["Idempotency-Key"] = key
    return httpx.request(method, server.url + path, content=body, headers=given)


def test_a_right_request_is_done_and_breaks_no_rule(server: ContractServer) -> None:
    assert send(server).status_code == 201
    assert server.violations == [] and len(server.payments) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        REFUND.replace(b'"44.00"', b"44.00"),
        REFUND.replace(b"44.00", b"-44.00"),
        REFUND.replace(b"USD", b"usd"),
        REFUND.replace(b"wallet", b"pocket"),
        REFUND.replace(b"CC-104233", b"CC-104251"),
        REFUND.replace(b"{", b'{"more":1,'),
    ],
)
def test_a_body_that_does_not_fit_the_schema_is_a_violation(server: ContractServer, body: bytes) -> None:
    assert send(server, body).status_code == 400
    assert len(server.violations) == 1 and server.payments == [] and server.calls == []


@pytest.mark.parametrize("key", [None, "abc", "x" * 129, "a key"])
def test_a_missing_or_malformed_key_is_a_violation(server: ContractServer, key: str | None) -> None:
    assert send(server, key=key).status_code == 400
    assert len(server.violations) == 1 and server.payments == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/orders/CC-104233/refund"), ("PUT", PATH), ("GET", "/elsewhere"), ("GET", PATH + "/")],
)
def test_an_unknown_path_is_a_violation(server: ContractServer, method: str, path: str) -> None:
    assert send(server, path=path, method=method).status_code == 404
    assert "there is no such operation" in server.violations[0]


@pytest.mark.parametrize("path", ["/v1/orders/cc-104233/refunds", "/v1/orders/%43C-104233/refunds"])
def test_an_order_number_in_another_form_is_a_violation(server: ContractServer, path: str) -> None:
    assert send(server, path=path).status_code == 400
    assert len(server.violations) == 1


def test_another_content_type_is_a_violation(server: ContractServer) -> None:
    assert send(server, **{"Content-Type": "text/plain"}).status_code == 400
    assert "Content-Type" in server.violations[0]


def test_a_caller_who_gives_up_while_sending_breaks_no_rule(server: ContractServer) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nContent-Length: {len(REFUND)}\r\n\r\n".encode() + REFUND[:20])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert server.violations == [] and server.calls == []


def test_a_key_stands_for_the_values_and_not_for_the_bytes(server: ContractServer) -> None:
    assert send(server).json() == send(server, REFUND.replace(b":", b" : ")).json()
    assert len(server.payments) == 1 and server.violations == []


def test_a_refusal_is_kept_with_its_key_but_an_unknown_order_is_not(server: ContractServer) -> None:
    too_much = REFUND.replace(b"44.00", b"50.01")
    assert send(server, too_much).status_code == 422
    server.book.add_order(CARD, paid="100.00")
    assert send(server, too_much).status_code == 422
    assert send(server, too_much, key="key-2").status_code == 201
    unknown = REFUND.replace(CARD.encode(), b"CC-999999")
    assert send(server, unknown, path="/v1/orders/CC-999999/refunds", key="key-3").status_code == 404
    server.book.add_order("CC-999999")
    assert send(server, unknown, path="/v1/orders/CC-999999/refunds", key="key-3").status_code == 201


def test_faults_are_the_same_for_the_same_seed_and_end_where_told() -> None:
    chances = {Fault.ERROR_AFTER: 0.3, Fault.DROP_BEFORE: 0.2}
    drawn = list(islice(random_faults(7, chances), 200))
    assert drawn == list(islice(random_faults(7, chances), 200)) != list(islice(random_faults(8, chances), 200))
    assert set(drawn) == {*chances, Fault.NONE}
    assert sum(fault is not Fault.NONE for fault in random_faults(7, chances, most=5)) == 5
    with pytest.raises(ValueError, match="more than 1"):
        next(random_faults(1, {Fault.SLOW: 0.6, Fault.LATE: 0.6}))


def test_faults_of_one_operation_leave_the_others_alone(server: ContractServer) -> None:
    server.faults_for("refunds", [Fault.ERROR_BEFORE])
    assert send(server, b"", path=f"/v1/orders/{CARD}/balance", key=None, method="GET").status_code == 200
    assert send(server).status_code == 500
    assert [(call.operation, call.fault, call.status) for call in server.calls] == [
        ("balance", "none", 200),
        ("refunds", "error_before", 500),
    ]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that the test starts, killed at its end."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for running in started:
        running.kill()
        running.wait()


def start(process: list[subprocess.Popen[str]], *arguments: str) -> str:
    """The URL of a contract server in a process of its own."""
    command = [sys.executable, "-m", contract_server.__name__, *arguments]
    process.append(subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True))
    output = process[-1].stdout
    assert output is not None
    return output.readline().strip()


def test_a_killed_server_still_knows_what_it_paid(tmp_path: Path, process: list[subprocess.Popen[str]]) -> None:
    book = tmp_path / "book.db"
    ours = Book(book)
    ours.add_order(CARD)
    url = start(process, "--book", str(book), "--chance", "error_after=1")
    with RestGateway(url, SECRET, wait_seconds=0.01) as gateway:
        with pytest.raises(Unavailable):
            gateway.refund(CARD, Decimal("44"), "USD", Destination.WALLET, key="key-1")
        process[-1].kill()
        process[-1].wait()
        with pytest.raises(Unavailable):
            gateway.balance(CARD)
    with RestGateway(start(process, "--book", str(book)), SECRET) as gateway:
        assert gateway.refund(CARD, Decimal("44"), "USD", Destination.WALLET, key="key-1") == "pay_1"
    assert len(ours.payments) == 1 and ours.count("refunds", key="key-1") == 4 and ours.violations == []

"""Strangers who take up the server: half-sent requests, streams and floods, at the running server's own socket.

Whatever they do, they get no more than their share, and an ordinary customer is served beside them.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.running import Site, children_of, running_site

pytestmark = pytest.mark.e2e

CONNECTIONS, OF_ADDRESS, PER_MINUTE = 64, 12, 20
STREAMS, STREAMS_OF_ADDRESS = CONNECTIONS // 2, OF_ADDRESS // 2
_addresses = itertools.count(1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with few places, which trusts one address of this machine; all others of 127.0.0.0/8 are strangers."""
    settings = {
        "connections": str(CONNECTIONS),
        "address_connections": str(OF_ADDRESS),
        "address_requests_per_minute": str(PER_MINUTE),
        "trusted_proxies": "127.0.0.1/32",
    }
    with running_site(tmp_path_factory.mktemp("crowds"), **settings) as site:
        yield site


def stranger() -> str:
    """An address of this machine that the server has never seen."""
    number = next(_addresses)
    return f"127.1.{number // 250}.{number % 250 + 1}"


def connected(site: Site, address: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
    """A connection from that address."""
    wire = socket.socket()
    if receive_buffer:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    wire.settimeout(20)
    wire.bind((address, 0))
    wire.connect(("127.0.0.1", int(site.url.rsplit(":", 1)[1])))
    return wire


@dataclass(frozen=True)
class Answer:
    """An answer of the server, as far as tests look at it."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of a request; a header's name with _ for -."""
    lines = {"Host": "shop.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body:
        lines = {"Content-Type": "application/json", **lines, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def head_of(wire: socket.socket) -> Answer:
    """The head of the next answer, and what came of its body together with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = wire.recv(65_536)
        if not chunk:
            raise ConnectionError("closed without an answer")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, body)


def asked(site: Site, address: str, sent: bytes) -> Answer:
    """What the server answers to one request, whole."""
    with connected(site, address) as wire:
        wire.sendall(sent)
        answer = head_of(wire)
        body = answer.body
        while len(body) < int(answer.headers.get("content-length", 0)):
            body += wire.recv(65_536)
        return Answer(answer.status, answer.headers, body)


def is_told_to_come_back(answer: Answer, status: int) -> bool:
    """Whether somebody is refused in the right words."""
    return answer.status == status and 1 <= int(answer.headers["retry-after"]) <= 60 and len(answer.body) < 4_000


def check_that_a_customer_is_served(site: Site) -> None:
    """Somebody whom nobody knows has a turn, reads a page and sees that all is well. Where all places are taken for a
    moment, they are told so, and come back."""
    address = stranger()
    said = json.dumps({"sender": uuid.uuid4().hex, "message": "I want my money back"}).encode()
    turn = asked(site, address, request("POST", "/webhooks/rest/webhook", said))
    if turn.status == 503:
        assert is_told_to_come_back(turn, 503)
        time.sleep(1)
        turn = asked(site, address, request("POST", "/webhooks/rest/webhook", said))
    assert turn.status == 200 and b"order number" in turn.body, turn
    assert asked(site, address, request("GET", "/refund", Accept="text/html")).status == 200
    assert asked(site, address, request("GET", "/health")).status == 200


def descriptors(site: Site) -> int:
    """The file descriptors that the server has open."""
    (server,) = (pid for pid in children_of(site.process.pid) if b"bot.http" in Path(f"/proc/{pid}/comm").read_bytes())
    return len(list(Path(f"/proc/{server}/fd").iterdir()))


def chat(**headers: str) -> dict[str, str]:
    """The headers of a new conversation."""
    return {"X_Refund_Desk_Sender": uuid.uuid4().hex, **headers}


# Half a request, from many addresses

POST = b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\n"
HALVES: dict[str, bytes] = {
    "nothing at all": b"",
    "one letter": b"G",
    "half a request line": b"GET /heal",
    "a request line without headers": b"GET /health HTTP/1.1\r\n",
    "half the name of a header": b"GET /health HTTP/1.1\r\nHo",
    "headers without an end": b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n",
    "empty lines only": b"\r\n" * 3,
    "a body that never comes": POST + b"Content-Type: application/json\r\nContent-Length: 40\r\n\r\n",
    "half a body": POST + b'Content-Type: application/json\r\nContent-Length: 40\r\n\r\n{"sender": "x"',
    "no last chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "half the size of a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n40",
    "a body that waits to be asked for": POST + b"Expect: 100-continue\r\nContent-Length: 40\r\n\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60,
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n",
    "a stream with half a body": b"GET /webhooks/web/messages HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
    b"X-Refund-Desk-Sender: aaaaaaaaaaaaaaaaaaaaaaaa\r\nContent-Length: 9\r\n\r\n{",
    "a whole request and half of the next": request("GET", "/health") + b"GET /heal",
    "a whole message and half of the next": request("POST", "/webhooks/web/typing", b"{}") + POST,
    "a form for the desk that never ends": b"POST /desk/sign-in HTTP/1.1\r\nContent-Length: 99\r\n\r\nlogin=",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_sent_requests_of_many_addresses_give_way(
    half: bytes, small: Site, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "half-sent requests")
    with ExitStack() as open_:
        for _ in range(CONNECTIONS // OF_ADDRESS * 2):
            address = stranger()
            for _ in range(OF_ADDRESS):
                open_.enter_context(connected(small, address)).sendall(half)
        check_that_a_customer_is_served(small)
        assert descriptors(small) < 2 * CONNECTIONS + 60


@pytest.mark.parametrize(
    "half", [b"", HALVES["headers without an end"], HALVES["half a body"]], ids=["", "head", "body"]
)
def test_one_address_has_its_share_of_connections(
    half: bytes, small: Site, record_property: Callable[[str, object], None]
) -> None:
    """Also where it says for whom it asks: it is no proxy of ours."""
    record_property("hostile inputs", "many connections of one address")
    address = stranger()
    with ExitStack() as open_:
        for _ in range(OF_ADDRESS):
            open_.enter_context(connected(small, address)).sendall(half)
        time.sleep(0.1)
        for _ in range(3):
            refused = asked(small, address, request("GET", "/refund", X_Forwarded_For="198.51.100.7"))
            assert is_told_to_come_back(refused, 429) and refused.headers["refresh"] == "5"
            assert refused.headers["x-content-type-options"] == "nosniff"
        form = asked(small, address, request("POST", "/refund", b"{}"))
        assert form.status == 429 and "refresh" not in form.headers, "a form is not sent again by itself"
        check_that_a_customer_is_served(small)
    time.sleep(0.2)
    assert asked(small, address, request("GET", "/refund")).status == 200, "the places are free again"


# Streams and long polls

STREAM = {"Accept": "text/event-stream"}
WAITERS: dict[str, tuple[str, dict[str, str]]] = {
    "streams": ("/webhooks/web/messages?after=0", STREAM),
    "streams that claim to come from elsewhere": (
        "/webhooks/web/messages?after=0",
        {**STREAM, "X_Forwarded_For": "198.51.100.9"},
    ),
    "long polls": ("/webhooks/web/messages?after=0&wait=25", {}),
    "long polls that claim to have seen all": ("/webhooks/web/messages?after=999999999&wait=25", {}),
}


@pytest.mark.parametrize(("path", "headers"), WAITERS.values(), ids=WAITERS)
def test_one_address_has_its_share_of_those_who_wait(
    path: str, headers: dict[str, str], small: Site, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "streams and polls")
    address = stranger()
    with ExitStack() as open_:
        wires = [open_.enter_context(connected(small, address)) for _ in range(STREAMS_OF_ADDRESS)]
        for wire in wires:
            wire.sendall(request("GET", path, **chat(**headers)))
        time.sleep(0.5)
        for _ in range(3):
            assert is_told_to_come_back(asked(small, address, request("GET", path, **chat(**headers))), 429)
        check_that_a_customer_is_served(small)
    time.sleep(0.3)
    with connected(small, address) as wire:
        wire.sendall(request("GET", "/webhooks/web/messages?after=0", **chat(**STREAM)))
        assert head_of(wire).status == 200, "the places are free again"


@pytest.mark.parametrize("by_proxy", [False, True], ids=["of many addresses", "by our own proxy"])
def test_where_all_places_are_taken_those_inside_are_served(
    by_proxy: bool, small: Site, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "streams and polls")

    def stream(name: dict[str, str]) -> socket.socket:
        address = stranger()
        wire = open_.enter_context(connected(small, "127.0.0.1" if by_proxy else address))
        forwarded = {"X_Forwarded_For": address.replace("127.", "203.")} if by_proxy else {}
        wire.sendall(request("GET", "/webhooks/web/messages?after=0", **name, **STREAM, **forwarded))
        return wire

    with ExitStack() as open_:
        inside = chat()
        first = asked(small, "127.0.0.1", request("POST", "/webhooks/web/open", b"{}", **inside))
        inside["X_Refund_Desk_Resume"] = first.headers["x-refund-desk-resume"]
        listening = stream(inside)
        assert head_of(listening).status == 200
        others = [stream(chat()) for _ in range(STREAMS - 1)]
        assert {head_of(wire).status for wire in others} == {200}

        refused = stream(chat())
        answer = head_of(refused)
        assert is_told_to_come_back(answer, 503)

        said = json.dumps({"message_id": "m-1", "text": "what is your refund policy?"}).encode()
        assert asked(small, "127.0.0.1", request("POST", "/webhooks/web/messages", said, **inside)).status == 202
        heard = b""
        while b'"m-1"' not in heard or b'"bot"' not in heard.partition(b'"m-1"')[2]:
            chunk = listening.recv(65_536)
            assert chunk, heard
            heard += chunk
        check_that_a_customer_is_served(small)
        assert descriptors(small) < 2 * CONNECTIONS + 60


def test_streams_that_nobody_reads_hold_up_nobody(small: Site, record_property: Callable[[str, object], None]) -> None:
    record_property("hostile inputs", "streams and polls")
    name = chat()
    opened = asked(small, "127.0.0.1", request("POST", "/webhooks/web/open", b"{}", **name))
    name["X_Refund_Desk_Resume"] = opened.headers["x-refund-desk-resume"]
    long_text = json.dumps({"message_id": "m-1", "text": "x" * 1_900}).encode()
    asked(small, "127.0.0.1", request("POST", "/webhooks/web/messages", long_text, **name))
    with ExitStack() as open_:
        for _ in range(8):
            wire = open_.enter_context(connected(small, receive_buffer=2_048))
            wire.sendall(request("GET", "/webhooks/web/messages?after=0", **name, **STREAM))
        for _ in range(20):
            on = request("POST", "/webhooks/web/typing", b'{"on": true}', **name)
            assert asked(small, "127.0.0.1", on).status == 204
        check_that_a_customer_is_served(small)


# Floods of one address

GET_HEALTH = request("GET", "/health")
FLOODS: dict[str, tuple[bytes, int]] = {
    "health checks": (GET_HEALTH, 1),
    "a form": (request("GET", "/refund", Accept="text/html"), 1),
    "a form of many languages": (request("GET", "/cancel?x=1", Accept="text/html", Accept_Language="de,fr"), 1),
    "clauses": (request("GET", "/policy", Accept="text/html"), 1),
    "receipts that are guessed": (request("GET", "/receipts/AAAAAAAAAAAAAAAAAAAAAAAA.pdf"), 1),
    "pictures of people": (request("GET", "/agents/1/picture"), 1),
    "demo orders": (request("GET", "/demo-orders"), 1),
    "what is not there": (request("GET", "/wp-login.php"), 1),
    "a method that is not answered": (request("DELETE", "/refund"), 1),
    "forms that are sent blindly": (request("POST", "/refund", b"{}"), 1),
    "looks at messages": (request("GET", "/webhooks/web/messages?after=0", X_Refund_Desk_Sender="a" * 20), 1),
    "looks without a name": (request("GET", "/webhooks/web/messages"), 1),
    "typing": (request("POST", "/webhooks/web/typing", b'{"on": true}', X_Refund_Desk_Sender="b" * 20), 1),
    "typing without a name": (request("POST", "/webhooks/web/typing", b"{"), 1),
    "ratings": (
        request(
            "POST", "/webhooks/web/rating", b'{"reference": "RD-AAAAAA", "score": 1}', X_Refund_Desk_Sender="c" * 20
        ),
        1,
    ),
    "pages that claim to come from elsewhere": (request("GET", "/refund", X_Forwarded_For="198.51.100.8"), 1),
    "files": (request("GET", "/widget.js"), 5),
    "files that are not there": (request("GET", "/nothing.css"), 5),
    "the desk": (request("GET", "/desk", Cookie="refund_desk_agent=" + "d" * 43), 10),
    "the desk's streams": (request("GET", "/desk/events", Accept="text/event-stream"), 10),
}


@pytest.mark.parametrize(("sent", "times"), FLOODS.values(), ids=FLOODS)
def test_a_flood_of_one_address_ends_at_its_share(
    sent: bytes, times: int, small: Site, record_property: Callable[[str, object], None]
) -> None:
    """All at once in one connection, answered in order."""
    record_property("hostile inputs", "floods")
    share = times * PER_MINUTE
    with connected(small, stranger()) as wire:
        head, _, body = sent.partition(b"\r\n\r\n")
        closing = head + b"\r\nConnection: close\r\n\r\n" + body
        wire.sendall(sent * (share + 4) + closing)
        data = b""
        while chunk := wire.recv(65_536):
            data += chunk
    statuses = [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]
    assert len(statuses) == share + 5
    # A minute may end within the flood.
    assert statuses[-1] == 429 and 429 not in statuses[:share] and data.lower().count(b"retry-after: ") >= 5
    check_that_a_customer_is_served(small)


def test_the_addresses_of_one_client_are_one(small: Site, record_property: Callable[[str, object], None]) -> None:
    """A client of IPv6 has a whole /64, and our proxy says for whom it asks."""
    record_property("hostile inputs", "floods")
    answers = [
        asked(small, "127.0.0.1", request("GET", "/policy", X_Forwarded_For=f"2001:db8:0:7::{number:x}"))
        for number in range(PER_MINUTE + 1)
    ]
    assert is_told_to_come_back(answers[-1], 429) and answers[0].status == 200
    assert asked(small, "127.0.0.1", request("GET", "/policy", X_Forwarded_For="2001:db8:0:8::1")).status == 200


def test_this_machine_always_hears_how_it_is(small: Site) -> None:
    with connected(small) as wire:
        wire.sendall(GET_HEALTH * 400)
        data = b""
        while data.count(b"HTTP/1.1 ") < 400:
            data += wire.recv(65_536)
    assert data.count(b"HTTP/1.1 200") == 400


def test_a_page_that_has_to_wait_loads_itself_again(small: Site) -> None:
    address = stranger()
    page = request("GET", "/refund", Accept="text/html")
    for _ in range(PER_MINUTE):
        assert asked(small, address, page).status == 200
    refused = asked(small, address, page)
    assert is_told_to_come_back(refused, 429) and refused.headers["refresh"] == refused.headers["retry-after"]
    assert b"<h1>Please wait a moment</h1>" in refused.body and b"nothing was done" in refused.body


# What is hard to read, and who leaves in the middle

HARD: dict[str, bytes] = {
    "very many headers": b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a: 1\r\n" * 1_300 + b"\r\n",
    "a header that never ends": b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 30_000,
    "a body in very small pieces": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 5_000,
    "a body that is longer than it says": POST + b"Content-Length: 2\r\n\r\n{}" + b"x" * 30_000,
    "a size of a chunk that is no number": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"z" * 70,
    "a body of a terabyte": POST + b"Content-Length: 999999999999\r\n\r\n" + b"x" * 1_000,
}


@pytest.mark.parametrize("sent", HARD.values(), ids=HARD)
def test_what_is_hard_to_read_holds_up_nobody(
    sent: bytes, small: Site, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "half-sent requests")
    with ExitStack() as open_:
        for _ in range(20):
            wire = open_.enter_context(connected(small, stranger()))
            with suppress(OSError):  # it may be closed before all of it is sent
                wire.sendall(sent)
        check_that_a_customer_is_served(small)


def test_who_leaves_in_the_middle_leaves_nothing_behind(
    small: Site, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "half-sent requests")
    log = small.home / "logs" / "server.log"
    before = log.stat().st_size
    for half in HALVES.values():
        for _ in range(4):
            with connected(small, stranger()) as wire:
                wire.sendall(half)
                # Closed with a reset, as by a machine that dies.
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    check_that_a_customer_is_served(small)
    time.sleep(0.5)
    assert descriptors(small) < 60
    assert log.stat().st_size == before, log.read_text("utf-8")[before:][:2_000]

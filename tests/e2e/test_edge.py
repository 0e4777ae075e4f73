"""The HTTP edge of the running bot: whose conversation it is, how much one may send, and what every answer carries."""

from __future__ import annotations

import itertools
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from bot.cases.model import CaseState
from bot.http.headers import HEADERS
from tests.e2e.running import Site
from tests.e2e.shop import TOKEN_SECRET, Inbox

pytestmark = pytest.mark.e2e
_numbers = itertools.count(1)


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    """A client that keeps its cookies."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        yield client


def new_address() -> str:
    """The address of a client that was never seen before."""
    third, fourth = divmod(next(_numbers), 256)
    return f"198.51.{third}.{fourth}"


def said(client: httpx.Client, text: str, sender: str, status: int = 200, **more: Any) -> str:
    """Send a message; what is answered, as one text."""
    headers = more.pop("headers", {})
    answer = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text, **more}, headers=headers)
    assert answer.status_code == status, answer.text
    return "\n".join(reply.get("text", "") for reply in answer.json())


# Whose conversation it is


def test_a_stranger_who_knows_the_name_sees_nothing_and_cannot_answer_the_quote(
    site: Site, browser: httpx.Client
) -> None:
    number, email = site.order()
    name = f"web-{next(_numbers)}-victim"
    said(browser, f"I want a refund for {number}, {email}, I changed my mind", name)
    assert "Shall I go ahead with" in said(browser, "wallet", name)

    with httpx.Client(base_url=site.url, timeout=60) as stranger:
        for text in ("yes", "/affirm", "where is my refund?", f"refund {number}"):
            answer = said(stranger, text, name)
            assert email not in answer and "$" not in answer and "Done" not in answer
    with httpx.Client(base_url=site.url, timeout=60, headers={"X-Forwarded-For": "203.0.113.9"}) as elsewhere:
        assert "Done" not in said(elsewhere, "yes", name, headers={"Cookie": "refund_desk=x"})

    assert site.order_status(number) == "active"
    assert "Done" in said(browser, "yes", name), "the quote still waits for its own customer"
    assert site.order_status(number) == "refund_pending"


def test_a_repeated_message_id_of_a_stranger_gets_no_answer_of_the_other(site: Site, browser: httpx.Client) -> None:
    name = f"web-{next(_numbers)}-ids"
    said(browser, "hello", name, message_id="m-0")
    number, email = site.order()
    mine = said(browser, f"refund {number}, {email}", name, message_id="m-1")
    assert said(browser, f"refund {number}, {email}", name, message_id="m-1") == mine

    with httpx.Client(base_url=site.url, timeout=60) as stranger:
        assert said(stranger, "hello", name, message_id="m-1") != mine


def test_a_proof_replaces_the_cookie_and_a_planted_one_opens_nothing_any_more(site: Site) -> None:
    home, elsewhere = {"X-Forwarded-For": new_address()}, {"X-Forwarded-For": new_address()}
    name, (number, email) = f"web-{next(_numbers)}-planted", site.order()
    proof = {"message_id": "m-1", "text": f"I want a refund for {number}, {email}, I changed my mind"}
    with httpx.Client(base_url=site.url, timeout=60, headers=elsewhere) as planter:
        said(planter, "hello", name)
        planted = planter.cookies["refund_desk"]
        with httpx.Client(base_url=site.url, timeout=60, headers=home) as victim:
            for cookie in planter.cookies.jar:
                victim.cookies.jar.set_cookie(cookie)
            said(victim, sender=name, **proof)
            new = victim.cookies["refund_desk"]
            assert new != planted
            for more in ({}, {"message_id": "m-1"}, {"message_id": "m-2"}):
                answer = said(planter, "where is my refund?", name, **more)
                assert number not in answer and "$" not in answer
            said(planter, sender=name, **proof)
            assert planter.cookies["refund_desk"] == planted
            assert "Shall I go ahead with" in said(victim, "wallet", name)
        lost = {**home, "Cookie": f"refund_desk={planted}"}
        again = httpx.post(
            f"{site.url}/webhooks/rest/webhook",
            json={"sender": name, "message": proof["text"], "message_id": "m-1"},
            headers=lost,
            timeout=60,
        )
        assert f"refund_desk={new};" in again.headers["set-cookie"], "who sent it, and lost the answer"


def test_one_clients_conversations_of_several_names_outlive_a_proof_in_one(site: Site) -> None:
    (number, email), names = site.order(), [f"web-{next(_numbers)}-{tab}" for tab in ("one", "two")]
    with httpx.Client(base_url=site.url, timeout=60, headers={"X-Forwarded-For": new_address()}) as client:
        said(client, "hello", names[0])
        said(client, "I want a refund", names[1])
        before = client.cookies["refund_desk"]
        said(client, f"refund {number}, {email}", names[0])
        assert client.cookies["refund_desk"] != before
        assert number in said(client, number, names[1]), "it still asks for what is missing"
        assert "Shall I go ahead with" in said(client, "I changed my mind, to my wallet", names[0])


def test_the_cookie_is_for_the_channel_only_and_out_of_the_reach_of_scripts(strict_site: Site) -> None:
    url = f"{strict_site.url}/webhooks/rest/webhook"
    body = {"sender": "cookie-1", "message": "hello"}
    plain = httpx.post(url, json=body, headers={"X-Forwarded-For": new_address()}, timeout=60)
    (cookie,) = plain.headers.get_list("set-cookie")
    assert cookie.split("; ")[1:] == ["Path=/webhooks/", "HttpOnly", "SameSite=Strict"]
    assert "strict-transport-security" not in plain.headers
    proxied = {"X-Forwarded-For": new_address(), "X-Forwarded-Proto": "https"}
    secure = httpx.post(url, json={**body, "sender": "cookie-2"}, headers=proxied, timeout=60)
    (cookie,) = secure.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-refund_desk=")
    assert cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    assert "max-age" in secure.headers["strict-transport-security"]


def test_a_sender_that_names_somebody_does_not_become_the_id(strict_site: Site) -> None:
    with httpx.Client(base_url=strict_site.url, timeout=60) as client:
        said(client, "hello", "+1 212 555 0199", headers={"X-Forwarded-For": new_address()})
    with sqlite3.connect(strict_site.home / "refund-desk.db") as database:
        ids = {row[0] for row in database.execute("SELECT sender_id FROM events")}
    assert ids and not any("5550199" in id_.replace(" ", "") for id_ in ids)


# Tokens


def bearer(**changes: Any) -> dict[str, str]:
    """The headers of somebody who is logged in at the shop."""
    now = time.time()
    claims = {"sub": "user-1", "aud": "refund-desk", "iat": now, "exp": now + 300, **changes}
    return {"Authorization": f"Bearer {jwt.encode(claims, TOKEN_SECRET)}", "X-Forwarded-For": new_address()}


def test_who_is_logged_in_is_asked_for_no_address_and_picks_an_order(strict_site: Site) -> None:
    number, email = strict_site.order()
    second, _ = strict_site.order(customer={"name": "Test Buyer", "email": email, "phone": None})
    headers = bearer(email=email, email_verified=True)
    with httpx.Client(base_url=strict_site.url, timeout=60, headers=headers) as client:
        body = {"sender": "in-1", "message": "I want a refund"}
        answer = client.post("/webhooks/rest/webhook", json=body)
        buttons = [button["payload"] for reply in answer.json() for button in reply.get("buttons", [])]
        assert {number, second} <= set(buttons)
        assert "reason" in said(client, number, "in-1")

    with httpx.Client(base_url=strict_site.url, timeout=60) as other:
        assert "reason" not in said(other, number, "in-1", headers={"X-Forwarded-For": new_address()})
        assert "reason" not in said(other, number, "in-1", headers=bearer(email="x@example.com", sub="user-2"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nonsense"},
        bearer(email="alex@example.com", aud="elsewhere"),
        bearer(email="alex@example.com", exp=time.time() - 1),
        bearer(email="alex@example.com", email_verified=False),
        bearer(),
    ],
)
def test_a_bad_token_is_refused_and_nothing_is_processed(strict_site: Site, headers: dict[str, str]) -> None:
    name = f"bad-token-{next(_numbers)}"
    body = {"sender": name, "message": "hello"}
    answer = httpx.post(f"{strict_site.url}/webhooks/rest/webhook", json=body, headers=headers, timeout=60)
    assert answer.status_code == 401 and set(answer.json()) == {"error"} and "alex" not in answer.text
    with sqlite3.connect(strict_site.home / "refund-desk.db") as database:
        assert not database.execute("SELECT 1 FROM conversations WHERE sender = ?", [name]).fetchall()
        assert not database.execute("SELECT 1 FROM events WHERE sender_id = ?", [name]).fetchall()


def test_a_token_where_none_are_taken_is_refused(site: Site) -> None:
    body = {"sender": "t", "message": "hello"}
    answer = httpx.post(f"{site.url}/webhooks/rest/webhook", json=body, headers=bearer(email="a@b.c"), timeout=60)
    assert answer.status_code == 401


# Identity in words


def test_the_phone_number_of_the_order_does_as_well_as_the_address(site: Site) -> None:
    number, _ = site.order(customer={"name": "Test Buyer", "email": "p1@example.net", "phone": "+12125550142"})
    buyer = site.customer()
    assert "email address on order" in buyer.says(f"I want a refund for {number}")
    wrong = buyer.says("my phone is 212 555 0143")
    assert "couldn't match" in wrong and "Tries left: 2" in wrong
    assert "reason" in buyer.says("sorry, my phone is (212) 555-0142")


def test_a_wrong_address_beside_a_policy_question_is_told_and_not_tried_again(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()
    first = buyer.says(f"how much is the fee for order {number}? my email is wrong@example.com")
    assert "12%" in first and "couldn't match" in first and "Tries left: 2" in first
    assert "email address on order" in buyer.says("I want a refund then")
    assert "Tries left: 1" in buyer.says("other@example.com")
    assert "reason" in buyer.says(email)


def test_ten_wrong_answers_from_one_address_are_enough_for_all_its_conversations(site: Site) -> None:
    number, email = site.order()
    address = {"X-Forwarded-For": new_address()}
    with httpx.Client(base_url=site.url, timeout=60) as client:
        for n in range(10):
            name = f"guess-{next(_numbers)}"
            said(client, f"refund for CC-99{n:04}, my email is wrong@example.com", name, headers=address)
        late = f"guess-{next(_numbers)}"
        answer = said(client, f"refund for {number}, my email is {email}", late, headers=address)
        assert "too many wrong answers from your network" in answer and "match" not in answer
        assert "A person has a request from your network about this already" in answer
        assert "I've passed this to a person" in said(client, "human", late, headers=address)
        other = {"X-Forwarded-For": new_address()}
        assert "reason" in said(client, f"refund for {number}, {email}", f"guess-{next(_numbers)}", headers=other)


# Codes by mail


def test_a_code_from_the_mail_is_asked_for_before_anything_is_shown(
    strict_site: Site, mail_server: tuple[Inbox, int]
) -> None:
    number, email = strict_site.order()
    stranger = {"X-Forwarded-For": new_address()}
    owner = {"X-Forwarded-For": new_address()}
    with httpx.Client(base_url=strict_site.url, timeout=60) as client:
        wrong = said(client, f"refund for {number}, my email is mallory@example.com", "c-1", headers=stranger)
        right = said(client, f"refund for {number}, my email is {email}", "c-2", headers=owner)
        assert wrong == right and "sent a code" in right and "reason" not in right and "$" not in right

        assert "six digits" in said(client, "hm", "c-2", headers=owner)
        said(client, "how much is the fee?", "c-2", headers=owner)
        until = time.monotonic() + 15
        while email not in mail_server[0].by_address and time.monotonic() < until:
            time.sleep(0.1)
        (mail,) = mail_server[0].by_address[email]
        code = re.search(r"^\d{6}", mail, re.M).group()  # type: ignore[union-attr]
        assert "Tries left: 2" in said(client, code, "c-1", headers=stranger), "another conversation"
        assert "reason" in said(client, f"it's {code[:3]} {code[3:]}", "c-2", headers=owner)
    assert set(mail_server[0].by_address) == {email}, "nobody else got a mail"


# Limits


def test_whoever_writes_too_fast_is_told_when_to_go_on_and_nothing_is_lost(strict_site: Site) -> None:
    headers = {"X-Forwarded-For": new_address()}
    number, _ = strict_site.order()
    with httpx.Client(base_url=strict_site.url, timeout=60, headers=headers) as client:
        for n in range(6):
            assert said(client, "hello", "fast", message_id=f"m-{n}")
        for n in range(6):
            assert said(client, "hello", "fast", message_id=f"m-{n}"), "repeats are answered and do not count"
        body = {"sender": "fast", "message": f"I want a refund for {number}", "message_id": "m-7"}
        answer = client.post("/webhooks/rest/webhook", json=body)
        assert answer.status_code == 429
        seconds = int(answer.headers["retry-after"])
        (reply,) = answer.json()
        assert 1 <= seconds <= 60 and f"{seconds} second" in reply["text"] and "desk@example.org" in reply["text"]
        assert "send it again" in reply["text"]
        assert said(client, "hello", "slow"), "another conversation goes on"
    with sqlite3.connect(strict_site.home / "refund-desk.db") as database:
        rows = database.execute("SELECT data FROM events WHERE sender_id = 'fast' AND data LIKE ?", [f"%{number}%"])
        assert not rows.fetchall(), "nothing was handed on"


def test_an_address_is_limited_over_all_its_conversations_and_no_header_of_its_own_helps(strict_site: Site) -> None:
    address = new_address()
    with httpx.Client(base_url=strict_site.url, timeout=60) as client:
        for n in range(15):
            headers = {"X-Forwarded-For": f"{n}.6.6.6, {address}"}
            assert said(client, "hello", f"many-{n // 3}", headers=headers)
        refused = said(client, "hello", "many-9", 429, headers={"X-Forwarded-For": address})
        assert "desk@example.org" in refused
        assert said(client, "hello", "many-9", headers={"X-Forwarded-For": new_address()})
        assert said(client, "hello", "many-10"), "this machine itself"


def test_an_address_opens_so_many_conversations_and_no_more(strict_site: Site) -> None:
    headers = {"X-Forwarded-For": new_address()}
    with httpx.Client(base_url=strict_site.url, timeout=60, headers=headers) as client:
        for n in range(12):
            assert said(client, "hello", f"room-{n}")
        assert "can't begin another one" in said(client, "hello", "room-13", 429)
        assert said(client, "hello", "room-3")


def test_a_message_that_arrives_many_times_at_once_counts_once(strict_site: Site) -> None:
    headers = {"X-Forwarded-For": new_address()}

    def send(n: int) -> int:
        body = {"sender": "storm", "message": "hello", "message_id": "same"}
        url = f"{strict_site.url}/webhooks/rest/webhook"
        return httpx.post(url, json=body, headers=headers, timeout=60).status_code

    send(0)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(30))) == {200}


# Pages and headers


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("own", 200),
        ("https://shop.example", 200),
        ("https://SHOP.example", 200),
        ("http://shop.example", 403),
        ("https://shop.example:444", 403),
        ("https://shop.example.evil.example", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://127.0.0.1:1", 403),
        ("http://[", 403),
    ],
)
def test_only_our_own_and_listed_pages_may_ask(strict_site: Site, origin: str | None, status: int) -> None:
    headers = {"X-Forwarded-For": new_address()}
    if origin is not None:
        headers["Origin"] = strict_site.url if origin == "own" else origin
    body = {"sender": "o", "message": "hello"}
    answer = httpx.post(f"{strict_site.url}/webhooks/rest/webhook", json=body, headers=headers, timeout=60)
    assert answer.status_code == status
    listed = status == 200 and origin not in (None, "own")
    assert answer.headers.get("access-control-allow-origin") == (origin if listed else None)
    assert answer.headers.get("access-control-allow-credentials") == ("true" if listed else None)
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_is_answered_for_listed_pages_only(strict_site: Site) -> None:
    url = f"{strict_site.url}/webhooks/rest/webhook"
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    listed = httpx.options(url, headers={"Origin": "https://shop.example", **asks}, timeout=60)
    assert listed.status_code == 204
    assert listed.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Authorization" in listed.headers["access-control-allow-headers"]
    foreign = httpx.options(url, headers={"Origin": "https://evil.example", **asks}, timeout=60)
    assert foreign.status_code == 403 and "access-control-allow-origin" not in foreign.headers
    assert httpx.options(url, timeout=60).status_code == 405


@pytest.mark.parametrize(
    ("kind", "origin", "status"),
    [
        ("application/json; charset=utf-8", None, 200),
        (None, None, 200),
        ("application/x-www-form-urlencoded", None, 200),
        ("application/x-www-form-urlencoded", "own", 415),
        ("text/plain", None, 415),
        ("text/plain", "own", 415),
        ("multipart/form-data; boundary=x", None, 415),
    ],
)
def test_only_json_is_taken_and_what_curl_says_by_itself(
    strict_site: Site, kind: str | None, origin: str | None, status: int
) -> None:
    headers = {"X-Forwarded-For": new_address(), **({"Content-Type": kind} if kind else {})}
    if origin:
        headers["Origin"] = strict_site.url
    content = b'{"sender": "k", "message": "hello"}'
    answer = httpx.post(f"{strict_site.url}/webhooks/rest/webhook", content=content, headers=headers, timeout=60)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/health", 200),
        ("GET", "/demo.js", 200),
        ("GET", "/demo-orders", 200),
        ("POST", "/demo-orders", 405),
        ("GET", "/nothing/here", 404),
        ("GET", "/webhooks/rest/../../etc/passwd", 404),
        ("GET", "/%00", 404),
        ("GET", "/webhooks/rest/webhook", 405),
        ("DELETE", "/", 405),
        ("POST", "/health", 405),
        ("POST", "/webhooks/rest/webhook", 400),
    ],
)
def test_every_answer_carries_the_headers_and_no_page_of_the_framework(
    site: Site, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, f"{site.url}{path}", timeout=60)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    if status >= 400:
        assert set(answer.json()) == {"error"} and "sanic" not in answer.text.lower()
    if status == 405:
        assert answer.headers["allow"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "request_",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nExpect: something\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_is_no_request_is_answered_shortly_with_the_headers(site: Site, request_: bytes) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request_)
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := wire.recv(65_536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1][:1] in (b"4", b"5")
    assert b"x-content-type-options: nosniff" in head.lower() and b"content-security-policy" in head.lower()
    assert body.startswith(b'{"error"') and b"Traceback" not in body and len(body) < 200


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 2\r\nContent-Length: 2",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity",
        b"Content-Length: +2",
    ],
)
def test_a_body_without_a_clear_end_is_refused(site: Site, framing: bytes) -> None:
    """Who stands between might see another end of it, and another request after that."""
    port = int(site.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n{}")
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := wire.recv(65_536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 400") and b"the request can't be read" in answer


def test_what_is_unwell_is_told_to_this_machine_only(site_without_actions: Site) -> None:
    url = f"{site_without_actions.url}/health"
    assert httpx.get(url, timeout=30).json()["problems"]
    outside = httpx.get(url, headers={"X-Forwarded-For": new_address()}, timeout=30)
    assert outside.status_code == 503 and outside.json() == {"status": "unavailable"}


def test_what_nobody_sees_is_taken_out_before_anyone_reads_it(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()
    assert "email" in buyer.says(f"I want a re\u200bfund \u202efor\u202c {number}\x1b[2J")
    buyer.says(email)
    buyer.says("I changed my mind")
    buyer.says("wallet")
    buyer.says("human please")
    (file,) = site.cases(buyer)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.transcript[0]["text"] == f"I want a refund for {number}[2J"

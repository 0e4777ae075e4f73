"""Who is believed: signatures in both directions, where calls may go, and what never shows."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.cases.ports.billing import Rejected, Unavailable
from bot.connectors.billing_rest.deliver import GatewayRejected, RestGateway
from bot.connectors.billing_rest.signing import Signer
from bot.policy.facts import Destination
from tests.gateways.contract_server import Answer, ContractServer, Fault
from tests.gateways.gateway_builders import CARD, gateway_to, limits_for

KEY = "RD-YTAF7F:refund"
AMOUNT = "44.00"
EITHER = (Unavailable, Rejected)
FORGED = [Fault.NO_SIGNATURE, Fault.WRONG_SIGNATURE, Fault.REPLAYED, Fault.TAMPERED]


class Between(httpx.BaseTransport):
    """Somebody on the way, who changes requests or answers."""

    def __init__(
        self,
        request: Callable[[httpx.Request], httpx.Request] = lambda request: request,
        answer: Callable[[httpx.Response], httpx.Response] = lambda answer: answer,
    ) -> None:
        self._request = request
        self._answer = answer
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer = self._inner.handle_request(self._request(request))
        answer.read()
        made = self._answer(answer)
        return an_answer(made.status_code, made) if made is answer else made


def an_answer(status: int, like: httpx.Response) -> httpx.Response:
    """An answer that is still to be read, with headers and body of another."""
    return httpx.Response(status, headers=like.headers, stream=httpx.ByteStream(like.content))


def pay(gateway: RestGateway) -> str:
    """Refund the amount to the wallet."""
    return gateway.refund(CARD, Decimal(AMOUNT), "USD", Destination.WALLET, key=KEY)


def changed(request: httpx.Request, **parts: Any) -> httpx.Request:
    """The request with other parts, still with the signature that it had."""
    kept = {"method": request.method, "url": request.url, "headers": dict(request.headers), "content": request.content}
    made = {**kept, **parts}
    made["headers"]["content-length"] = str(len(made["content"]))
    return httpx.Request(**made)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda request: changed(request, content=request.content.replace(b"44.00", b"49.00")),
        lambda request: changed(request, content=request.content + b" "),
        lambda request: changed(request, url=str(request.url).replace(CARD, "CC-104251")),
        lambda request: changed(request, url=str(request.url) + "?x=1"),
        lambda request: changed(request, headers={**request.headers, "Idempotency-Key": KEY + "2"}),
        lambda request: changed(
            request, headers={k: v for k, v in request.headers.items() if k.lower() != "idempotency-key"}
        ),
        lambda request: changed(
            request,
            headers={
                **request.headers,
                "Billing-Signature": request.headers["Billing-Signature"].replace("t=1", "t=2"),
            },
        ),
        lambda request: changed(
            request, headers={k: v for k, v in request.headers.items() if k.lower() != "billing-signature"}
        ),
    ],
    ids=["amount", "space", "order", "query", "key", "no key", "time", "no signature"],
)
def test_a_request_that_was_changed_on_the_way_is_refused_by_the_gateway(
    server: ContractServer, tamper: Callable[[httpx.Request], httpx.Request]
) -> None:
    between = Between(request=tamper)
    with RestGateway(server.url, server.secret, transport=between, repeats=0) as gateway, pytest.raises(EITHER):
        pay(gateway)
    assert server.payments == [] and server.calls == []
    assert len(server.violations) == 1 and "signature" in server.violations[0]


@pytest.mark.parametrize(("seconds", "is_fresh"), [(-299, True), (299, True), (-302, False), (302, False)])
def test_a_request_is_good_for_five_minutes(server: ContractServer, seconds: int, is_fresh: bool) -> None:
    with RestGateway(server.url, server.secret, clock=lambda: server.clock() + seconds) as gateway:
        if is_fresh:
            pay(gateway)
        else:
            with pytest.raises(GatewayRejected, match="stale_timestamp"):
                pay(gateway)
    assert len(server.payments) == is_fresh


def test_with_another_secret_nothing_is_done_and_nothing_is_believed(server: ContractServer) -> None:
    with RestGateway(server.url, b"another secret of 16", repeats=0) as gateway, pytest.raises(Unavailable):
        pay(gateway)
    assert server.payments == [] and "signature" in server.violations[0]


@pytest.mark.parametrize("fault", FORGED)
def test_an_answer_that_is_not_signed_for_this_request_is_never_a_success(
    server: ContractServer, gateway: RestGateway, fault: Fault
) -> None:
    server.faults = [fault] * 3
    with pytest.raises(Unavailable, match="without the billing gateway's signature"):
        pay(gateway)
    assert len(server.payments) == 1 and server.book.count() == 3


@pytest.mark.parametrize("status", [200, 400, 404, 422])
def test_an_answer_of_somebody_else_is_neither_success_nor_refusal(
    server: ContractServer, gateway: RestGateway, status: int
) -> None:
    server.faults = [Answer(status, headers={"Billing-Signature": "v1=" + "0" * 64})] * 3
    with pytest.raises(Unavailable):
        pay(gateway)


def test_a_refusal_turned_into_a_success_on_the_way_is_unavailable(server: ContractServer) -> None:
    def turn(answer: httpx.Response) -> httpx.Response:
        return an_answer(201, answer)

    payment = {"id": "pay_1", "order": CARD, "amount": "44.00", "currency": "USD", "destination": "wallet"}
    server.faults = [Answer(422, {"code": "x", **payment})]
    between = Between(answer=turn)
    with RestGateway(server.url, server.secret, transport=between, repeats=0) as gateway, pytest.raises(Unavailable):
        pay(gateway)


def test_the_answer_to_an_earlier_request_is_not_believed(server: ContractServer) -> None:
    kept: list[httpx.Response] = []

    def replay(answer: httpx.Response) -> httpx.Response:
        kept.append(answer)
        return an_answer(kept[0].status_code, kept[0])

    now = server.clock()
    between = Between(answer=replay)
    with RestGateway(server.url, server.secret, transport=between, repeats=0, clock=lambda: now) as gateway:
        assert gateway.balance(CARD).remaining == Decimal("50.00")
        server.book.spend(CARD, "20.00")
        now += 1
        with pytest.raises(Unavailable):
            gateway.balance(CARD)


@pytest.mark.parametrize(
    "header", ["", "v1=", "v2=" + "0" * 64, "v1=" + "é" * 64, "v1=" + "0" * 63, "v1=" + "0" * 65, "t=1,v1=" + "0" * 64]
)
def test_a_signature_in_no_known_form_is_none(header: str) -> None:
    assert not Signer(b"x" * 16).is_signed(header, "0" * 64, 200, b"{}")


@pytest.mark.parametrize(
    "url",
    [
        "http://billing.example",
        "http://127.0.0.1.example",
        "http://10.0.0.1",
        "http://[::2]",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "billing.example",
        "",
        "https://",
        "https://user:hidden-word@billing.example",
        "https://billing.example/?key=hidden-word",
        "https://billing.example/#hidden-word",
        "https://billing.example:99999999",
        "https://[",
    ],
)
def test_a_url_that_is_not_safe_is_refused_in_one_clear_line(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of the billing gateway") as refused:
        RestGateway(url, b"x" * 16)
    assert "\n" not in str(refused.value) and "hidden-word" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://billing.example", "http://127.0.0.1:80", "http://localhost:8080/x", "http://[::1]:9", "http://127.9.9.9"],
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    RestGateway(url, b"x" * 16).close()


def test_a_short_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="16 bytes") as refused:
        RestGateway("https://billing.example", b"hidden-word")
    assert "hidden-word" not in str(refused.value)


def test_nothing_secret_or_personal_shows_in_errors_logs_or_descriptions(
    server: ContractServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    personal = {"code": "Alex Rivera", "message": "alex@example.com", "more": "4111 1111 1111 1111"}
    server.faults = [Answer(422, personal), Answer(500, personal), Answer(201, personal), Answer(429, personal)]
    for fault in (None, None, None, None, *Fault):
        if fault:
            server.faults = [fault]
        with gateway_to(server, repeats=0, limits=limits_for(fault)) as gateway:
            try:
                pay(gateway)
            except (Unavailable, Rejected) as error:
                shown += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
            shown += [repr(gateway), repr(vars(gateway)), str(gateway), repr(gateway._client)]
    with gateway_to(server) as gateway:
        server.faults = [Fault.ERROR_BEFORE]
        pay(gateway)
    captured = capfd.readouterr()
    everything = "\n".join([*shown, caplog.text, captured.out, captured.err])
    assert "RestGateway('http://127.0.0.1" in everything and "httpcore" in caplog.text
    for hidden in (server.secret.decode(), "Alex", "alex@", "4111 1111", AMOUNT, server.secret.hex()):
        assert hidden not in everything, hidden

"""The billing gateway over HTTP, as docs/connect/billing-gateway.openapi.yml describes it.

Nothing that an exception or a log line can carry comes from an answer, but for an error code of the gateway.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx
import stamina

from bot.cases.ports.billing import Balance, BillingGateway, KnownPayment, Rejected
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.billing_rest.signing import HEADER, Signer
from bot.connectors.shared.gateways import CODE, KEY, ORDER, GatewayUnavailable, exchange
from bot.connectors.shared.http import Answer, HttpClient, Limits
from bot.connectors.shared.shop_system import ShopSystem
from bot.policy.facts import Destination
from bot.policy.money import is_known, is_payable, plain
from bot.setting_groups.base import GroupedSettings, blamed_on
from bot.wording import DEFAULT, say

_NAME = "billing_gateway"
_LONGEST_ANSWER = 64 * 1024  # bytes; whoever sends more is not the gateway

_DONE = {200, 201}
_REFUSED = {400, 401, 403, 404, 409, 422}
_SHORT_WAIT = 1.0  # seconds: whoever asks us to wait longer is asked again by a later call
_LEAST_LEFT = 0.2  # seconds that a repeat needs to make sense
_LARGEST = Decimal(10) ** 12

_PAYMENT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class GatewayRejected(Rejected):
    """Rejected over HTTP. ``code`` is the gateway's own word for it; ``status`` is None when nothing was sent, because
    the gateway could not have understood it."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.status = status

    def text(self, language: str = DEFAULT) -> str:
        """See CodedError."""
        return say("fault_gateway_refused" if self.status else "fault_not_sent_to_gateway", language, word=self.code)


@dataclass(frozen=True)
class _Request:
    """What is sent, the same bytes at every repeat."""

    method: str
    path: str
    key: str
    body: bytes


def shop_system(
    settings: GroupedSettings, start_of: Callable[[date], datetime], services: BillingGateway | None
) -> ShopSystem:
    """The billing gateway; no other one stands beside it. Nothing is connected yet. Raises SettingsError."""
    with blamed_on("gateway_url"):
        return ShopSystem(rest_gateway(settings))


def rest_gateway(settings: GroupedSettings) -> RestGateway:
    """The same, by itself. Raises ValueError for a URL or a secret that can't be used."""
    ours = settings[BillingRestSettings]
    return RestGateway(ours.url, ours.secret.get_secret_value().encode())


class RestGateway:
    """A ``bot.cases.ports.billing.BillingGateway``; safe to share between threads, and to be closed at the end.

    A call is repeated at once where that may help, since every call is a read or carries a key. ``connect_seconds``
    limits the connection, ``call_seconds`` one exchange as a whole, ``total_seconds`` all repeats together. ``clock``
    gives the seconds since 1970 for signatures. Proxies of the environment are not used.
    """

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        connect_seconds: float = 2.0,
        call_seconds: float = 4.0,
        total_seconds: float = 6.0,
        repeats: int = 2,
        wait_seconds: float = 0.1,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is connected yet. Raises ValueError for a URL or a secret that can't be used."""
        self._signer = Signer(secret)
        self._repeats = repeats
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._client = HttpClient(
            _NAME,
            url,
            limits=Limits(connect_seconds, call_seconds, total_seconds),
            # A signature is over the bytes on the wire: nothing may compress them.
            headers={"Accept-Encoding": "identity"},
            as_sent=True,
            longest=_LONGEST_ANSWER,
            transport=transport,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"RestGateway({self._client.url!r})"

    def __enter__(self) -> RestGateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def stop_service(self, order_number: str, *, key: str) -> None:
        """See BillingGateway."""
        answer = self._change(order_number, "stop", {}, key)
        _expect(answer, order=order_number, stopped=True)

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """See BillingGateway."""
        last_day = on.strftime("%Y-%m-%d")
        answer = self._change(order_number, "agreement-end", {"last_day": last_day}, key)
        _expect(answer, order=order_number, last_day=last_day)

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """See BillingGateway."""
        if not _can_be_paid(amount, currency):
            raise GatewayRejected("amount_not_payable")
        wanted = {"amount": plain(amount, currency), "currency": currency, "destination": destination.value}
        answer = self._change(order_number, "refunds", wanted, key)
        _expect(answer, order=order_number, **wanted)
        payment = answer.get("id")
        if not isinstance(payment, str) or not _PAYMENT.fullmatch(payment):
            raise _senseless()
        return payment

    def balance(self, order_number: str) -> Balance:
        """See BillingGateway."""
        answer = self._call(_Request("GET", self._path(order_number, "balance"), "", b""))
        _expect(answer, order=order_number)
        currency, used, remaining = answer.get("currency"), answer.get("used"), answer.get("remaining", "")
        if not isinstance(currency, str) or not is_known(currency) or not isinstance(used, bool):
            raise _senseless()
        if remaining is None:
            return Balance(None, currency, used)
        if not isinstance(remaining, str) or not _MONEY.fullmatch(remaining):
            raise _senseless()
        left = Decimal(remaining)
        if not is_payable(left, currency):
            raise _senseless()
        return Balance(left, currency, used)

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        """See BillingGateway. The contract has no question for it: what can't be paid is refused at the refund."""
        if not _can_be_paid(amount, currency):
            raise GatewayRejected("amount_not_payable")
        return frozenset(Destination)

    def payments(self, order_number: str) -> list[KnownPayment]:
        """See BillingGateway."""
        answer = self._call(_Request("GET", self._path(order_number, "refunds"), "", b""))
        _expect(answer, order=order_number)
        rows = answer.get("refunds")
        if not isinstance(rows, list):
            raise _senseless()
        return [_known_payment(row) for row in rows]

    def _change(self, order_number: str, what: str, values: dict[str, Any], key: str) -> dict[str, Any]:
        path = self._path(order_number, what)
        if not KEY.fullmatch(key):
            raise GatewayRejected("malformed_key")
        body = json.dumps({"order": order_number, **values}, sort_keys=True, separators=(",", ":")).encode()
        return self._call(_Request("POST", path, key, body))

    def _path(self, order_number: str, what: str) -> str:
        if not ORDER.fullmatch(order_number):
            raise GatewayRejected("malformed_order_number")
        return f"/v1/orders/{order_number}/{what}"

    def _call(self, request: _Request) -> dict[str, Any]:
        """The answer to a request that was carried out, after as many repeats as the time allows."""
        until = time.monotonic() + self._client.limits.call

        def wait_or_give_up(error: Exception) -> bool | float:
            if not isinstance(error, GatewayUnavailable):
                return False
            wait = error.retry_after or 0.0
            if wait > _SHORT_WAIT or time.monotonic() + wait + _LEAST_LEFT > until:
                return False
            return wait or True

        for attempt in stamina.retry_context(
            on=wait_or_give_up,
            attempts=1 + self._repeats,
            timeout=self._client.limits.call,
            wait_initial=self._wait_seconds,
            wait_max=4 * self._wait_seconds,
            wait_jitter=self._wait_seconds,
        ):
            with attempt:
                return self._exchange(request, until)
        raise AssertionError("the last attempt returns or raises")

    def _exchange(self, request: _Request, until: float) -> dict[str, Any]:
        timestamp, target = int(self._clock()), self._client.target(request.path)
        signature = self._signer.sign_request(request.method, target, request.key, timestamp, request.body)
        headers = {HEADER: f"t={timestamp},v1={signature}"}
        if request.key:
            headers |= {"Idempotency-Key": request.key, "Content-Type": "application/json"}
        answer = exchange(self._client, until, request.method, request.path, content=request.body, headers=headers)
        return self._read(answer, signature)

    def _read(self, answer: Answer, request_signature: str) -> dict[str, Any]:
        # Honoured even unsigned: a load balancer in front of the gateway has no secret, but knows when it is busy.
        status, retry_after = answer.status, answer.retry_after
        if not self._signer.is_signed(answer.headers.get(HEADER), request_signature, status, answer.content):
            raise GatewayUnavailable("answer_unsigned", retry_after=retry_after, status=status)
        if status not in _DONE | _REFUSED:
            raise GatewayUnavailable("answered", retry_after=retry_after, system=_NAME, status=status)
        values = answer.body
        if not isinstance(values, dict):
            raise _senseless()
        if status in _REFUSED:
            code = values.get("code")
            is_code = isinstance(code, str) and CODE.fullmatch(code)
            raise GatewayRejected(str(code) if is_code else f"http_{status}", status)
        return values


def _can_be_paid(amount: Decimal, currency: str) -> bool:
    return amount.is_finite() and 0 < amount < _LARGEST and is_known(currency) and is_payable(amount, currency)


def _expect(answer: dict[str, Any], **values: Any) -> None:
    """An answer repeats what was asked for: one about something else says nothing about our request."""
    if any(answer.get(name) != value or type(answer.get(name)) is not type(value) for name, value in values.items()):
        raise _senseless()


def _known_payment(row: Any) -> KnownPayment:
    texts = [row.get(name) if isinstance(row, dict) else None for name in ("id", "key", "amount", "currency")]
    patterns = (_PAYMENT, KEY, _MONEY, _CURRENCY)
    for found, pattern in zip(texts, patterns, strict=True):
        if not isinstance(found, str) or not pattern.fullmatch(found):
            raise _senseless()
    payment, key, amount, currency = texts
    return KnownPayment(str(key), say("known_payment", payment=str(payment), amount=f"{amount} {currency}"))


def _senseless() -> GatewayUnavailable:
    return GatewayUnavailable("makes_no_sense", system=_NAME)

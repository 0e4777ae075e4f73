"""Stripe's API as far as it is used here: requests, errors, amounts, and how an order is found.

Written after docs.stripe.com: idempotent requests, errors, search, currencies, refunds, subscriptions, disputes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from bot.connectors.shared.gateways import CODE, ORDER, Call, GatewayUnavailable, SystemRejected
from bot.connectors.shared.http import Answer, HttpClient, Limits
from bot.connectors.stripe.settings import StripeSettings
from bot.policy.money import is_known
from bot.setting_groups.base import GroupedSettings, blamed_on

VERSION = "2024-06-20"
"""The API version that requests ask for and answers are read by, whatever the account's own is."""
NAME = "Stripe"
ENDED = frozenset({"canceled", "incomplete_expired"})
"""Statuses of a subscription that runs no more."""

_REFUSED = {400, 401, 402, 403, 404}
_ID = re.compile(r"[A-Za-z0-9_]{1,255}", re.ASCII)
_PAGES = 20
_PAGE = 100

_ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
_AS_TWO_DECIMAL = frozenset({"ISK", "UGX"})
"""Without a minor unit by now, but still sent with two decimals, which have to be 00."""


class StripeRejected(SystemRejected):
    """Refused by Stripe, or not sent because it would have been."""

    system = NAME


def stripe_api(settings: GroupedSettings) -> StripeApi:
    """Stripe's API by the settings; nothing is connected yet. Raises SettingsError."""
    ours = settings[StripeSettings]
    with blamed_on("stripe_url"):
        return StripeApi(ours.key.get_secret_value(), ours.url, order_field=ours.order_field)


class StripeApi:
    """Requests with a secret or restricted key; safe to share between threads."""

    def __init__(
        self,
        key: str,
        url: str = "https://api.stripe.com",
        *,
        order_field: str = "order_number",
        limits: Limits | None = None,
    ) -> None:
        """``order_field`` is the metadata field in which the shop keeps its order numbers. Raises ValueError."""
        self.order_field = order_field
        self._http = HttpClient(NAME, url, limits=limits or Limits(), user=key, headers={"Stripe-Version": VERSION})

    def call(self) -> StripeCall:
        """Begin a call: several exchanges that end together."""
        return StripeCall(Call.begin(self._http), self.order_field)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


class StripeCall:
    """What a call reads and changes. Every method raises GatewayUnavailable or StripeRejected."""

    def __init__(self, call: Call, order_field: str) -> None:
        self._call = call
        self._order_field = order_field

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """One object."""
        return _read(self._call.get(path, **params))

    def change(self, method: str, path: str, form: Mapping[str, str], key: str = "") -> dict[str, Any]:
        """Change something. A POST carries the idempotency key; it has no meaning for a DELETE."""
        headers = {"Idempotency-Key": key} if key else {}
        what = {"data": dict(form)} if form else {}
        return _read(self._call.send(method, path, headers=headers, **what))

    def all(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """The objects of a list, page by page. Lists are up to date; searches lag behind by a minute or more."""
        after: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self.get(path, limit=_PAGE, **params, **after)
            rows = _rows(page)
            yield from rows
            if page.get("has_more") is not True or not rows:
                return
            after = {"starting_after": text_id(rows[-1])}
        raise GatewayUnavailable("too_many_pages", system=NAME)

    def subscription(self, number: str) -> dict[str, Any] | None:
        """The subscription of an order; None if it has none."""
        return self._found("subscriptions", number, lambda _: True)

    def payment(self, number: str) -> dict[str, Any]:
        """The PaymentIntent of an order, paid: its own, or that of the first invoice of its subscription."""
        own = self._found("payment_intents", number, lambda intent: intent.get("status") == "succeeded")
        if own is not None:
            return own
        subscription = self.subscription(number)
        if subscription is None:
            raise StripeRejected("no_payment", "nothing_paid", field=self._order_field, order=number)
        for invoice in self.all("/v1/invoices", subscription=text_id(subscription)):
            if invoice.get("billing_reason") == "subscription_create" and invoice.get("status") == "paid":
                intent = invoice.get("payment_intent")
                if not isinstance(intent, str):
                    break
                return self.get(f"/v1/payment_intents/{checked_id(intent)}")
        raise StripeRejected("no_payment", "no_first_payment", order=number)

    def _found(self, what: str, number: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        if not ORDER.fullmatch(number):
            raise StripeRejected("malformed_order_number")
        query = f"metadata['{self._order_field}']:'{number}'"
        found = _rows(self.get(f"/v1/{what}/search", query=query, limit=_PAGE))
        # A search knows what was true a while ago: what it finds is read again.
        fresh = [self.get(f"/v1/{what}/{text_id(row)}") for row in found]
        fresh = [row for row in fresh if fits(row) and metadata(row).get(self._order_field) == number]
        if len(fresh) > 1:
            raise StripeRejected("ambiguous_order", "same_metadata", number=len(fresh), what=what, order=number)
        return fresh[0] if fresh else None


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount as Stripe takes it. Raises StripeRejected where it can't be paid to the last digit: the customer was
    told this sum and no other."""
    if not is_known(currency):
        raise StripeRejected("unknown_currency")
    places = 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2
    if not amount.is_finite() or not 0 < amount < 10**12:
        raise StripeRejected("amount_not_payable")
    units = amount.scaleb(places)
    if units != units.to_integral_value():
        raise StripeRejected("amount_not_payable", "decimals", places=places, currency=currency)
    step = 10 if currency in _THREE_DECIMAL else 100 if currency in _AS_TWO_DECIMAL else 1
    if units % step:
        raise StripeRejected("amount_not_payable", "steps", currency=currency, step=step)
    return int(units)


def metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata of an object; empty if there is none."""
    found = row.get("metadata")
    return found if isinstance(found, Mapping) else {}


def text_id(row: Mapping[str, Any]) -> str:
    """The id of an object. Raises GatewayUnavailable for none."""
    return checked_id(row.get("id"))


def checked_id(value: object) -> str:
    """An id that may stand in a path. Raises GatewayUnavailable for anything else."""
    if not isinstance(value, str) or not is_id(value):
        raise senseless()
    return value


def is_id(value: object) -> bool:
    """Whether a value may stand in a path as an id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def senseless() -> GatewayUnavailable:
    """The answer is not what the documentation describes."""
    return GatewayUnavailable("makes_no_sense", system=NAME)


def _rows(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = page.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise senseless()
    return rows


def _read(answer: Answer) -> dict[str, Any]:
    body = answer.body
    if answer.status == 200:
        if not isinstance(body, dict):
            raise senseless()
        return body
    error = body.get("error") if isinstance(body, dict) else None
    if answer.status not in _REFUSED or not isinstance(error, dict):
        # 409: another request with the key is under way; 429: too many; 424 and 5xx: nobody can tell.
        raise GatewayUnavailable("answered", retry_after=answer.retry_after, system=NAME, status=answer.status)
    codes = (error.get("code"), error.get("type"))
    code = next((code for code in codes if isinstance(code, str) and CODE.fullmatch(code)), f"http_{answer.status}")
    raise StripeRejected(code, status=answer.status)

"""WooCommerce's REST API (wc/v3) as far as it is used here: requests, errors, and how an order is found.

Written after developer.woocommerce.com (orders, order refunds, order notes, authentication, pagination) and the
documentation of WooCommerce Subscriptions (subscriptions, order subscriptions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bot import order_numbers
from bot.connectors.shared.gateways import CODE, ORDER, Call, GatewayUnavailable, SystemRejected
from bot.connectors.shared.http import Answer, HttpClient, Limits
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings, blamed_on

NAME = "WooCommerce"
NO_ROUTE = "rest_no_route"
"""Its code where a plugin that would have the path is not there."""
ENDED = frozenset({"cancelled", "expired", "trash"})
"""Statuses of a subscription that runs no more; one that is pending-cancel runs until it has been paid for."""

_DONE = {200, 201}
_REFUSED = {400, 401, 403, 404}
_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?", re.ASCII)
_PAGES = 20
_PAGE = 100


class WooRejected(SystemRejected):
    """Refused by the shop, or not asked for because it would have been."""

    system = NAME


def woo_api(settings: GroupedSettings) -> WooApi:
    """The shop's API by the settings; nothing is connected yet. Raises SettingsError."""
    ours = settings[WooSettings]
    with blamed_on("woocommerce_url"):
        key, secret = ours.key.get_secret_value(), ours.secret.get_secret_value()
        return WooApi(ours.url, key, secret, numbers=ours.numbers)


class WooApi:
    """Requests with a consumer key and secret, over HTTPS; safe to share between threads.

    ``numbers`` says what an order number is: ``id``, its digits are the order's id; ``number``, the order's own number,
    with or without the prefix, as plugins for order numbers make it.
    """

    def __init__(self, url: str, key: str, secret: str, *, numbers: str = "id", limits: Limits | None = None) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self.numbers = numbers
        self._http = HttpClient(NAME, url, limits=limits or Limits(), user=key, password=secret)

    def call(self) -> WooCall:
        """Begin a call: several exchanges that end together."""
        return WooCall(Call.begin(self._http), self.numbers)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


class WooCall:
    """What a call reads and changes. Every method raises GatewayUnavailable or WooRejected."""

    def __init__(self, call: Call, numbers: str) -> None:
        self._call = call
        self._numbers = numbers

    def get(self, path: str, **params: str | int) -> Any:
        """One object, or a page of a list."""
        return _read(self._call.get(f"/wp-json/wc/v3{path}", **params))

    def change(self, method: str, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change something."""
        return _object(_read(self._call.send(method, f"/wp-json/wc/v3{path}", json=dict(values))))

    def all(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """The objects of a list, page by page."""
        for page in range(1, _PAGES + 1):
            rows = _rows(self.get(path, per_page=_PAGE, page=page, **params))
            yield from rows
            if len(rows) < _PAGE:
                return
        raise GatewayUnavailable("too_many_pages", system=NAME)

    def order(self, number: str) -> dict[str, Any] | None:
        """The order of that number; None if there is none."""
        if not ORDER.fullmatch(number):
            raise WooRejected("malformed_order_number")
        if self._numbers == "id":
            count = order_numbers.in_use().count_of(number)
            return None if count is None else self.order_of_id(str(count))
        found = {}
        for term in dict.fromkeys((number, number.removeprefix(order_numbers.in_use().prefix))):
            for row in _rows(self.get("/orders", search=term, per_page=_PAGE)):
                if self.number_of(row) == number:
                    found[order_id(row)] = row
        if len(found) > 1:
            raise WooRejected("ambiguous_order", "same_number", orders=len(found), order=number)
        return next(iter(found.values()), None)

    def order_of_id(self, shop_id: str) -> dict[str, Any] | None:
        """The order with that id."""
        try:
            row = _object(self.get(f"/orders/{int(shop_id)}"))
        except WooRejected as refused:
            if refused.code in ("woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_order_invalid_id"):
                return None
            raise
        if order_id(row) != int(shop_id):
            raise senseless()
        return row

    def needed_order(self, number: str) -> dict[str, Any]:
        """The order of that number, which must be there."""
        row = self.order(number)
        if row is None:
            raise WooRejected("unknown_order", "shop_without_order", order=number)
        return row

    def number_of(self, row: Mapping[str, Any]) -> str | None:
        """The order number that customers know an order by; None where it has none of that form."""
        numbers = order_numbers.in_use()
        if self._numbers == "id":
            return numbers.counted(order_id(row))
        known = str(row.get("number", ""))
        return next((number for number in (known, f"{numbers.prefix}{known}") if numbers.is_number(number)), None)

    def subscription(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """The subscription that an order belongs to; None if it has none, or the shop has no subscriptions."""
        try:
            rows = _rows(self.get(f"/orders/{order_id(order)}/subscriptions"))
        except WooRejected as refused:
            if refused.code == NO_ROUTE:
                return None
            raise
        if len(rows) > 1:
            raise WooRejected("ambiguous_order", "several_subscriptions", number=len(rows))
        return rows[0] if rows else None


def order_id(row: Mapping[str, Any]) -> int:
    """The id of an order, a refund or a subscription. Raises GatewayUnavailable for none."""
    found = row.get("id")
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise senseless()
    return found


def amount_of(value: object) -> Decimal:
    """An amount of the shop, in major units. Raises GatewayUnavailable for none."""
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise senseless()
    return Decimal(value)


def meta(row: Mapping[str, Any], key: str) -> str | None:
    """A value of the meta data of an order, as text; None if there is none."""
    rows = row.get("meta_data")
    for entry in rows if isinstance(rows, list) else []:
        if isinstance(entry, Mapping) and entry.get("key") == key and isinstance(entry.get("value"), (str, int, float)):
            return str(entry["value"])
    return None


def senseless() -> GatewayUnavailable:
    """The answer is not what the documentation describes."""
    return GatewayUnavailable("makes_no_sense", system=NAME)


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise senseless()
    return body


def _rows(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise senseless()
    return body


def _read(answer: Answer) -> Any:
    body = answer.body
    if answer.status in _DONE:
        if body is None:
            raise senseless()
        return body
    code = body.get("code") if isinstance(body, dict) else None
    known = code if isinstance(code, str) and CODE.fullmatch(code) else None
    if answer.status == 500 and known == "woocommerce_rest_cannot_create_order_refund":
        raise WooRejected(known, status=500)
    if answer.status not in _REFUSED or known is None:
        # Without a code of WordPress it is the web server, a firewall or a maintenance page that answers.
        raise GatewayUnavailable("answered", retry_after=answer.retry_after, system=NAME, status=answer.status)
    raise WooRejected(known, status=answer.status)

"""WooCommerce's REST API (wc/v3) as far as it is used here: requests, errors, and how an order is found.

Written after developer.woocommerce.com (orders, order refunds, payment gateways, authentication, pagination), the
documentation of WooCommerce Subscriptions, and answers of a real shop (tests/gateways/cases).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
RENEWED = "_subscription_renewal"
"""The meta data of an order that renewed a subscription: that subscription's id. It is in the order itself, whatever
paths the plugin's version has."""

_DONE = {200, 201}
_REFUSED = {400, 401, 403, 404}
_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?", re.ASCII)
_ID = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
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


@dataclass(frozen=True)
class Plan:
    """What an order is to its subscription: the charge that began it, or one that renewed it (C5). ``subscription`` is
    None where the order itself says that there is one, and the shop can't show it."""

    subscription: dict[str, Any] | None
    renews: bool


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
        """Change something; what was answered, empty where that can't be read. An answer of success says that it was
        done, whatever else it says: who called finds out what."""
        answer = self._call.send(method, f"/wp-json/wc/v3{path}", json=dict(values))
        if 200 <= answer.status < 300:
            return answer.body if isinstance(answer.body, dict) else {}
        return _object(_read(answer))

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

    def plan(self, order: Mapping[str, Any]) -> Plan | None:
        """The subscription that an order belongs to; None if there is none, which is known only where the shop can be
        asked for subscriptions, or has no such plugin at all."""
        renewed = meta(order, RENEWED)
        marked = renewed is not None or order.get("created_via") == "subscription"
        rows = self._subscriptions_of(order)
        if not rows and marked:
            rows = self._renewed(renewed)
        if len(rows) > 1:
            raise WooRejected("ambiguous_order", "several_subscriptions", number=len(rows))
        if not rows:
            return Plan(None, renews=True) if marked else None
        return Plan(rows[0], renews=marked or rows[0].get("parent_id") != order_id(order))

    def needed_subscription(self, order: Mapping[str, Any], number: str) -> dict[str, Any]:
        """The subscription of the order of that number, which must be there."""
        plan = self.plan(order)
        if plan is None or plan.subscription is None:
            raise WooRejected("no_subscription", "shop_no_subscription", order=number)
        return plan.subscription

    def _subscriptions_of(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        mine = order_id(order)
        asked = self._rows_at(f"/orders/{mine}/subscriptions")
        if asked is not None:
            return asked
        # Before 7.9.0 the plugin has no such path. A shop where this one, too, is missing has no subscriptions.
        began = self._rows_at("/subscriptions", parent=mine, per_page=_PAGE) or []
        return [row for row in began if row.get("parent_id") == mine]

    def _renewed(self, subscription_id: object) -> list[dict[str, Any]]:
        if not isinstance(subscription_id, (str, int)) or not _ID.fullmatch(str(subscription_id)):
            return []
        try:
            row = _object(self.get(f"/subscriptions/{subscription_id}"))
        except WooRejected as refused:
            if refused.status == 404:  # deleted meanwhile, or the plugin is gone
                return []
            raise
        return [row]

    def _rows_at(self, path: str, **params: str | int) -> list[dict[str, Any]] | None:
        """A page of a plugin's list; None where the shop has no such path."""
        try:
            return _rows(self.get(path, **params))
        except WooRejected as refused:
            if refused.code == NO_ROUTE:
                return None
            raise


def order_id(row: Mapping[str, Any]) -> int:
    """The id of an order, a refund or a subscription. Raises GatewayUnavailable for none."""
    found = row.get("id")
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise senseless()
    return found


def amount_of(value: object) -> Decimal:
    """An amount of the shop, in major units; plugins give it as a number. Raises GatewayUnavailable for none."""
    amount = _amount(value)
    if amount is None:
        raise senseless()
    return amount


def amount_in(row: Mapping[str, Any], field: str) -> Decimal:
    """An amount of an order, in major units. Raises WooRejected where the field holds something else: asking again
    gives the same."""
    return _readable(_amount(row.get(field)), field)


def meta_amount(row: Mapping[str, Any], key: str) -> Decimal | None:
    """An amount of an order's meta data, in major units; None if there is none. Raises WooRejected for what can't be
    read as one, such as one with a sign of its currency."""
    found = meta(row, key)
    return None if found in (None, "") else _readable(_amount(found), key)


def decimals_of(row: Mapping[str, Any]) -> int:
    """How many decimals the shop records: it writes each amount of an order with as many as its settings say."""
    return len(str(row.get("total")).partition(".")[2])


def meta(row: Mapping[str, Any], key: str) -> object:
    """A value of the meta data of an order; None if there is none."""
    rows = row.get("meta_data")
    for entry in rows if isinstance(rows, list) else []:
        if isinstance(entry, Mapping) and entry.get("key") == key:
            return entry.get("value")
    return None


def unreadable(field: str) -> WooRejected:
    """A field of an order that a person has to put right in the shop."""
    return WooRejected("unusable_order", "unusable_field", field=field)


def _amount(value: object) -> Decimal | None:
    text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    return Decimal(text) if _MONEY.fullmatch(text) else None


def _readable(amount: Decimal | None, field: str) -> Decimal:
    if amount is None:
        raise unreadable(field)
    return amount


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

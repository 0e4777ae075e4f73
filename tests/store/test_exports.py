"""Exports of other systems as they write them: what they tell is taken, what they don't is never made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.cases.services import Services
from bot.policy.decision import Outcome
from bot.policy.facts import Charge, Destination, Order, OrderStatus, Reason, RefundRequest
from bot.policy.refunds import decide_refund
from bot.store.exports.mapped import Stated
from bot.store.exports.problems import ImportRefused, RowSkipped
from bot.store.import_files import OrderFile, import_file
from bot.store.imports import Imported, OrderRow
from tests.policy.policy_builders import POLICY
from tests.store_builders import store_order

SHOPIFY_COLUMNS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Lineitem requires shipping,Billing Name,Payment Method,Refunded Amount,Id"
)
SHOPIFY = f"""{SHOPIFY_COLUMNS}
CC-100001,ada@example.test,paid,2026-11-20 10:15:00 -0500,unfulfilled,,no,USD,50.00,0.00,4.00,54.00,,0.00,,\
2026-11-20 10:14:58 -0500,1,Calling card 50,50.00,CARD-50,false,Ada Test,Shopify Payments,0.00,5400000000001
CC-100002,bob@example.test,partially_refunded,2026-11-21 09:00:00 -0500,fulfilled,2026-11-22 12:00:00 -0500,no,USD,\
75.00,5.00,0.00,80.00,,0.00,Standard,2026-11-21 08:59:40 -0500,1,Calling card 25,25.00,CARD-25,true,Bob Test,manual,\
25.00,5400000000002
CC-100002,bob@example.test,,,,,,,,,,,,,,2026-11-21 08:59:40 -0500,1,Calling card 50,50.00,CARD-50,true,,,,
"""
STRIPE = """id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,\
Converted Currency,Description,Fee,Status,Customer ID,Customer Email,order_number (metadata)
ch_test_1,2026-11-20 15:15:00,50.00,0.00,usd,true,50.00,0.00,usd,Calling card 50,1.75,Paid,cus_test1,ada@example.test,\
CC-210001
ch_test_2,2026-11-21 14:00:00,25.00,10.00,usd,true,25.00,10.00,usd,Calling card 25,1.03,Partially refunded,cus_test2,\
bob@example.test,CC-210002
"""
ANALYTICS = """Date,"Order #",Net sales (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),\
Net sales,Attribution
2026-11-20 10:15:00,104233,$50.00,completed,Ada Test,new,1× Calling card 50,1,,50,Direct
"""
CARD = {"product_kind": "calling_card"}
UNSHIPPED = {**CARD, "shipped": "no", "payment_method": "card"}


def opened(text: str, format_name: str, stated: Mapping[str, str], zone: str | None = None) -> OrderFile:
    """An export with what is stated of it."""
    known = Stated(stated, ZoneInfo(zone) if zone else None)
    return OrderFile(BytesIO(text.encode()), f"export.{format_name}", format_name, known)


def rows(text: str, format_name: str, stated: Mapping[str, str] = CARD, zone: str | None = None) -> list[Any]:
    """The orders of an export, and why others are none."""
    return [found for _, _, found in opened(text, format_name, stated, zone).rows()]


def order_of(text: str, format_name: str, stated: Mapping[str, str] = CARD, zone: str | None = None) -> Order:
    """The first order of an export."""
    row = rows(text, format_name, stated, zone)[0]
    assert isinstance(row, OrderRow), row
    return row.order


def why(text: str, format_name: str, stated: Mapping[str, str] = CARD) -> str:
    """Why the last order of an export is left."""
    found = rows(text, format_name, stated)[-1]
    assert isinstance(found, RowSkipped), found
    return found.code


def taken(services: Services, text: str, format_name: str, stated: Mapping[str, str] = CARD) -> Imported:
    """Import an export."""
    return import_file(services, opened(text, format_name, stated), lambda reading, at: None)


def outcome(order: Order) -> Outcome:
    """What a change of mind an hour after the order comes to."""
    at = order.placed_at + timedelta(hours=1)
    request = RefundRequest(order, at, at, Reason.CHANGE_OF_MIND, destination=Destination.WALLET)
    return decide_refund(request, POLICY).outcome


# Shopify


def test_an_order_of_shopify_is_read_with_all_that_its_export_tells() -> None:
    row = rows(SHOPIFY, "shopify")[0]
    order = row.order
    assert (order.number, order.product, order.currency, order.amount_paid) == (
        "CC-100001",
        "CARD-50",
        "USD",
        Decimal("54.00"),
    )
    assert order.placed_at == datetime.fromisoformat("2026-11-20T10:14:58-05:00")
    assert (order.payment_method, order.shipped, order.status) == ("Shopify Payments", False, OrderStatus.ACTIVE)
    assert (row.customer.name, row.customer.email) == ("Ada Test", "ada@example.test")


def with_balances(text: str, original: str, remaining: str) -> str:
    """The export with the balances that it does not tell as columns of ours."""
    head, *lines = text.splitlines()
    added = [f"{line},{original},{remaining}" for line in lines]
    return "\n".join([f"{head},original_balance,remaining_balance", *added]) + "\n"


def test_a_card_whose_balance_no_export_tells_is_left_since_it_would_be_refunded_in_full(services: Services) -> None:
    assert outcome(order_of(SHOPIFY, "shopify")) is Outcome.APPROVE  # a product without a balance
    with pytest.raises(ImportRefused) as refused:
        taken(services, SHOPIFY, "shopify")
    assert "row 1, the file does not say original_balance, remaining_balance" in str(refused.value)
    done = taken(services, with_balances(SHOPIFY, "50.00", "31.50"), "shopify")
    assert (done.new, done.skipped, done.disputes_untold) == (1, 1, True)
    with services.reading() as uow:
        stored = uow.orders.find("CC-100001")
    assert stored is not None and stored.order.remaining_balance == Decimal("31.50")


def test_an_order_of_shopify_with_two_lines_is_left_with_the_reason() -> None:
    assert why(SHOPIFY, "shopify") == "several_products"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (",paid,", ",authorized,", "not_paid"),
        (",paid,", ",held_by_martians,", "unknown_status"),
        (",paid,", ",,", "unknown_status"),
        (",1,Calling card 50", ",2,Calling card 50", "several_products"),
        (",Shopify Payments,", ",gift_card + shopify_payments,", "several_methods"),
        (",Shopify Payments,", ",gift_card,", "by_gift_card"),
        (",Shopify Payments,", ",,", "untold"),
        ("ada@example.test", "", "untold"),
        ("CC-100001", "#1001", "other_number"),
    ],
)
def test_an_order_of_shopify_that_is_not_plain_is_left(old: str, new: str, code: str) -> None:
    first = "\n".join(SHOPIFY.splitlines()[:2]) + "\n"
    assert old in first and why(first.replace(old, new), "shopify") == code


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [(",0.00,54", ",54.00,54", OrderStatus.REFUNDED), (",paid,", ",refunded,", OrderStatus.REFUNDED)],
)
def test_what_shopify_gave_back_whole_is_refunded(old: str, new: str, status: OrderStatus) -> None:
    assert order_of(SHOPIFY.replace(old, new), "shopify").status is status


def test_a_sum_that_is_none_refuses_the_file_and_names_column_and_row(services: Services) -> None:
    with pytest.raises(ImportRefused, match=r"row 1, Refunded Amount: must be a decimal .* not '0,00'"):
        taken(services, SHOPIFY.replace(",0.00,5400000000001", ',"0,00",5400000000001'), "shopify")


def test_what_no_column_says_has_to_be_stated_or_added_and_is_never_guessed(services: Services) -> None:
    with pytest.raises(ImportRefused, match=r"does not say product_kind\..*--set product_kind=…"):
        taken(services, SHOPIFY, "shopify", {})
    added = "\n".join(
        f"{line},{more}"
        for line, more in zip(
            SHOPIFY.splitlines(),
            [
                "product_kind,original_balance,remaining_balance,dispute_open",
                "calling_card,50.00,50.00,yes",
                ",,,",
                ",,,",
            ],
            strict=True,
        )
    )
    order = order_of(added, "shopify", {})
    assert order.remaining_balance == Decimal("50.00") and order.dispute_open


def test_a_plan_of_which_nobody_says_whether_it_was_used_is_left() -> None:
    assert why(SHOPIFY.split("CC-100002")[0], "shopify", {"product_kind": "subscription"}) == "untold"
    plan = {"product_kind": "subscription", "used": "no", "charge": "purchase"}
    assert order_of(SHOPIFY, "shopify", plan).used is False


# Stripe


def test_a_payment_of_stripe_is_read_in_utc() -> None:
    row = rows(STRIPE, "stripe", UNSHIPPED)[0]
    assert row.order.number == "CC-210001" and row.order.currency == "USD"
    assert row.order.placed_at == datetime.fromisoformat("2026-11-20T15:15:00+00:00")
    assert row.order.amount_paid == Decimal("50.00") and row.order.product == "Calling card 50"
    assert row.customer.name == "ada@example.test"


def test_what_was_refunded_in_part_is_for_a_person_also_where_the_order_was_known(services: Services) -> None:
    store_order(services, "CC-210002", amount_paid="25.00", original_balance="25.00", remaining_balance="25.00")
    done = taken(services, STRIPE, "stripe", UNSHIPPED)
    assert (done.new, done.changed, done.skipped) == (0, 1, 1)
    with services.reading() as uow:
        stored = uow.orders.find("CC-210002")
    assert stored is not None and outcome(stored.order) is Outcome.REVIEW
    assert stored.order.remaining_balance is None


def test_what_was_refunded_in_part_and_is_not_known_is_left_or_for_a_person(services: Services) -> None:
    known = with_balances(STRIPE, "25.00", "25.00")
    order = rows(known, "stripe", UNSHIPPED)[1].order
    assert (order.original_balance, order.remaining_balance) == (Decimal("25.00"), None)
    assert outcome(order) is Outcome.REVIEW
    store_order(services, "CC-210001")
    done = taken(services, STRIPE, "stripe", UNSHIPPED)
    assert [(one.number, one.why.code) for one in done.listed] == [("CC-210002", "partly_refunded")]
    plan = {**UNSHIPPED, "product_kind": "subscription", "used": "no", "charge": "purchase"}
    assert why(STRIPE, "stripe", plan) == "partly_refunded"


def test_what_an_export_does_not_tell_of_a_known_order_stays(services: Services) -> None:
    store_order(services, "CC-210001", dispute_open=True, status="terminated", remaining_balance="12.00")
    taken(services, STRIPE, "stripe", UNSHIPPED)
    with services.reading() as uow:
        stored = uow.orders.find("CC-210001")
    assert stored is not None
    assert stored.order.dispute_open and stored.order.status is OrderStatus.TERMINATED
    assert stored.order.remaining_balance == Decimal("12.00") and stored.order.product == "Calling card 50"


@pytest.mark.parametrize(
    ("dispute", "is_open"),
    [("", False), ("Won", False), ("warning_closed", False), ("lost", True), ("prevented", True), ("new word", True)],
)
def test_only_what_is_known_to_free_a_payment_frees_it(dispute: str, is_open: bool) -> None:
    lines = STRIPE.splitlines()
    text = f"{lines[0]},Dispute Status\n{lines[1]},{dispute}\n"
    assert order_of(text, "stripe", UNSHIPPED).dispute_open is is_open


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (",Paid,", ",Failed,", "not_paid"),
        (",usd,true,", ",usd,false,", "not_paid"),
        (",Paid,", ",Disputed,", "unknown_status"),
        (",CC-210001", ",", "no_number"),
    ],
)
def test_a_payment_that_is_no_paid_order_is_left(old: str, new: str, code: str) -> None:
    first = "\n".join(STRIPE.splitlines()[:2]) + "\n"
    assert why(first.replace(old, new), "stripe", UNSHIPPED) == code


def test_the_order_number_may_stand_in_a_column_of_ours() -> None:
    text = STRIPE.replace("order_number (metadata)", "number")
    assert [row.order.number for row in rows(text, "stripe", UNSHIPPED)] == ["CC-210001", "CC-210002"]


def test_one_message_says_all_that_stripe_does_not(services: Services) -> None:
    with pytest.raises(ImportRefused, match="does not say product_kind, payment_method, shipped"):
        taken(services, STRIPE, "stripe", {})


# WooCommerce


def test_one_message_says_all_that_the_analytics_of_woocommerce_do_not(services: Services) -> None:
    with pytest.raises(ImportRefused) as refused:
        taken(services, ANALYTICS, "woocommerce", {})
    said = str(refused.value)
    assert "product_kind, currency, amount_paid, placed_at, payment_method, customer.email, shipped" in said
    assert "--time-zone" in said and len(said.splitlines()) == 1


def test_analytics_with_what_they_lack_are_read_in_the_time_of_the_shop() -> None:
    lines = ANALYTICS.splitlines()
    text = f"{lines[0]},customer.email,amount_paid\n{lines[1]},ada@example.test,55.00\n"
    order = order_of(text, "woocommerce", {**UNSHIPPED, "currency": "USD"}, "America/New_York")
    assert order.number == "CC-104233" and order.product == "Calling card 50"
    assert order.placed_at == datetime.fromisoformat("2026-11-20T10:15:00-05:00")
    assert order.amount_paid == Decimal("55.00")  # never the net sales, which have no tax and no shipping


def woo(**changes: Any) -> dict[str, Any]:
    """An order as the REST interface of WooCommerce gives it: a card of 50.00 with 5.00 for shipping."""
    return {
        "id": 106,
        "number": "104233",
        "status": "processing",
        "currency": "USD",
        "date_created_gmt": "2026-11-20T15:15:00",
        "date_paid_gmt": "2026-11-20T15:15:02",
        "total": "55.00",
        "payment_method": "cod",
        "created_via": "checkout",
        "billing": {"first_name": "Ada", "last_name": "Test", "email": "ada@example.test", "phone": ""},
        "line_items": [{"name": "Calling card 50", "sku": "CARD-50", "quantity": 1, "subtotal": "50.00"}],
        "shipping_lines": [{"total": "5.00"}],
        "refunds": [],
        "meta_data": [{"key": "card_balance", "value": "50"}],
        **changes,
    }


def test_an_unused_card_with_shipping_held_what_its_line_says_not_the_total() -> None:
    order = order_of(json.dumps([woo()]), "woocommerce", {})
    assert (order.original_balance, order.remaining_balance, order.amount_paid) == (
        Decimal("50.00"),
        Decimal(50),
        Decimal("55.00"),
    )
    assert order.shipped and order.placed_at == datetime.fromisoformat("2026-11-20T15:15:00+00:00")


def test_a_renewal_says_so_itself() -> None:
    renewal = woo(created_via="subscription", meta_data=[{"key": "_subscription_renewal", "value": "95"}])
    assert order_of(json.dumps([renewal]), "woocommerce", {}).charge is Charge.RENEWAL


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meta_data": [{"key": "card_balance", "value": "$50.00"}]}, "unreadable"),
        ({"meta_data": []}, "untold"),
        ({"status": "on-hold"}, "not_paid"),
        ({"date_paid_gmt": None}, "not_paid"),
        ({"status": "brand-new"}, "unknown_status"),
        ({"line_items": []}, "several_products"),
        ({"number": "77"}, "other_number"),
    ],
)
def test_an_order_of_woocommerce_that_is_not_plain_is_left(changes: dict[str, Any], code: str) -> None:
    assert why(json.dumps([woo(**changes)]), "woocommerce", {}) == code


def test_a_card_refunded_in_part_in_the_shop_is_for_a_person() -> None:
    order = order_of(json.dumps([woo(refunds=[{"id": 1, "total": "-10.00"}])]), "woocommerce", {})
    assert order.remaining_balance is None and outcome(order) is Outcome.REVIEW
    back = order_of(json.dumps([woo(refunds=[{"id": 1, "total": "-55.00"}])]), "woocommerce", {})
    assert back.status is OrderStatus.REFUNDED


def test_what_is_no_order_of_the_interface_refuses_the_file(services: Services) -> None:
    with pytest.raises(ImportRefused, match="row 2, order: must be a JSON object"):
        taken(services, json.dumps([woo(), 7]), "woocommerce", {})


# All of them


def test_a_file_without_a_usable_order_is_refused_and_says_why(services: Services) -> None:
    with pytest.raises(ImportRefused, match="row 1, no order number of this shop") as refused:
        taken(services, SHOPIFY.replace("CC-10000", "#100"), "shopify")
    assert "row 2, several products" in str(refused.value)


def test_the_export_of_another_system_than_named_is_refused_in_one_message(services: Services) -> None:
    with pytest.raises(ImportRefused) as refused:
        taken(services, STRIPE, "shopify")
    assert "missing" in str(refused.value) and "Lineitem name" in str(refused.value)


def test_a_row_with_other_columns_than_the_table_refuses_the_file(services: Services) -> None:
    with pytest.raises(ImportRefused, match="row 3, columns: are 15"):
        taken(services, f"{STRIPE}ch_test_3,2026-11-20 15:15:00\n", "stripe", UNSHIPPED)

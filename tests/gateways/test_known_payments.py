"""What each gateway says that it has paid for an order: all of it, with our keys, and never "nothing" by mistake."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cases.ports.billing import KnownPayment, Rejected, Unavailable
from bot.connectors.billing_rest.deliver import RestGateway
from bot.connectors.stripe.gateway import StripeGateway
from bot.connectors.woocommerce.gateway import WooGateway
from tests.gateways import test_rest_gateway, test_stripe_gateway, test_woo_gateway
from tests.gateways.contract_server import Answer, ContractServer
from tests.gateways.gateway_builders import CARD
from tests.gateways.stripe_server import StripeServer
from tests.gateways.test_stripe_gateway import stripe  # noqa: F401
from tests.gateways.test_woo_gateway import woo  # noqa: F401
from tests.gateways.woo_server import WooServer


def test_the_billing_gateway_lists_its_payments_with_their_keys(server: ContractServer, gateway: RestGateway) -> None:
    assert gateway.payments(CARD) == []
    test_rest_gateway.pay(gateway, "4.00", "RD-1-refund")
    test_rest_gateway.pay(gateway, "5.00", "RD-2-refund")
    paid = [KnownPayment("RD-1-refund", "pay_1 of 4.00 USD"), KnownPayment("RD-2-refund", "pay_2 of 5.00 USD")]
    assert gateway.payments(CARD) == paid and server.violations == []
    with pytest.raises(Rejected, match="unknown_order"):
        gateway.payments("CC-999999")


@pytest.mark.parametrize(
    "said",
    [
        {"order": CARD},
        {"order": "CC-104240", "refunds": []},
        {"order": CARD, "refunds": {}},
        {"order": CARD, "refunds": ["pay_1"]},
        {"order": CARD, "refunds": [{"id": "pay_1", "amount": "4.00", "currency": "USD"}]},
        {"order": CARD, "refunds": [{"id": "pay_1\n<b>", "key": "RD-1-refund", "amount": "4.00", "currency": "USD"}]},
        {"order": CARD, "refunds": [{"id": "pay_1", "key": "RD-1-refund", "amount": 4, "currency": "USD"}]},
    ],
)
def test_a_list_that_makes_no_sense_is_no_empty_list(
    server: ContractServer, gateway: RestGateway, said: dict[str, Any]
) -> None:
    server.faults = [Answer(200, said)] * 3
    with pytest.raises(Unavailable, match="makes no sense"):
        gateway.payments(CARD)


def test_stripe_lists_refunds_and_credits_also_those_of_others(stripe: StripeServer) -> None:  # noqa: F811
    gateway = StripeGateway(test_stripe_gateway.StripeApi(stripe.key, stripe.url), test_stripe_gateway.start_of)
    assert gateway.payments(CARD) == []
    credit = test_stripe_gateway.pay(gateway, to=test_stripe_gateway.WALLET)
    other = stripe.refund_elsewhere(next(iter(stripe.objects["payment_intents"].values())), 500)
    assert sorted(gateway.payments(CARD), key=lambda payment: payment.key) == [
        KnownPayment("", f"{other['id']} of 500"),
        KnownPayment(test_stripe_gateway.KEY, f"{credit} of 4400"),
    ]


def test_woocommerce_lists_its_refunds(woo: WooServer) -> None:  # noqa: F811
    gateway = WooGateway(test_woo_gateway.api(woo), wallet=True)
    assert gateway.payments(CARD) == []
    paid = test_woo_gateway.pay(gateway)
    assert gateway.payments(CARD) == [KnownPayment(test_woo_gateway.CASE, f"{paid} of 44.00")]

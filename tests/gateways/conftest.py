"""The contract server with two orders, and a gateway that calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.connectors.billing_rest.deliver import RestGateway
from tests.gateways.contract_server import ContractServer
from tests.gateways.gateway_builders import CARD, PLAN, gateway_to, limits_of


@pytest.fixture
def server() -> Iterator[ContractServer]:
    """A card and a plan of $50.00 each. At the end, the server itself must have kept the rules."""
    with ContractServer() as running:
        running.book.add_order(CARD)
        running.book.add_order(PLAN, remaining=None)
        yield running
        assert not [line for line in running.violations if "the contract server" in line]


@pytest.fixture
def gateway(server: ContractServer, request: pytest.FixtureRequest) -> Iterator[RestGateway]:
    """The gateway of the bot, with the patience that the test needs."""
    with gateway_to(server, limits=limits_of(request)) as made:
        yield made

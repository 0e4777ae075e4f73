"""A verified customer with an order, and whoever is at the desk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cases.model import Agent
from bot.cases.services import Services
from tests.cases.gateways import FaultyGateway
from tests.desk_builders import a_conversation, an_agent, with_quick_hashes
from tests.store_builders import proven_address, store_order


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real costs would only make the tests slow; one test looks at them."""
    with_quick_hashes(monkeypatch)


@pytest.fixture
def alex(services: Services) -> Services:
    """A stored card whose customer's address is proven in the conversation ``talk``."""
    store_order(services)
    proven_address(services)
    return services


@pytest.fixture
def faulty(alex: Services) -> FaultyGateway:
    """The ledger, which fails where it is told to."""
    return FaultyGateway(alex.gateway)


@pytest.fixture
def shop(alex: Services, faulty: FaultyGateway) -> Services:
    """Alex's conversation on the web, and a gateway that may fail."""
    a_conversation(alex)
    return replace(alex, gateway=faulty, gateway_attempts=2)


@pytest.fixture
def dana(shop: Services) -> Agent:
    """Somebody at the desk of the shop."""
    return an_agent(shop)

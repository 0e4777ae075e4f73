"""A verified customer with an order."""

from __future__ import annotations

import pytest
from store_builders import store_order, verified

from bot.cases.ports import Services


@pytest.fixture
def alex(services: Services) -> Services:
    """A stored card whose customer is verified in the conversation ``talk``."""
    store_order(services)
    verified(services)
    return services

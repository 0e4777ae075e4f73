"""Two orders, and gateways that lose patience only where the other side is slow on purpose."""

from __future__ import annotations

import pytest

from bot.connectors.billing_rest.deliver import RestGateway
from bot.connectors.shared.http import Limits
from tests.gateways.contract_faults import Fault
from tests.gateways.contract_server import ContractServer
from tests.gateways.shop_server import ShopFault

CARD = "CC-104233"
PLAN = "CC-104251"
SLOW = {Fault.HANG, Fault.SLOW, Fault.LATE, Fault.DRIP, ShopFault.SLOW, ShopFault.LATE}
IMPATIENT = Limits(connect=1, exchange=1, call=5)
PATIENT = Limits(connect=20, exchange=20, call=60)
"""So that a machine that is busy is never taken for a fault."""


def limits_for(fault: object) -> Limits:
    """How long to wait for a server with this fault: seconds, and less than its ``slow_seconds``, if it is slow."""
    return IMPATIENT if fault in SLOW else PATIENT


def limits_of(request: pytest.FixtureRequest) -> Limits:
    """The limits for the parameter ``fault`` of a test, if it has one."""
    callspec = getattr(request.node, "callspec", None)
    return limits_for(callspec.params.get("fault") if callspec else None)


def gateway_to(server: ContractServer, repeats: int = 2, limits: Limits = PATIENT) -> RestGateway:
    """A gateway with these limits that repeats at once."""
    return RestGateway(
        server.url,
        server.secret,
        call_seconds=limits.exchange,
        total_seconds=limits.call,
        wait_seconds=0.01,
        repeats=repeats,
    )

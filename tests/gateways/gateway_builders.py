"""Two orders, and a gateway that gives up sooner than the real one."""

from __future__ import annotations

from bot.gateways.rest import RestGateway
from tests.gateways.contract_server import ContractServer

CARD = "CC-104233"
PLAN = "CC-104251"


def quick_gateway(server: ContractServer, repeats: int = 2) -> RestGateway:
    """Gives up an exchange after 0.3 s and a call after 1.2 s."""
    return RestGateway(
        server.url, server.secret, call_seconds=0.3, total_seconds=1.2, wait_seconds=0.01, repeats=repeats
    )

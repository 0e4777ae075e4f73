"""Orders that live in a shop system: read from there before anything is decided, and kept in the store.

What is decided is always decided from the store's row, within its transaction; here that row is brought up to date
first. Without a shop system (the default) nothing is read, and the store's rows are all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cases.ports.billing import Rejected

if TYPE_CHECKING:
    from bot.cases.services import Services


def sync_order(services: Services, number: str, *, fresh: bool = False) -> None:
    """Bring the store's row of an order up to date with the shop. Outside of any transaction; ``fresh`` for a decision
    that something follows from. Raises Unavailable and Rejected: then nothing may be decided."""
    if services.orders is None:
        return
    live = services.orders.read(number, fresh=fresh)
    with services.unit_of_work() as uow:
        if live is None:
            if uow.orders.find(number) is not None:
                raise Rejected("order_gone")
            return
        uow.orders.refresh(live)
        uow.commit()

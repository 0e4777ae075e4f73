"""Orders that live in a shop system: read from there before anything is decided, and kept in the store.

What is decided is always decided from the store's row, within its transaction; here that row is brought up to date
first. Without a shop system (the default) nothing is read, and the store's rows are all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.cases.billing import Rejected
from bot.cases.model import Contact
from bot.policy.facts import Order

if TYPE_CHECKING:
    from bot.cases.ports import Services


@dataclass(frozen=True)
class LiveOrder:
    """An order as it stands in the shop. A balance that is None is not known there. ``buyer.email``
    is in lower case."""

    order: Order
    buyer: Contact


class OrderSource(Protocol):
    """A shop system. Each method raises Unavailable, and Rejected for an order that only a person can make sense of."""

    def read(self, number: str, *, fresh: bool) -> LiveOrder | None:
        """The order; None if the shop has no paid order of that number. Unless ``fresh`` it may be some seconds old."""

    def read_id(self, shop_id: str) -> LiveOrder | None:
        """The same, by the shop's own id of it; always fresh."""


@dataclass(frozen=True)
class PaymentState:
    """What a payment system knows of an order. ``refunded``: all of it; ``dispute_open``: None where it was not asked
    for; ``failed``: the idempotency key of a refund that it had taken from us and that did not reach the customer."""

    number: str
    refunded: bool = False
    cancelled: bool = False
    dispute_open: bool | None = None
    failed: str | None = None


class PaymentReader(Protocol):
    """A payment system that sends events."""

    def read(self, event: Mapping[str, Any]) -> PaymentState | None:
        """What it knows now of the order that an event is about; None if that is none of ours. Raises Unavailable and
        Rejected."""


def sync_order(services: Services, number: str, *, fresh: bool = False) -> None:
    """Bring the store's row of an order up to date with the shop. Outside of any transaction; ``fresh`` for a decision
    that something follows from. Raises Unavailable and Rejected: then nothing may be decided."""
    if services.orders is None:
        return
    live = services.orders.read(number, fresh=fresh)
    with services.unit_of_work() as uow:
        if live is None:
            if uow.order(number) is not None:
                raise Rejected("the shop has no such paid order any more")
            return
        uow.refresh_order(live)
        uow.commit()

"""What the cases need from a shop system and from a payment system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.cases.model import Contact
from bot.policy.facts import Order


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

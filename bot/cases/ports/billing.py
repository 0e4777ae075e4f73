"""What the cases need from whoever moves the money: the billing gateway, and what can go wrong there.

GatewayError
├── Unavailable   it may have happened or not: repeat the call later, with the same idempotency key
└── Rejected      it did not happen and never will like this: a person has to look
    └── Unclear   it may have happened, and repeating it might do it twice: a person has to look before that
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from bot.policy.facts import Destination
from bot.wording import CodedError


class GatewayError(CodedError):
    """Base of the errors of a billing gateway. What it says is safe to log and to show to a person at the desk."""

    group = "fault"


class Unavailable(GatewayError):
    """No answer, or none that tells whether the call was carried out. Safe to repeat with the same key."""


class Rejected(GatewayError):
    """The gateway understood and refused; nothing was carried out, and repeating it changes nothing."""


class Unclear(Rejected):
    """Nobody can tell whether it was carried out, and no key keeps a repetition from doing it twice."""


@dataclass(frozen=True)
class Balance:
    """What is left of an order's product right now. ``remaining`` is None for a subscription, which has no balance;
    ``used`` says whether any usage is on record."""

    remaining: Decimal | None
    currency: str
    used: bool


@dataclass(frozen=True)
class KnownPayment:
    """What was paid back for an order. ``key`` is the idempotency key that it was paid with, empty where that was none
    of ours; ``said`` is what a person is told of it."""

    key: str
    said: str


class BillingGateway(Protocol):
    """Stops services and moves money. Every call that changes something carries an idempotency key: repeating it with
    the same key and values does nothing more and gives the same answer; with other values it is Rejected.

    Each method raises Unavailable or Rejected.
    """

    def stop_service(self, order_number: str, *, key: str) -> None:
        """Stop the card or plan of an order at once; stopping what has stopped is no error (C1)."""

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """End a plan's billing agreement with that business date, its last day (C3)."""

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """Pay an amount in major units of the currency out to the destination (R9); the gateway's id of the payment."""

    def balance(self, order_number: str) -> Balance:
        """What is left; read, nothing changes."""

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        """Where an amount in major units of the currency could go back to for the order right now, as far as that can
        be known without paying it (R9); read, nothing changes. Rejected where it can't be paid at all, such as for a
        dispute, or because something was paid back already."""

    def payments(self, order_number: str) -> list[KnownPayment]:
        """What was paid back for an order so far; read, nothing changes. Rejected also where nobody can tell."""

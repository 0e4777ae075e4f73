"""The facts that a decision is made from: plain frozen values, no behaviour beyond what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum


class ProductKind(str, Enum):
    """What was sold: a prepaid card with a balance, or a plan billed each cycle."""

    CALLING_CARD = "calling_card"
    SUBSCRIPTION = "subscription"


class Charge(str, Enum):
    """How the charge came about: the customer ordered, or the plan renewed itself (C5)."""

    PURCHASE = "purchase"
    RENEWAL = "renewal"


class OrderStatus(str, Enum):
    """Where the order stands in the shop."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    FAILED = "failed"
    REFUNDED = "refunded"
    REFUND_PENDING = "refund_pending"


class Reason(str, Enum):
    """Why the customer asks for a refund (R3)."""

    SERVICE_FAULT = "service_fault"
    CHANGE_OF_MIND = "change_of_mind"
    OTHER = "other"


class Destination(str, Enum):
    """Where a refund goes (R9)."""

    WALLET = "wallet"
    ORIGINAL_PAYMENT_METHOD = "original_payment_method"


class Channel(str, Enum):
    """How a request came to the store (R2). A chat is any talk with the bot, on the website or in a messenger; a form
    is one of the plain pages."""

    CHAT = "chat"
    FORM = "form"
    EMAIL = "email"
    PHONE = "phone"


class Kind(str, Enum):
    """What the customer asks for."""

    REFUND = "refund"
    CANCEL = "cancel"


@dataclass(frozen=True)
class OrderLine:
    """One product of an order of lines (POLICY.md, *Orders of several lines*), in the order's currency.

    All amounts are those of the whole line, not of one piece: ``amount_paid`` is net of the line's discount and
    includes its own ``tax``; the balances are what its ``quantity`` cards hold together, which hold the same each.
    ``refunded`` was paid back outside of here, in the shop or by an agent.
    """

    id: str
    product: str
    product_kind: ProductKind
    quantity: int
    shipped: bool
    amount_paid: Decimal
    tax: Decimal
    original_balance: Decimal | None
    remaining_balance: Decimal | None
    used: bool
    charge: Charge
    status: OrderStatus
    refunded: Decimal = Decimal(0)


@dataclass(frozen=True)
class Order:
    """One order as the shop records it; without the customer, whom no rule needs.

    Money is in ``currency``; ``original_balance`` and ``remaining_balance`` are None where the product has no
    balance, and in what the card holds, which need not be what was paid for it. ``used`` is the shop's usage flag and
    counts for subscriptions only: a card is used when its remaining balance is lower than its original one.
    ``extras`` are the shipping charges and order fees, with their tax, that ``amount_paid`` includes (R6). ``refunded``
    was paid back outside of here; where the order has ``lines``, of no line by name. An order of lines is decided line
    by line: its ``amount_paid`` is their sum and the extras, and what else a line says is empty here.
    """

    number: str
    product: str
    product_kind: ProductKind
    shipped: bool
    currency: str
    amount_paid: Decimal
    original_balance: Decimal | None
    remaining_balance: Decimal | None
    used: bool
    placed_at: datetime
    payment_method: str
    charge: Charge
    status: OrderStatus
    dispute_open: bool
    extras: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    lines: tuple[OrderLine, ...] = ()

    @property
    def kept(self) -> Decimal:
        """What of the price was not paid back yet, in ``currency``."""
        return self.amount_paid - self.refunded


@dataclass(frozen=True)
class RefundRequest:
    """A customer's request for a refund and what is known about it.

    ``requested_at`` is the moment of the first message that asked for it (R2), ``decided_at`` the moment of
    acceptance (R4). ``fault_confirmed`` says that an incident on record covers the product between order and
    request. ``recent_refunds`` counts the customer's approved refunds within the velocity window. ``channel`` is one of
    ``Channel``; any other word is a way that no terms accept. ``lines`` are ids and quantities of what goes back of an
    order of lines; empty for all of it.
    """

    order: Order
    requested_at: datetime
    decided_at: datetime
    reason: Reason
    fault_confirmed: bool = False
    destination: Destination | None = None
    recent_refunds: int = 0
    channel: str = Channel.CHAT.value
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CancelRequest:
    """A customer's wish, or the company's order, to end a service; it takes effect at ``decided_at`` (C1). ``lines`` as
    in a RefundRequest."""

    order: Order
    requested_at: datetime
    decided_at: datetime
    lines: tuple[tuple[str, int], ...] = ()

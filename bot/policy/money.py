"""Money: decimals, the currency's own minor unit, one rounding rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

from iso4217 import Currency

from bot.policy.withdrawn_currencies import WITHDRAWN

_HALF_A_DAY = timedelta(hours=12)
# Codes without a minor unit are units of account, metals and test codes: no order is paid in them.
_MINOR_UNITS: dict[str, int] = {code: decimals for code, (decimals, _) in WITHDRAWN.items()} | {
    currency.code: currency.exponent for currency in Currency if currency.exponent is not None
}


@dataclass(frozen=True)
class Money:
    """An amount in a currency (ISO 4217)."""

    amount: Decimal
    currency: str


def is_known(currency: str) -> bool:
    """Whether ``currency`` is an ISO 4217 code that an order can be paid in, or could be before it was withdrawn."""
    return currency in _MINOR_UNITS


def in_use(currency: str, moment: datetime) -> bool:
    """Whether an order could be paid in ``currency`` at that moment (aware); it is the last day of a withdrawn one as
    long as it is anywhere."""
    if currency not in WITHDRAWN:
        return is_known(currency)
    return (moment.astimezone(timezone.utc) - _HALF_A_DAY).date() <= WITHDRAWN[currency][1]


def is_payable(amount: Decimal, currency: str) -> bool:
    """Whether ``amount`` has no more decimals than ``currency`` has (true for an unknown currency)."""
    return not is_known(currency) or amount == amount.quantize(unit_of(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half up to the minor unit of ``currency``; unchanged for an unknown currency."""
    if not is_known(currency):
        return amount
    return amount.quantize(unit_of(currency), rounding=ROUND_HALF_UP)


def share_of(amount: Decimal, part: Decimal, whole: Decimal, currency: str) -> Decimal:
    """``amount`` x ``part`` / ``whole`` (not 0), rounded half up to the minor unit of a known ``currency``.

    It is computed as a fraction: half a unit is half a unit however many digits lead to it.
    """
    unit = unit_of(currency)
    units = Fraction(amount) * Fraction(part) / Fraction(whole) / Fraction(unit)
    return floor(units + Fraction(1, 2)) * unit


def unit_of(currency: str) -> Decimal:
    """The minor unit of a known ``currency``: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-_MINOR_UNITS[currency])


def plain(amount: Decimal | None, currency: str) -> str | None:
    """``amount`` as a decimal string with the decimals of ``currency``: ``"44.00"``, ``"4400"``."""
    return None if amount is None else f"{rounded(amount, currency):f}"

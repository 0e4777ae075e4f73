"""Values that a code comes with: what a sentence about it would name, without the sentence. They survive JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from bot.policy.money import Money, plain

Value: TypeAlias = str | int | Decimal | Money | date | timedelta | tuple[str, ...]
"""A bare decimal is a fraction, such as a rate. A ``bool`` (an int) says which of two things is said. A time (a
``datetime``, which is a date, too) is aware. A tuple holds ids, such as clauses."""
Values: TypeAlias = Mapping[str, Value]


def values_to_json(values: Values) -> dict[str, Any]:
    """The values as plain JSON values that say what they are; ``values_from_json`` reads them."""
    return {name: _to_json(value) for name, value in values.items()}


def values_from_json(data: Mapping[str, Any]) -> dict[str, Value]:
    """The values that ``values_to_json`` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    return {name: _from_json(value) for name, value in data.items()}


def _to_json(value: Value) -> Any:
    if isinstance(value, Money):
        return {"money": plain(value.amount, value.currency), "currency": value.currency}
    if isinstance(value, Decimal):
        return {"rate": f"{value:f}"}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    return list(value) if isinstance(value, tuple) else value


def _from_json(data: Any) -> Value:
    if isinstance(data, list):
        return tuple(str(item) for item in data)
    if not isinstance(data, dict):
        return _scalar(data)
    if "money" in data:
        return Money(Decimal(data["money"]), data["currency"])
    if "rate" in data:
        return Decimal(data["rate"])
    if "time" in data:
        return datetime.fromisoformat(data["time"])
    if "date" in data:
        return date.fromisoformat(data["date"])
    return timedelta(seconds=data["seconds"])


def _scalar(data: Any) -> str | int:
    if not isinstance(data, (str, int)):
        raise TypeError(f"no value: {data!r}")
    return data

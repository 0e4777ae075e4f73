"""Decision cases for tests and benchmarks: random, seeded, and crowded around the edges of the policy.

    python -m scripts.policy_cases --count 5000 --seed 1 > cases.jsonl

The same seed gives the same cases. Every case is well-formed; what the right answer is, the generator does not know.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("America/New_York")
ZONES: list[tzinfo] = [
    timezone.utc,
    timezone(timedelta(hours=14)),
    timezone(timedelta(hours=9)),
    timezone(timedelta(hours=5, minutes=30)),
    timezone(timedelta(hours=-8)),
    timezone(timedelta(hours=-11)),
]
DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "ZZZ": 2}
# 284.09 pays 250.00 after 12 %, 284.10 pays 250.01: the two sides of the automatic limit.
ROUND_SUMS = [5, 10, 20, 25, 50, 100, 200, 250, 300, 500]
EXACT_SUMS = [1, 2, 3, 99, 101, 4999, 28408, 28409, 28410, 28411, 25000, 25001]


def cases(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` decision cases in the format of ``policy decide``, three refunds to each cancellation."""
    random = Random(seed)
    for number in range(1, count + 1):
        yield _case(random, number)


def _case(random: Random, number: int) -> dict[str, Any]:
    kind = "refund" if random.random() < 0.75 else "cancel"
    placed_at = _edge_of_day(random, _day(random))
    requested_at = _requested_at(random, placed_at, kind)
    case: dict[str, Any] = {
        "id": f"case-{number:06d}",
        "kind": kind,
        "requested_at": _written(random, requested_at),
        "order": _order(random, number, placed_at),
    }
    if random.random() < 0.4:
        later = random.choice([1, 3600, 86_400, 3 * 86_400, random.randrange(20 * 86_400)])
        case["decided_at"] = _written(random, requested_at + timedelta(seconds=later))
    if kind == "refund":
        case["reason"] = random.choices(["change_of_mind", "service_fault", "other"], [5, 4, 1])[0]
        case["fault_confirmed"] = random.random() < 0.35
        case["customer_recent_refunds"] = random.choices([0, 1, 2, 3, 4], [10, 2, 2, 2, 1])[0]
        if random.random() < 0.8:
            case["destination"] = random.choice(["wallet", "original_payment_method"])
    return case


def _order(random: Random, number: int, placed_at: datetime) -> dict[str, Any]:
    currency = random.choices(list(DECIMALS), [12, 3, 1, 2, 2, 1])[0]
    card = random.random() < 0.75
    paid = _paid(random, currency)
    original = _original(random, paid)
    has_balance = card != (random.random() < 0.02)
    remaining = _remaining(random, original)
    extras = _extras(random, paid)
    return {
        "number": f"CC-{100_000 + number % 900_000}",
        "product": "global-card" if card else "monthly-plan",
        "product_kind": "calling_card" if card else "subscription",
        "shipped": card and random.random() < 0.25,
        "currency": currency,
        "amount_paid": _text(paid if random.random() < 0.99 else -paid, currency),
        "original_balance": _text(original, currency) if has_balance else None,
        "remaining_balance": _text(remaining, currency) if has_balance and random.random() < 0.99 else None,
        "used": random.random() < 0.1 if card else random.random() < 0.4,
        "placed_at": _written(random, placed_at),
        "payment_method": random.choice(["card", "card", "paypal", "cash", "prepaid_voucher"]),
        "charge": "renewal" if random.random() < (0.04 if card else 0.3) else "purchase",
        "status": random.choices(
            ["active", "failed", "cancelled", "terminated", "refunded", "refund_pending"], [20, 2, 1, 1, 1, 1]
        )[0],
        "dispute_open": random.random() < 0.04,
        **({} if extras is None else {"extras": _text(extras, currency)}),
        "customer": {"name": "Ada Vale", "email": "ada@example.com", "phone": "+12025550123"},
    }


def _paid(random: Random, currency: str) -> int:
    kind = random.random()
    if kind < 0.5:
        return int(random.choice(ROUND_SUMS) * 10 ** DECIMALS[currency])
    if kind < 0.75:
        return random.choice(EXACT_SUMS)
    return random.randrange(0, 60_000)


def _extras(random: Random, paid: int) -> int | None:
    """Shipping and fees in what was paid: mostly none, which most orders do not even say; sometimes more than paid."""
    kind = random.random()
    if kind < 0.7:
        return None
    return random.choice([paid, paid + 1, -1]) if kind < 0.72 else random.choice([0, paid // 11, paid // 3])


def _original(random: Random, paid: int) -> int:
    """The balance bought: mostly what was paid, sometimes a promotion, so that paid and balance differ."""
    if random.random() < 0.75:
        return paid
    return random.choice([paid + paid // 10, paid * 3 // 2, paid * 7 // 4, paid * 2, paid * 9 // 10, 0])


def _remaining(random: Random, original: int) -> int:
    kind = random.random()
    if kind < 0.4:
        return original
    if kind < 0.75:
        # What is left after 12 % comes close to half of the original: x * 0.88 = original / 2.
        return max(0, round(original / 2 / 0.88) + random.choice([-2, -1, 0, 1, 2]))
    if kind < 0.95:
        return random.randrange(0, original + 1)
    return random.choice([0, 0, 1, original // 2, original + 1, -1])


def _day(random: Random) -> date:
    year = random.randrange(2015, 2032)
    kind = random.random()
    if kind < 0.4:
        return date(year, 1, 1) + timedelta(days=random.randrange(365))
    if kind < 0.55:
        return date(year, 12, 18) + timedelta(days=random.randrange(18))
    if kind < 0.65:
        return date(year, 11, 14) + timedelta(days=random.randrange(16))
    if kind < 0.75:
        return date(year, random.choice([3, 11]), 1) + timedelta(days=random.randrange(16))
    if kind < 0.85:
        return date(year, 6, 12) + timedelta(days=random.randrange(30))
    return date(year, random.randrange(1, 13), 1) - timedelta(days=random.randrange(3))


def _edge_of_day(random: Random, day: date) -> datetime:
    """A moment of ``day`` in business time, often the first, the last, or one within a clock change."""
    second = random.choice([0, 0, 1, 86_399, 86_399, 43_200, 5_400, 9_000, random.randrange(86_400)])
    wall = datetime.combine(day, time(second // 3600, second // 60 % 60, second % 60), BUSINESS_ZONE)
    return wall.replace(fold=random.randrange(2)).astimezone(timezone.utc)


def _requested_at(random: Random, placed_at: datetime, kind: str) -> datetime:
    day = placed_at.astimezone(BUSINESS_ZONE).date()
    if kind == "cancel" and random.random() < 0.5:
        turn = (day.replace(day=1) + timedelta(days=32 * random.randrange(1, 4))).replace(day=1)
        return _edge_of_day(random, turn - timedelta(days=random.randrange(2)))
    if random.random() < 0.02:
        return placed_at - timedelta(seconds=random.choice([1, 3600]))
    # Five working days end 7 to 12 calendar days after the order.
    days_later = random.choice([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 7, 7, 8, 8, 9, 9, 10, 11, 12, 40])
    return max(placed_at, _edge_of_day(random, day + timedelta(days=days_later)))


def _written(random: Random, moment: datetime) -> str:
    zone = BUSINESS_ZONE if random.random() < 0.6 else random.choice(ZONES)
    return moment.astimezone(zone).isoformat()


def _text(units: int, currency: str) -> str:
    places = DECIMALS[currency]
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def main() -> None:
    """Print cases as JSON lines."""
    parser = argparse.ArgumentParser(description="Print seeded decision cases as JSON lines.")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for case in cases(args.count, args.seed):
        print(json.dumps(case, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""The module against the second reading of POLICY.md (oracle.py), on cases crowded around the edges."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from fractions import Fraction
from typing import Any

from bot.policy import decide
from bot.policy.parsing import parse_request
from scripts.policy_cases import cases
from tests.policy.oracle import answer
from tests.policy.policy_builders import POLICY


def test_two_readings_of_the_policy_agree_on_three_thousand_cases() -> None:
    seen: Counter[str] = Counter()
    for case in cases(count=3_000, seed=20_261_120):
        expected = answer(case)
        decided = comparable(decide(parse_request(case), POLICY).to_json())
        assert {key: decided[key] for key in expected} == expected, case
        seen[decided["outcome"]] += 1
    # A comparison that never gets as far as an approval would prove nothing.
    assert min(seen[outcome] for outcome in ("approve", "approve_on_return", "decline", "review")) >= 20
    assert min(seen[outcome] for outcome in ("cancel", "already_cancelled")) >= 20


def comparable(decision: dict[str, Any]) -> dict[str, Any]:
    """The decision with values that compare by meaning: sets, instants, numbers."""
    decision["clauses"] = set(decision["clauses"])
    if decision.get("service_stops_at"):
        decision["service_stops_at"] = datetime.fromisoformat(decision["service_stops_at"])
    if decision.get("balance_lost"):
        decision["balance_lost"] = Fraction(decision["balance_lost"])
    return decision

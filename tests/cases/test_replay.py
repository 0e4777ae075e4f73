"""Stored decisions, decided again: what differs is told, but not how it is put."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cases.case.decisions import same_to_customer
from bot.cases.case.replay import differences, stored_decisions
from bot.cases.model import StoredDecision
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.wording.decisions import with_sentences
from tests.cases.test_quotes import quoted
from tests.policy.policy_builders import policy_with


@pytest.fixture
def stored(alex: Services) -> StoredDecision:
    """A refund of an unused card for a change of mind, as it is stored."""
    quoted(alex)
    (stored,) = stored_decisions(alex)
    return stored


def before_codes(stored: StoredDecision) -> StoredDecision:
    """The decision as it was stored before findings had codes."""
    said = with_sentences(stored.result)
    trace = [{key: line[key] for key in ("clauses", "holds", "sentence")} for line in said["trace"]]
    return replace(stored, result={**said, "trace": trace})


def test_the_same_policy_decides_the_same(alex: Services, stored: StoredDecision) -> None:
    assert differences(alex.policy, stored) == []


def test_other_words_are_no_difference(alex: Services, stored: StoredDecision) -> None:
    old = before_codes(stored)
    old.result["explanation"][0] = "It was said otherwise then."
    assert differences(alex.policy, old) == []
    assert differences(alex.policy, replace(stored, result={**stored.result, "trace": [], "explanation": []})) == []


def test_another_fee_is_a_difference(stored: StoredDecision) -> None:
    for decision in (stored, before_codes(stored)):
        assert differences(policy_with(default_fee_rate=Decimal("0.2")), decision) == ["fee", "refund"]


def test_other_clauses_and_dates_are_differences(alex: Services, stored: StoredDecision) -> None:
    changed = {**stored.result, "clauses": ["R2"], "process_by": "2026-01-01"}
    assert differences(alex.policy, replace(stored, result=changed)) == ["clauses", "process_by"]


def test_another_destination_is_another_answer_to_the_customer(alex: Services, stored: StoredDecision) -> None:
    assert quoted(alex).unchanged
    again = quoted(alex, destination=Destination.ORIGINAL_PAYMENT_METHOD)
    assert again.decision is not None and not again.unchanged
    assert not same_to_customer(stored, again.decision)
    assert not same_to_customer(before_codes(stored), stored), "what was said then is not compared"


BEFORE = Path(__file__).with_name("decisions_of_before.jsonl")
"""Decisions as a version stored them that had sentences for findings: every outcome, every clause that decided one."""


@pytest.mark.parametrize("line", BEFORE.read_text().splitlines())
def test_what_was_stored_before_findings_had_codes_passes_unchanged(line: str) -> None:
    row = json.loads(line)
    decided_at = datetime.fromisoformat(row["inputs"]["decided_at"])
    assert differences(policy_with(), StoredDecision(1, 1, decided_at, **row)) == []

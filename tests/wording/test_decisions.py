"""Decisions in sentences: each code has one, and what was stored before there were codes is said as it was."""

from __future__ import annotations

import re

import pytest

from bot.policy.decision import Contradiction, FindingCode
from bot.wording import LANGUAGES, catalogue, say
from bot.wording.clauses import CLAUSES
from bot.wording.decisions import explained, explanation, with_sentences
from tests.policy.policy_builders import an_order, decided, ny

OLD = {
    "outcome": "decline",
    "clauses": ["R2"],
    "explanation": ["You are too late."],
    "trace": [
        {"clauses": [], "holds": True, "sentence": "All is well."},
        {"clauses": ["R2"], "holds": False, "sentence": "You are too late."},
    ],
}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_code_has_a_sentence(language: str) -> None:
    messages = [f"finding_{code.value}" for code in FindingCode]
    messages += [f"clause_{id_}_{part}" for id_ in CLAUSES for part in ("title", "text")]
    bundle = catalogue.catalogue(language)
    assert [message for message in messages if not bundle.has_message(message)] == []


def test_each_contradiction_has_words_of_its_own() -> None:
    said = {say("finding_data_contradicts", problem=problem.value, currency="XXX") for problem in Contradiction}
    assert len(said) == len(Contradiction)


def test_a_stored_decision_is_said_with_its_figures() -> None:
    result = decided(an_order(remaining="31.50")).to_json()
    assert not re.search(r"[a-z] [a-z]", str(result["explanation"])), "codes are stored, and no sentences"
    assert explained(result).startswith(
        "The refund is the remaining balance less the fee: $31.50 - $3.78 (12% fee) = $27.72. "
    )
    spoken = with_sentences(result)
    assert spoken["explanation"] == explanation(result) and len(spoken["explanation"]) == 3
    assert [line["sentence"] for line in spoken["trace"][-3:]] == spoken["explanation"]
    assert {key: value for key, value in spoken.items() if key not in ("explanation", "trace")} == {
        key: value for key, value in result.items() if key not in ("explanation", "trace")
    }


def test_a_decline_is_said_with_its_dates() -> None:
    late = decided(an_order(placed_at=ny("2026-11-20 15:04")), requested_at=ny("2026-12-02 09:00")).to_json()
    assert explained(late) == (
        "The order is from Friday, November 20, 2026; a refund could be asked for within 5 working days, until Monday, "
        "November 30, 2026. The request came too late, on Wednesday, December 2, 2026."
    )


def test_a_decision_from_before_there_were_codes_keeps_its_sentences() -> None:
    assert explanation(OLD) == ["You are too late."]
    assert with_sentences(OLD) == OLD
    assert explanation({**OLD, "explanation": ["It was said otherwise."]}) == ["It was said otherwise."]
    assert explanation({"outcome": "decline"}) == []

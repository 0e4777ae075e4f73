"""What the policy found and advises, in sentences. Decisions come in as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.advice import Change, Remainder
from bot.policy.values import values_from_json
from bot.wording.catalogue import DEFAULT, say


def finding_sentence(finding: Mapping[str, Any], language: str = DEFAULT) -> str:
    """What a finding of a stored trace says. Decisions stored before findings had codes keep their sentences."""
    if "code" not in finding:
        return str(finding["sentence"])
    return say(f"finding_{finding['code']}", language, **values_from_json(finding["values"]))


def explanation(result: Mapping[str, Any], language: str = DEFAULT) -> list[str]:
    """The sentences that explain a stored decision, in its order: those of its lines first, where it has any."""
    return [*_lines_explained(result.get("lines") or (), language), *_own_explanation(result, language)]


def _lines_explained(lines: Iterable[Mapping[str, Any]], language: str) -> list[str]:
    return [
        say(
            "decided_line",
            language,
            line=line["id"],
            quantity=line["quantity"],
            said=" ".join(_own_explanation(line, language)),
        )
        for line in lines
    ]


def _own_explanation(result: Mapping[str, Any], language: str) -> list[str]:
    known = {name_of(finding): finding for finding in result.get("trace") or []}
    named = result.get("explanation") or []
    return [finding_sentence(known[name], language) if name in known else name for name in named]


def explained(result: Mapping[str, Any], language: str = DEFAULT) -> str:
    """What a stored decision says to a customer: its explanation in one text."""
    return " ".join(explanation(result, language))


def name_of(finding: Mapping[str, Any]) -> str:
    """By what an explanation names a finding of a stored trace: its code; its sentence, before there were codes."""
    return str(finding["code"] if "code" in finding else finding["sentence"])


def with_sentences(result: Mapping[str, Any], language: str = DEFAULT) -> dict[str, Any]:
    """A stored decision in the format of the interfaces: its explanation in sentences, and one in each finding."""
    told = {**result, "explanation": explanation(result, language), "trace": _told(result, language)}
    if "lines" in result:
        told["lines"] = [
            {**line, "explanation": _own_explanation(line, language), "trace": _told(line, language)}
            for line in result["lines"]
        ]
    return told


def _told(result: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    return [{**finding, "sentence": finding_sentence(finding, language)} for finding in result.get("trace") or []]


def advice(change: Change | None, remainder: Remainder | None, language: str = DEFAULT) -> str:
    """What would have given a yes to a request that was declined, and what the customer still has."""
    return " ".join(filter(None, [_change(change, language), _remainder(remainder, language)]))


def _change(change: Change | None, language: str) -> str:
    if change is None:
        return say("advice_no_change", language)
    if change.asked_by is not None:
        return say("advice_asked_by", language)
    assert change.remaining is not None
    return say("advice_more_left", language, remaining=change.remaining)


def _remainder(remainder: Remainder | None, language: str) -> str:
    if remainder is None:
        return ""
    if remainder.balance is None:
        return say("advice_plan_can_be_cancelled", language)
    return say("advice_balance_stays", language, balance=remainder.balance)

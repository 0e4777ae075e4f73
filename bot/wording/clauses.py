"""The clauses in the project's own words, with the figures of the terms: what the policy page and receipts show."""

from __future__ import annotations

from dataclasses import dataclass

from bot.policy.facts import Channel, Reason
from bot.policy.terms import Terms
from bot.policy.values import Value
from bot.wording.catalogue import DEFAULT, say

CLAUSES = ("C1", "C2", "C3", "C4", "C5", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R7b", "R8", "R9", "R10")
"""The ids of POLICY.md, in its order."""


@dataclass(frozen=True)
class Clause:
    """One clause of POLICY.md: its id, what it is about, and what it says."""

    id: str
    title: str
    text: str


def clauses(terms: Terms, language: str = DEFAULT) -> tuple[Clause, ...]:
    """Every clause, as these terms fill it, in the order of POLICY.md."""
    return tuple(_clause(id_, terms, language) for id_ in CLAUSES)


def clause_texts(terms: Terms, ids: tuple[str, ...] | list[str], language: str = DEFAULT) -> list[Clause]:
    """The clauses of these ids, each once, in the order of the ids; what is no clause is left out."""
    return [_clause(id_, terms, language) for id_ in dict.fromkeys(ids) if id_ in CLAUSES]


def accepted_reasons(terms: Terms, language: str = DEFAULT) -> str:
    """R3: what is accepted without a person."""
    named = {"mind": Reason.CHANGE_OF_MIND, "fault": Reason.SERVICE_FAULT}
    accepted = [name for name, reason in named.items() if reason in terms.automatic_reasons]
    return say("accepted_reasons", language, accepted="_and_".join(accepted) or "none")


def what_counts_as_asking(terms: Terms, language: str = DEFAULT) -> str:
    """R2: the ways in which a request counts as made."""
    told = [say(f"asking_{way.value}", language) for way in Channel if way.value in terms.accepted_channels]
    if not told:
        return say("asking_none", language)
    if len(told) == 1:
        return say("asking_one", language, last=told[0])
    return say("asking_some", language, others=", ".join(told[:-1]), last=told[-1])


def _clause(id_: str, terms: Terms, language: str) -> Clause:
    values: dict[str, Value] = {
        "cycle_day": terms.calendar.cycle_day,
        "time_zone": terms.time_zone.key,
        "window_days": terms.window_working_days,
        "processing_days": terms.processing_working_days,
        "fee_rate": terms.default_fee_rate,
        "confirmed_fault_fee_rate": terms.confirmed_fault_fee_rate,
        "minimum_ratio": terms.minimum_ratio,
        "minimum_measured": terms.minimum_measured.value,
        "asking": what_counts_as_asking(terms, language),
        "reasons": accepted_reasons(terms, language),
    }
    return Clause(id_, say(f"clause_{id_}_title", language, **values), say(f"clause_{id_}_text", language, **values))

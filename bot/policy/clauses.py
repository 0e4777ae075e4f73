"""The clauses in the project's own words, with the figures of the terms: what the policy page and receipts show."""

from __future__ import annotations

from dataclasses import dataclass

from bot.policy.facts import Channel, Reason
from bot.policy.terms import MinimumMeasured, Terms
from bot.policy.words import percent


@dataclass(frozen=True)
class Clause:
    """One clause of POLICY.md: its id, what it is about, and what it says."""

    id: str
    title: str
    text: str


def clauses(terms: Terms) -> tuple[Clause, ...]:
    """Every clause, as these terms fill it, in the order of POLICY.md."""
    return (*_cancellation(terms), *_refund(terms))


def clause_texts(terms: Terms, ids: tuple[str, ...] | list[str]) -> list[Clause]:
    """The clauses of these ids, each once, in the order of the ids; what is no clause is left out."""
    known = {clause.id: clause for clause in clauses(terms)}
    return [known[id_] for id_ in dict.fromkeys(ids) if id_ in known]


def accepted_reasons(terms: Terms) -> str:
    """R3: what is accepted without a person."""
    told = ["a change of mind"] if Reason.CHANGE_OF_MIND in terms.automatic_reasons else []
    if Reason.SERVICE_FAULT in terms.automatic_reasons:
        told.append("a fault that is on our records")
    if not told:
        return "Every reason is read by a person."
    accepted = " and ".join(told).capitalize()
    return f"{accepted} {'is' if len(told) == 1 else 'are'} accepted at once. Any other reason is read by a person."


def what_counts_as_asking(terms: Terms) -> str:
    """R2: the ways in which a request counts as made."""
    told = [words for channel, words in _ASKING.items() if channel.value in terms.accepted_channels]
    if not told:
        return "Every request is looked at by a person."
    return f"You can ask for a refund by {', '.join(told[:-1])}{' or ' if len(told) > 1 else ''}{told[-1]}."


_ASKING = {
    Channel.CHAT: "chat",
    Channel.FORM: "the forms of this site",
    Channel.EMAIL: "e-mail",
    Channel.PHONE: "phone",
}


def _cancellation(terms: Terms) -> tuple[Clause, ...]:
    day = terms.calendar.cycle_day
    zone = terms.time_zone.key
    return (
        Clause("C1", "A cancellation counts at once", "The service stops at the moment of the cancellation."),
        Clause(
            "C2",
            "A cancelled service gives no refund",
            "What is left on a card, or of the month, is lost. Only a person of ours can decide otherwise.",
        ),
        Clause(
            "C3",
            "A monthly plan's agreement ends with its billing cycle",
            f"The service stops at once; the agreement ends on the last day of the running cycle. Cycles start on day "
            f"{day} of the month.",
        ),
        Clause(
            "C4",
            "Cancel before the next cycle, and its charge is not taken",
            f"The request must be in before day {day} of the next month starts, in the time zone {zone}. At midnight "
            "exactly it is late: the charge of the new cycle stands.",
        ),
        Clause(
            "C5",
            "A renewal charge is not refundable",
            "A charge that was taken because nobody cancelled in time stays, and may not be disputed. If the service "
            "did not work, say so within the time of R2: then a person looks at it.",
        ),
    )


def _refund(terms: Terms) -> tuple[Clause, ...]:
    fee, minimum = percent(terms.default_fee_rate), percent(terms.minimum_ratio)
    measured = "after the fee" if terms.minimum_measured is MinimumMeasured.NET else "before the fee"
    return (
        Clause(
            "R1",
            "A fault on our side is a reason for a refund",
            "It counts when a fault of the product is on our records for that time, or when the order itself failed. "
            "A fault that our records do not show yet is checked by a person.",
        ),
        Clause(
            "R2",
            f"Ask within {terms.window_working_days} working days",
            f"The day of the order does not count. Working days are Monday to Friday without public holidays, in the "
            f"time zone {terms.time_zone.key}; the last of them counts to its end. {what_counts_as_asking(terms)}",
        ),
        Clause(
            "R3",
            "A refund needs a reason",
            accepted_reasons(terms),
        ),
        Clause(
            "R4",
            f"An accepted refund is processed within {terms.processing_working_days} working days",
            "They count from the day after the acceptance; for a card that was shipped, after the day it came back.",
        ),
        Clause(
            "R5",
            "A shipped card comes back first",
            "It must be complete and as purchased, and you pay for sending it. If something is missing, a person "
            "looks at it.",
        ),
        Clause(
            "R6",
            "A used card gives its remaining balance less the fee",
            f"The fee is normally {fee} of that balance, whatever the reason. It is never more than was paid.",
        ),
        Clause(
            "R7",
            "An unused product gives the amount paid less the fee",
            f"After a change of mind the fee is normally {fee} of that amount.",
        ),
        Clause(
            "R7b",
            "An unused product with a confirmed fault",
            f"When the fault is on our records and nothing was used, the fee is "
            f"{percent(terms.confirmed_fault_fee_rate)} of the amount paid.",
        ),
        Clause(
            "R8",
            "Too little left, no refund",
            f"There is no refund when less than {minimum} of the card's original balance would be left {measured}. "
            f"Exactly {minimum} is still accepted.",
        ),
        Clause(
            "R9",
            "You choose where the money goes",
            "To your wallet at the store, or back to the original payment method. Where that method can't take a "
            "refund, only the wallet is possible.",
        ),
        Clause(
            "R10",
            "You see every fee first",
            "The fee can depend on the product and the payment method. You see the sum, the fee and the date, and "
            "nothing happens before you confirm them. If something changed meanwhile, you see the new figures.",
        ),
    )

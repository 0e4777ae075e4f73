"""The clauses in plain words follow the terms."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.policy.facts import Reason
from bot.wording.clauses import clause_texts
from tests.policy.policy_builders import policy_with

FAULT, CHANGE = Reason.SERVICE_FAULT, Reason.CHANGE_OF_MIND


def text_of(clause: str, **changes: object) -> str:
    """What a clause says under changed terms."""
    (found,) = clause_texts(policy_with(**changes).versions[0], [clause])
    return found.text


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ({CHANGE, FAULT}, "A change of mind and a fault that is on our records are accepted at once; any other reason"),
        ({CHANGE}, "A change of mind is accepted at once; any other reason is read by a person."),
        ({FAULT}, "A fault that is on our records is accepted at once; any other reason is read by a person."),
        (set(), "Every reason is read by a person."),
    ],
)
def test_r3_names_the_reasons_that_are_accepted(reasons: set[Reason], told: str) -> None:
    assert told in text_of("R3", automatic_reasons=frozenset(reasons))


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        (["chat", "form", "email", "phone"], "by chat, the forms of this site, e-mail or phone."),
        (["form", "email"], "by the forms of this site or e-mail."),
        (["chat"], "by chat."),
        ([], "Every request is looked at by a person."),
    ],
)
def test_r2_names_the_ways_of_asking(channels: list[str], told: str) -> None:
    assert text_of("R2", accepted_channels=frozenset(channels)).endswith(told)


def test_r7b_has_the_fee_of_a_confirmed_fault() -> None:
    assert "the fee is 5% of the amount paid" in text_of("R7b", confirmed_fault_fee_rate=Decimal("0.05"))

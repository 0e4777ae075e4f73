"""When two phone numbers are the same."""

from __future__ import annotations

import pytest

from bot.cases.identity.phones import normal_phone, phones_agree


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+1 212 555 0100", "+12125550100"),
        ("1-212-555-0100", "+12125550100"),
        ("(212) 555-0100", "2125550100"),
        ("0044 20 7946 0958", "+442079460958"),
        ("555 0100", "5550100"),
        ("123456", None),
        ("+1234567890123456", None),
        ("", None),
        (None, None),
    ],
)
def test_one_form_for_every_spelling(text: str | None, phone: str | None) -> None:
    assert normal_phone(text) == phone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 (212) 555-0100", "212-555-0100"),
        ("+44 20 7946 0958", "020 7946 0958"),
        ("+44 20 7946 0958", "2079460958"),
        ("+39 06 6982 1234", "06 6982 1234"),
        ("+372 555 0100", "555 0100"),
        ("212 555 0100", "(212) 5550100"),
        ("+1 212 555 0100", "001 212 555 0100"),
    ],
)
def test_the_same_number(one: str, other: str) -> None:
    assert phones_agree(one, other) and phones_agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 212 555 0100", "555 0100"),
        ("+1 212 555 0100", "12 555 0100"),
        ("+1 212 555 0100", "+44 212 555 0100"),
        ("+1 212 555 0100", "+1 212 555 0101"),
        ("+44 20 7946 0958", "7946 0958"),
        ("212 555 0100", "555 0100"),
        ("", ""),
        ("-", "-"),
        (None, None),
        ("000 0000", "0000 0000"),
    ],
)
def test_the_last_digits_alone_are_not_the_number(one: str | None, other: str | None) -> None:
    assert not phones_agree(one, other) and not phones_agree(other, one)

"""When two phone numbers are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cases.identity.phones import normal_phone, phone_keys


def agree(one: str | None, other: str | None, country: str = "US") -> bool:
    """Whether two numbers, however they are written, are the same."""
    return phone_keys(one, country).agree(phone_keys(other, country))


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+1 212 555 0100", "+12125550100"),
        ("1-212-555-0100", "+12125550100"),
        ("(212) 555-0100", "2125550100"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("212-555-0100 ext 5", "2125550100"),
        ("555 0100", "5550100"),
        ("123456", None),
        ("+1234567890123456", None),
        ("+1 212 555 0100 or 212 555 0199 or 212 555 0198", None),
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
        ("+39 06 6982 1234", "06 6982 1234"),
        ("+372 555 0100", "555 0100"),
        ("212 555 0100", "(212) 5550100"),
        ("+1 212 555 0100", "001 212 555 0100"),
        ("+44 20 7946 0958", "+44 (0)20 7946 0958"),
        ("+44 20 7946 0958", "0044 (0) 20 7946-0958"),
        ("+44 20 7946 0958", "011 44 20 7946 0958"),
        ("+234 803 123 4567", "+234 0803 123 4567"),
        ("+52 55 1234 5678", "+52 1 55 1234 5678"),
        ("+52 55 1234 5678", "011 52 55 1234 5678"),
        ("+52 55 1234 5678", "011 52 1 55 1234 5678"),
        ("+54 9 11 2345 6789", "+54 11 15 2345-6789"),
        ("+54 9 11 2345 6789", "+54 011 15 2345-6789"),
        ("+54 9 341 512 3456", "+54 341 15 512 3456"),
        ("+55 21 99999-1234", "+55 021 99999 1234"),
        ("+1 212 555 0100", "212-555-0100 ext 5"),
        ("+1 212 555 0100", "(212) 555-0100 x5"),
        ("+1 212 555 0100", "1 212 555 0100 Ext. 12"),
        ("+1 212 555 0100", "212.555.0100 #7"),
        ("+1 212 555 0100", "＋１ ２１２ ５５５ ０１００"),
        ("+1 212 555 0100", "212‑555‑0100 (home)"),
        ("+1 555 555 5555", "1-555-555-5555"),
        ("+999 123 4567", "00999 1234567"),
    ],
)
def test_the_same_number(one: str, other: str) -> None:
    assert agree(one, other) and agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 212 555 0100", "555 0100"),
        ("+1 212 555 0100", "12 555 0100"),
        ("+1 212 555 0100", "+44 212 555 0100"),
        ("212 555 0100", "+44 212 555 0100"),
        ("+1 212 555 0100", "+1 212 555 0101"),
        ("+44 20 7946 0958", "7946 0958"),
        ("+44 20 7946 0958", "2079460958"),
        ("+52 55 1234 5678", "551 234 5678"),
        ("+52 55 1234 5678", "+52 1 55 1234 5679"),
        ("+54 9 11 2345 6789", "+54 9 11 2345 6780"),
        ("+39 06 6982 1234", "+39 6 6982 1234"),
        ("011 15 2345 6789", "+54 5 2345 6789"),
        ("212 555 0100", "555 0100"),
        ("", ""),
        ("-", "-"),
        (None, None),
        ("000 0000", "0000 0000"),
    ],
)
def test_the_last_digits_alone_are_not_the_number(one: str | None, other: str | None) -> None:
    assert not agree(one, other) and not agree(other, one)


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("GB", "+44 20 7946 0958", "020 7946 0958"),
        ("GB", "+44 20 7946 0958", "20 7946 0958"),
        ("MX", "+52 55 1234 5678", "55 1234 5678"),
        ("AR", "+54 9 11 2345 6789", "011 15 2345-6789"),
        ("CN", "+86 139 1099 8888", "139 1099 8888"),
        ("DE", "+49 30 123456", "030 123456"),
    ],
)
def test_a_number_without_a_country_is_of_the_company_s_own(country: str, one: str, other: str) -> None:
    assert agree(one, other, country)
    assert phone_keys(one, country).whole == phone_keys(other, country).whole


def test_ten_digits_are_another_number_in_another_country() -> None:
    assert phone_keys("551 234 5678", "US").whole == "+15512345678"
    assert phone_keys("55 1234 5678", "MX").whole == "+525512345678"


@given(st.text(alphabet="+0123456789 ()-.x#", max_size=30), st.text(alphabet="+0123456789 ()-.x#", max_size=30))
def test_the_same_is_the_same_both_ways_and_a_number_is_itself(one: str, other: str) -> None:
    assert agree(one, other) is agree(other, one)
    assert agree(one, one) is (normal_phone(one) is not None)


@given(st.integers(10**9, 10**10 - 1), st.integers(10**9, 10**10 - 1))
def test_two_whole_numbers_that_differ_never_agree(one: int, other: int) -> None:
    assert agree(f"+44{one}", f"+1{other}") is False
    assert agree(f"+1{one}", f"+1{other}") is (one == other)

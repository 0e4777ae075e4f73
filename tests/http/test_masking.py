"""Card numbers are found however they are written, and nothing else is taken for one."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import mask_cards
from bot.wording import say

CARD = say("stands_for_card")
GROUPS = {13: [(13,), (4, 3, 3, 3), (4, 4, 5)], 14: [(14,), (4, 6, 4)], 15: [(15,), (4, 6, 5)]}
LONGER = [(4, 4, 4, 4), (8, 8), (2,) * 8, (1,) * 16]
SEPARATORS = [" ", "-", ".", "/", "\u00a0", "\u202f", "–", "_", " - ", "  "]


def with_check_digit(digits: str) -> str:
    """Luhn's check digit at the end."""
    total = 0
    for place, character in enumerate(reversed(digits), start=1):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 * (digit > 9)
    return digits + str(-total % 10)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """Thirteen to nineteen digits with the right check digit, as an issuer gives them out."""
    body = draw(st.text("0123456789", min_size=11, max_size=17))
    return with_check_digit(draw(st.sampled_from("23456")) + body)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and how somebody wrote it."""
    number = draw(card_numbers())
    rest = len(number) % 4
    groups = [(len(number),), *GROUPS.get(len(number), []), (4,) * (len(number) // 4) + ((rest,) if rest else ())]
    sizes = draw(st.sampled_from(groups + (LONGER if len(number) == 16 else [])))
    short = sizes[0] < 4 or sizes[0] == 8
    separator = draw(st.sampled_from([one for one in SEPARATORS if not short or len(one) == 1]))
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    text = separator.join(parts)
    zero = draw(st.sampled_from("0０٠०"))
    return number, "".join(chr(ord(zero) + int(c)) if c.isascii() and c.isdigit() else c for c in text)


@given(written(), st.text(st.characters(blacklist_categories=["Nd", "No", "Nl"])), st.text("abc .,!\n"))
def test_a_card_number_in_any_grouping_and_any_text_is_masked(card: tuple[str, str], before: str, after: str) -> None:
    _, text = card
    before = before.rstrip("+＋") + " "

    masked, found = mask_cards(f"{before}{text}{after}")

    assert found and masked == f"{before}{CARD}{after}"
    assert mask_cards(masked) == (masked, False)


@given(st.text())
def test_masking_again_changes_nothing_more(text: str) -> None:
    masked, _ = mask_cards(text)

    assert mask_cards(masked) == (masked, False)


@given(st.text(st.characters(max_codepoint=0x17F)))
def test_a_text_with_fewer_digits_than_a_card_has_is_left_alone(text: str) -> None:
    if len(re.sub(r"[^\d²³¹]", "", text)) < 13:
        assert mask_cards(text) == (text, False)


@given(st.lists(st.from_regex(r"[0-9]{6}", fullmatch=True), min_size=1), st.sampled_from([" ", "-", "\n", ", ", "/"]))
def test_order_numbers_in_a_row_are_no_card(numbers: list[str], separator: str) -> None:
    for text in (separator.join(numbers), separator.join(f"CC-{number}" for number in numbers)):
        assert mask_cards(text) == (text, False)


@given(
    st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.from_regex(r"\+[1-9]( [0-9]{2,4}){2,3}", fullmatch=True)
)
def test_phone_numbers_are_no_card(plain: str, grouped: str) -> None:
    for text in (f"call {plain} please", f"call {grouped} please"):
        assert mask_cards(text) == (text, False)


@given(
    st.lists(st.dates(date(1900, 1, 1)), min_size=1), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%y", "%d %m %Y"])
)
def test_dates_in_a_row_are_no_card(days: list[date], form: str) -> None:
    text = " ".join(day.strftime(form) for day in days)
    assert mask_cards(text) == (text, False)


@given(st.lists(st.decimals(0, 999, places=2), min_size=1))
def test_sums_in_a_row_are_no_card(sums: list) -> None:  # type: ignore[type-arg]
    for text in (" ".join(f"${one}" for one in sums), " ".join(map(str, sums))):
        assert mask_cards(text) == (text, False)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", CARD),
        ("my card is 4111 1111 1111 1111.", f"my card is {CARD}."),
        ("4111-1111-1111-1111 exp 12/27 cvc 123", f"{CARD} exp 12/27 cvc 123"),
        ("order 104233 4111 1111 1111 1111 104240", f"order 104233 {CARD} 104240"),
        ("3782 822463 10005", CARD),
        ("card:5555555555554444,", f"card:{CARD},"),
        ("４１１１ １１１１ １１１１ １１１１", CARD),
        ("4111\u200b1111\u200b1111\u200b1111", CARD),
        ("two: 4111 1111 1111 1111 5555 5555 5555 4444", f"two: {CARD} {CARD}"),
        ("+1 4111 1111 1111 1111", f"+1 {CARD}"),
        ("+4111111111111111", f"+{CARD}"),
        ("visa + 4111 1111 1111 1111", f"visa + {CARD}"),
        ("call +378282246310005", "call +378282246310005"),
        ("call ＋3782 822463 10005", "call ＋3782 822463 10005"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("104233 104240 104251", "104233 104240 104251"),
        ("CC-104233 CC-104240 CC-104251", "CC-104233 CC-104240 CC-104251"),
        ("1234567812345670", "1234567812345670"),
    ],
)
def test_what_is_masked_and_what_is_not(text: str, masked: str) -> None:
    assert mask_cards(text) == (masked, masked != text)

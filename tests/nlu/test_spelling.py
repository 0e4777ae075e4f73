"""Misspelt words are read as words of the training data; anything else stays as it is."""

from __future__ import annotations

import pytest

from bot.nlu.spelling import Spelling

SPELLING = Spelling.fit(
    [
        "I want a refund please",
        "cancel my plan",
        "what is the plan",
        "what a day",
        "that's wrong",
        "money back",
        "refnd",
    ]
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("i wnat a refnd", "i want a refund"),
        ("cancle my plna", "cancel my plan"),
        ("CANCLE MY PLNA", "CANCEL MY PLAN"),
        ("cancell it", "cancel it"),
        ("thats worng", "that's wrong"),
        ("mony bak", "money bak"),
        ("refundd plaese", "refund please"),
    ],
)
def test_a_slip_is_read_as_the_likeliest_word(typed: str, read: str) -> None:
    assert SPELLING.corrected(typed) == read


@pytest.mark.parametrize(
    "text",
    [
        "I have cancer",
        "a plane",
        "my plans",
        "mail wnat@refnd.net",
        "RD-WNATAB",
        "wnat.example.net",
        "quiero xyzzy",
        "42",
    ],
)
def test_other_words_and_addresses_stay(text: str) -> None:
    assert SPELLING.corrected(text) == text


def test_a_long_word_may_have_two_slips_and_a_short_one_only_one() -> None:
    spelling = Spelling.fit(["subscription", "want"])
    assert spelling.corrected("subscribtoin") == "subscription"
    assert spelling.corrected("wnta") == "wnta"

"""What nobody sees is taken out of a message, and what holds an emoji together stays."""

from __future__ import annotations

import pytest

from bot.commands.cases import harmless
from bot.http.clean_text import clean


@pytest.mark.parametrize(
    "text",
    ["plain", "two\nlines\tand a tab", "👍🏽", "👩‍👩‍👧", "🏳️‍🌈", "❤️", "naïve €5", "日本語", "e\u0301"],
)
def test_what_is_seen_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x07c\x1b[31md\x7f", "abc[31md"),
        ("\x9b31mred", "31mred"),
        ("pay \u202e00.05$\u202c", "pay 00.05$"),
        ("\u2066x\u2069\u200e\u200f\u061c", "x"),
        ("ref\u200bund\u2060\ufeff\u00ad", "refund"),
        ("ref\u200dund", "refund"),
        ("\u200d", ""),
        ("hi\U000e0041\U000e0042", "hi"),
        ("hi\U000e0101", "hi"),
        ("a\u3164b", "ab"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("lone \ud800", "lone ?"),
    ],
)
def test_what_is_not_seen_goes(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_the_terminal_of_an_agent_obeys_no_customer() -> None:
    assert harmless("a\x1b[2Jb\x9bc\u202ed\x7f\n") == "a\\u001b[2Jb\\u009bc\\u202ed\\u007f\n"

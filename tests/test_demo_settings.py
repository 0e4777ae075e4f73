"""Beside which settings there is a demo: each is known to be harmless, or stands for a real system."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bot.settings import HARMLESS, REAL_SYSTEMS, Settings, demo_refusal


@pytest.mark.parametrize("name", list(Settings.__fields__))
def test_each_setting_is_harmless_or_of_a_real_system(name: str) -> None:
    """A new setting goes into one of the two lists of bot/settings.py."""
    stands_for = [what for start, what in REAL_SYSTEMS.items() if name.startswith(start)]
    assert len(stands_for) == (0 if name in HARMLESS else 1)


def test_no_list_names_what_is_no_setting() -> None:
    assert set(Settings.__fields__) >= HARMLESS
    for start in REAL_SYSTEMS:
        assert any(name.startswith(start) for name in Settings.__fields__), start


@pytest.mark.parametrize("name", sorted(set(Settings.__fields__) - HARMLESS))
def test_each_that_is_not_harmless_forbids_a_demo_once_it_is_set(name: str) -> None:
    default = Settings.__fields__[name].default
    other = SecretStr("another value") if isinstance(default, SecretStr) else "another value"
    refusal = demo_refusal(Settings().copy(update={name: other}))
    assert refusal is not None and refusal.startswith(f"REFUND_DESK_{name.upper()} is set (")
    assert "another value" not in refusal


def test_without_a_real_system_there_may_be_one() -> None:
    mail = {"smtp_url": "smtp://127.0.0.1:25", "mail_from": "desk@example.org"}
    assert demo_refusal(Settings()) is None and demo_refusal(Settings(**mail, take_back_minutes=0)) is None


def test_a_setting_that_nobody_has_sorted_counts_as_a_real_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.settings.HARMLESS", HARMLESS - {"contact"})
    refusal = demo_refusal(Settings(contact="somebody"))
    assert refusal is not None and "REFUND_DESK_CONTACT is set (a real system)" in refusal

"""Beside which settings there is a demo: each is known to be harmless, or stands for a real system."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from bot.setting_groups.base import Group
from bot.setting_groups.desk import DeskSettings
from bot.settings import GROUPS, Settings, demo_refusal, fields

HARMLESS: frozenset[str] = frozenset(
    "home database_url keys_url secret retention_days policy verification_minutes verification_tries "
    "answer_working_days business_hours contact take_back_minutes agent_limit lead_limit trusted_proxies "
    "messages_per_minute address_messages_per_minute conversations_per_address address_requests_per_minute "
    "address_handoffs_per_hour address_connections connections redis_url action_secret second_factor email_code "
    "smtp_url mail_from billing return_address return_instructions return_reminder_days return_overdue_days "
    "delivery_attempts".split()
)
"""All that may be set for a demo. A setting that is added counts as a real system's, unless its group and this say
otherwise."""


def group_of(name: str) -> type[Group]:
    """The group that has the setting, and no other has."""
    (group,) = (group for group in GROUPS if name in group.fields())
    return group


def with_another(name: str, value: Any) -> Settings:
    """Settings of which one has a value that no check has seen."""
    settings, group = Settings(), group_of(name)
    settings.groups[group] = settings[group].copy(update={fields()[name].name: value})
    return settings


@pytest.mark.parametrize("name", list(fields()))
def test_each_setting_is_harmless_or_of_a_real_system(name: str) -> None:
    """A new setting goes into ``harmless`` of its group, or its group or it says what it ``stands_for``."""
    group, field = group_of(name), fields()[name]
    stands_for = field.field_info.extra.get("stands_for", group.stands_for)
    assert (field.name in group.harmless) == (name in HARMLESS)
    assert name in HARMLESS or stands_for != Group.stands_for


def test_no_list_names_what_is_no_setting() -> None:
    assert set(fields()) >= HARMLESS
    for group in GROUPS:
        assert set(group.__fields__) >= group.harmless and {group.switch or "none"} <= {*group.__fields__, "none"}


@pytest.mark.parametrize("name", sorted(set(fields()) - HARMLESS))
def test_each_that_is_not_harmless_forbids_a_demo_once_it_is_set(name: str) -> None:
    other = SecretStr("another value") if isinstance(fields()[name].default, SecretStr) else "another value"
    refusal = demo_refusal(with_another(name, other))
    assert refusal is not None and str(refusal).startswith(f"REFUND_DESK_{name.upper()} is set (")
    assert "another value" not in str(refusal)


def test_without_a_real_system_there_may_be_one() -> None:
    mail = {"smtp_url": "smtp://127.0.0.1:25", "mail_from": "desk@example.org"}
    assert demo_refusal(Settings()) is None and demo_refusal(Settings(**mail, take_back_minutes=0)) is None


def test_a_setting_that_nobody_has_sorted_counts_as_a_real_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeskSettings, "harmless", DeskSettings.harmless - {"contact"})
    refusal = demo_refusal(Settings(contact="somebody"))
    assert refusal is not None and "REFUND_DESK_CONTACT is set (a real system)" in str(refusal)

"""Questions about the terms are answered by those that the order at hand is judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.services import Services
from bot.policy import Policy
from tests.actions.talks import serve_by, turn
from tests.policy.policy_builders import POLICY
from tests.store_builders import proven_address, store_order

TODAY = datetime.now(timezone.utc)
BEFORE, SINCE = TODAY - timedelta(days=4), TODAY - timedelta(days=1)


@pytest.fixture
def two_versions(desk: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Since two days the fee is 10 %, and the time zone of cancellations another one."""
    first = POLICY.versions[0]
    starts_on = (TODAY - timedelta(days=2)).date()
    later = replace(first, version="newer", starts_on=starts_on, default_fee_rate=Decimal("0.10"))
    later = replace(later, calendar=replace(later.calendar, cycle_day=15))
    changed = replace(desk, policy=Policy((first, later), "two"))
    serve_by(monkeypatch, changed)
    return changed


def an_order_of(services: Services, placed_at: datetime, number: str = "CC-104233") -> None:
    """An order of the customer."""
    store_order(services, number, placed_at=placed_at.isoformat())


def told(topic: str, text: str = "how much is it?", **changes: Any) -> list[dict[str, Any]]:
    """The bot's messages to a question."""
    messages, _ = turn(text, intent="ask_policy", detail=topic, confidence=0.95, **changes)
    return messages


OF_ORDER: dict[str, Any] = {"slots": {"order_number": "CC-104233"}}


def test_an_older_order_is_told_by_its_own_terms_and_that_it_is(two_versions: Services) -> None:
    an_order_of(two_versions, BEFORE)
    proven_address(two_versions)
    older, figures = told("fee", **OF_ORDER)
    assert older["response"] == "utter_older_terms"
    assert older["words"].endswith(f" when it was placed, version {POLICY.versions[0].version}:")
    assert figures["response"] == "utter_policy_for_order" and "(12% fee)" in figures["words"]


def test_an_order_that_is_named_goes_before_the_one_at_hand(two_versions: Services) -> None:
    an_order_of(two_versions, BEFORE)
    an_order_of(two_versions, SINCE, "CC-104244")
    proven_address(two_versions)
    (answer,) = told("fee", "how much is the fee for CC-104244?", **OF_ORDER)
    assert answer["response"] == "utter_policy_for_order" and "(10% fee)" in answer["words"]


def test_without_an_order_the_terms_are_todays(two_versions: Services) -> None:
    an_order_of(two_versions, BEFORE)
    (answer,) = told("fee")
    assert "normally 10%" in answer["words"]


def test_an_order_that_is_not_proven_shows_nothing_of_its_date(two_versions: Services) -> None:
    an_order_of(two_versions, BEFORE)
    (answer,) = told("fee", **OF_ORDER)
    assert "normally 10%" in answer["words"]


def test_cancelling_is_told_by_the_terms_of_today(two_versions: Services) -> None:
    an_order_of(two_versions, BEFORE)
    proven_address(two_versions)
    assert "before the 15th of" in told("cancel_by", **OF_ORDER)[0]["words"]
    assert [it["words"] for it in told("renewal", **OF_ORDER) if "on the 1st of" in it["words"]] != []

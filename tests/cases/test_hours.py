"""When people are at the desk: weekdays, edges, holidays, and the time zone of the business."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.cases.business_hours import ALWAYS, BusinessHours
from bot.cases.conversation.hours import hours_notice
from bot.cases.services import Services
from tests.store_builders import Clock

NEW_YORK = ZoneInfo("America/New_York")
WEEK = BusinessHours.parse("Mon-Fri 09:00-17:00, Sat 10:00-12:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("now", "is_open", "opens"),
    [
        ("2026-05-06T09:00", True, "2026-05-06T09:00"),
        ("2026-05-06T08:59", False, "2026-05-06T09:00"),
        ("2026-05-06T16:59", True, "2026-05-06T16:59"),
        ("2026-05-06T17:00", False, "2026-05-07T09:00"),
        ("2026-05-08T18:00", False, "2026-05-09T10:00"),
        ("2026-05-09T12:00", False, "2026-05-11T09:00"),
        ("2026-05-10T12:00", False, "2026-05-11T09:00"),
        ("2026-11-26T11:00", False, "2026-11-27T09:00"),  # Thanksgiving
        ("2026-03-07T13:00", False, "2026-03-09T09:00"),  # the clocks change on the Sunday between
    ],
)
def test_open_and_next_opening(services: Services, now: str, is_open: bool, opens: str) -> None:
    calendar = services.policy.terms_for(at(now)).calendar
    assert WEEK.is_open(at(now), calendar) is is_open
    assert WEEK.next_opening(at(now), calendar) == at(opens)


def test_another_time_zone_is_asked_in_that_of_the_business(services: Services) -> None:
    tokyo = datetime(2026, 5, 6, 22, 30, tzinfo=ZoneInfo("Asia/Tokyo"))  # 9:30 in New York
    assert WEEK.is_open(tokyo, services.policy.terms_for(tokyo).calendar)


def test_a_desk_that_never_closes_is_open_on_holidays(services: Services) -> None:
    now = at("2026-11-26T03:00")
    assert ALWAYS.is_open(now, services.policy.terms_for(now).calendar)


@pytest.mark.parametrize(
    "text", ["", "Mon", "Mon 9-17", "Mon-Xyz 09:00-17:00", "Fri-Mon 09:00-17:00", "Mon 17:00-09:00", "Mon 25:00-26:00"]
)
def test_what_is_no_opening_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        BusinessHours.parse(text)


def test_who_waits_is_told_when_people_are_back(services: Services, clock: Clock) -> None:
    weekly = replace(services, business_hours=WEEK)
    clock.now = at("2026-05-08T18:30")
    assert hours_notice(weekly) == "Our people are back on Saturday, May 9, 2026, at 10:00 AM EDT."
    clock.now = at("2026-05-06T12:00")
    assert hours_notice(weekly) == ""

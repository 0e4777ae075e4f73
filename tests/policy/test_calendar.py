"""Working days, deadlines and the public holidays that a library update must not move."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.policy.policy_builders import at, default_terms, ny, terms_with_calendar

CALENDAR = default_terms().calendar

# Federal holidays that fall on a weekday, as observed, 2020 to 2035.
DAYS_OFF = {
    2020: "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
    2021: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2022: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2029: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
    2030: "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2031: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
    2032: "01-01 01-19 02-16 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2033: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    2034: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2035: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
}


@pytest.mark.parametrize("year", DAYS_OFF)
def test_the_public_holidays_stay_where_they_are(year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    off = [day for day in days if day.year == year and day.weekday() < 5 and not CALENDAR.is_working_day(day)]
    assert " ".join(f"{day:%m-%d}" for day in off) == DAYS_OFF[year]


def test_no_saturday_or_sunday_is_a_working_day() -> None:
    saturday = date(2020, 1, 4)
    for week in range(16 * 52):
        assert not CALENDAR.is_working_day(saturday + timedelta(weeks=week))
        assert not CALENDAR.is_working_day(saturday + timedelta(weeks=week, days=1))


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        pytest.param("2026-05-06", 1, "2026-05-07", id="Wednesday, one: Thursday"),
        pytest.param("2026-05-08", 1, "2026-05-11", id="Friday, one: Monday"),
        pytest.param("2026-05-09", 1, "2026-05-11", id="Saturday, one: Monday"),
        pytest.param("2026-11-25", 1, "2026-11-27", id="over Thanksgiving"),
        pytest.param("2026-12-31", 1, "2027-01-04", id="over New Year and a weekend"),
        pytest.param("2021-12-30", 1, "2022-01-03", id="over a New Year's Day observed in the old year"),
        pytest.param("2026-05-08", 7, "2026-05-19", id="seven"),
    ],
)
def test_the_nth_working_day_after_a_day(day: str, n: int, expected: str) -> None:
    assert CALENDAR.nth_working_day_after(date.fromisoformat(day), n) == date.fromisoformat(expected)


def test_the_company_can_close_and_open_on_days_of_its_own() -> None:
    christmas_eve, columbus = date(2026, 12, 24), date(2026, 10, 12)
    ours = terms_with_calendar(extra=frozenset({christmas_eve}), working=frozenset({columbus})).versions[0].calendar
    assert CALENDAR.is_working_day(christmas_eve)
    assert not ours.is_working_day(christmas_eve)
    assert not CALENDAR.is_working_day(columbus)
    assert ours.is_working_day(columbus)


def test_a_weekend_stays_a_weekend_on_a_day_the_company_says_it_works() -> None:
    saturday = date(2026, 5, 9)
    ours = terms_with_calendar(working=frozenset({saturday})).versions[0].calendar
    assert not ours.is_working_day(saturday)


def test_another_country_has_other_holidays() -> None:
    german = terms_with_calendar(holidays="DE").versions[0].calendar
    assert not german.is_working_day(date(2026, 5, 1))
    assert german.is_working_day(date(2026, 11, 26))


@pytest.mark.parametrize(
    ("moment", "in_time"),
    [
        pytest.param("2026-03-09T03:59:59+00:00", True, id="summer time began on the day: it ends at 04:00 UTC"),
        pytest.param("2026-03-09T04:00:00+00:00", False, id="and is over then"),
    ],
)
def test_a_day_with_a_clock_change_ends_at_local_midnight(moment: str, in_time: bool) -> None:
    assert CALENDAR.is_in_time(at(moment), date(2026, 3, 8)) is in_time


@pytest.mark.parametrize(
    ("moment", "in_time"),
    [
        pytest.param("2026-11-02T04:59:59+00:00", True, id="winter time began on the day: it ends at 05:00 UTC"),
        pytest.param("2026-11-02T05:00:00+00:00", False, id="and is over then"),
    ],
)
def test_a_day_of_25_hours_counts_to_its_end(moment: str, in_time: bool) -> None:
    assert CALENDAR.is_in_time(at(moment), date(2026, 11, 1)) is in_time


def test_where_midnight_comes_twice_the_first_one_is_late() -> None:
    # In Havana clocks went back from 01:00 to 00:00 on 2024-11-03, so that midnight came twice.
    havana = terms_with_calendar(time_zone=ZoneInfo("America/Havana")).versions[0].calendar
    assert havana.is_in_time(at("2024-11-03T03:59:59+00:00"), date(2024, 11, 2))
    assert not havana.is_in_time(at("2024-11-03T04:00:00+00:00"), date(2024, 11, 2))
    assert not havana.is_in_time(at("2024-11-03T05:00:00+00:00"), date(2024, 11, 2))


def test_where_midnight_is_left_out_the_day_ends_at_the_jump() -> None:
    # In Havana clocks went from 00:00 to 01:00 on 2024-03-10.
    havana = terms_with_calendar(time_zone=ZoneInfo("America/Havana")).versions[0].calendar
    assert havana.is_in_time(at("2024-03-10T04:59:59+00:00"), date(2024, 3, 9))
    assert not havana.is_in_time(at("2024-03-10T05:00:00+00:00"), date(2024, 3, 9))


def test_both_hours_of_a_turned_back_clock_belong_to_the_day() -> None:
    moment = ny("2026-11-01 01:30")
    assert CALENDAR.business_date(moment) == CALENDAR.business_date(moment.replace(fold=1)) == date(2026, 11, 1)

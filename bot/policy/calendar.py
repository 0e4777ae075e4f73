"""Calendar questions, all asked in the business time zone: working days, deadlines, billing cycles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class BusinessCalendar:
    """Working days and billing cycles of one company.

    ``holidays`` is a country code of the holidays library; ``extra`` adds days to it and ``working`` takes
    days out of it. ``cycle_day`` (1 to 28) is the day of the month on which a billing cycle starts.
    """

    time_zone: ZoneInfo
    holidays: str
    extra: frozenset[date]
    working: frozenset[date]
    cycle_day: int

    def business_date(self, moment: datetime) -> date:
        """The calendar date of ``moment`` (aware) in the business time zone."""
        return moment.astimezone(self.time_zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of ``day`` in the business time zone."""
        return datetime.combine(day, time.min, tzinfo=self.time_zone)

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday and no holiday."""
        if day.weekday() >= 5 or day in self.extra:
            return False
        return day in self.working or day not in _public_holidays(self.holidays, day.year)

    def nth_working_day_after(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which never counts itself (``n`` at least 1)."""
        while n > 0:
            day += timedelta(days=1)
            n -= self.is_working_day(day)
        return day

    def is_in_time(self, moment: datetime, deadline: date) -> bool:
        """Whether ``moment`` lies before the end of the business day ``deadline``."""
        # In UTC: two times of one zone would be compared by the wall clock, which lies at a clock change.
        return moment.astimezone(timezone.utc) < self.start_of(deadline + timedelta(days=1)).astimezone(timezone.utc)

    def next_cycle_start(self, moment: datetime) -> date:
        """The first day of the billing cycle after the one that holds ``moment`` (C3, C4)."""
        day = self.business_date(moment)
        start = day.replace(day=self.cycle_day)
        return start if day < start else start + relativedelta(months=1)


def country_is_known(country: str) -> bool:
    """Whether the holidays library has public holidays for ``country``."""
    return country in holidays.list_supported_countries()


@lru_cache(maxsize=512)
def _public_holidays(country: str, year: int) -> Collection[date]:
    return frozenset(holidays.country_holidays(country, years=year, observed=True))

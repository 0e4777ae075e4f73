"""When people are at the desk, and what a customer is told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.policy.calendar import BusinessCalendar

if TYPE_CHECKING:
    pass

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d):(\d\d)-(\d\d):(\d\d)")
_LOOK_AHEAD = 60  # days; longer than any run of holidays


@dataclass(frozen=True)
class BusinessHours:
    """Opening times by weekday (0 is Monday), in the business time zone. A day may have several."""

    times: tuple[tuple[int, time, time], ...]

    @classmethod
    def parse(cls, text: str) -> BusinessHours:
        """From ``Mon-Fri 09:00-17:00, Sat 10:00-12:00``, or ``always``. Raises ValueError."""
        if text.strip().lower() == "always":
            return cls(tuple((day, time.min, time.max) for day in range(7)))
        times = []
        for part in text.split(","):
            match = _PART.fullmatch(part.strip().lower())
            if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
                raise ValueError(f'"{part.strip()}" is no opening time; write Mon-Fri 09:00-17:00, or always')
            first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
            try:
                start, end = time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6]))
            except ValueError:
                raise ValueError(f'"{part.strip()}" has no such time of day') from None
            if last < first or end <= start:
                raise ValueError(f'"{part.strip()}" ends before it begins')
            times += [(day, start, end) for day in range(first, last + 1)]
        return cls(tuple(sorted(times)))

    def is_open(self, now: datetime, calendar: BusinessCalendar) -> bool:
        """Whether somebody is at the desk. Public holidays are closed, except for a desk that is always open."""
        return any(start <= now < end for start, end in self._on(now, calendar))

    def next_opening(self, now: datetime, calendar: BusinessCalendar) -> datetime:
        """When the desk opens next, in the business time zone; now, where it is open."""
        if self.is_open(now, calendar):
            return now
        for days in range(_LOOK_AHEAD):
            for start, _ in self._on(now + timedelta(days=days), calendar):
                if start > now:
                    return start
        raise ValueError("the desk never opens")

    def _on(self, moment: datetime, calendar: BusinessCalendar) -> list[tuple[datetime, datetime]]:
        day = calendar.business_date(moment)
        if day.weekday() < 5 and not calendar.is_working_day(day) and self != ALWAYS:
            return []
        at = [(start, end) for weekday, start, end in self.times if weekday == day.weekday()]
        zone = calendar.time_zone
        return [(datetime.combine(day, start, zone), datetime.combine(day, end, zone)) for start, end in at]


ALWAYS = BusinessHours.parse("always")
"""A desk that never closes."""

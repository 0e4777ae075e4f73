"""The numbers that matter at the desk. Each field says what it counts; the page shows the same words.

Times are business time: a span of ``days`` ends with today, and begins at midnight in the business time zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from bot.cases.model import CaseState, Misunderstood
from bot.cases.services import Services

SPANS = (7, 30, 90)
"""For how many days the numbers can be asked."""
SHOWN = 50
"""How many messages that were not understood are shown."""
_BY_WEEK_FROM = 60


@dataclass(frozen=True)
class Period:
    """One bar of a plot: a day, or a week of seven days, and the conversations that began in it.

    ``by_bot``: the bot brought a request to its end and nobody was asked; ``by_person``: handed over; ``other``:
    neither, so only questions, or the customer left before the end.
    """

    first: date
    last: date
    by_bot: int
    by_person: int
    other: int

    @property
    def total(self) -> int:
        """All conversations of the period."""
        return self.by_bot + self.by_person + self.other


@dataclass(frozen=True)
class PaidOut:
    """What was paid out in one ``currency``: refunds, the fees kept from them, how many, and refunds by period."""

    currency: str
    refunded: Decimal
    fees: Decimal
    number: int
    by_period: tuple[Decimal, ...]


@dataclass(frozen=True)
class Waiting:
    """How long something took. ``median`` is over those that are over; ``open`` counts those that still wait."""

    median: timedelta | None
    number: int
    open: int


@dataclass(frozen=True)
class Insight:
    """The numbers of a span of days.

    ``periods``: conversations by when they began. ``handed_over``: handoffs by cause. ``declined``: requests that the
    policy declined, by deciding clause (a request with two clauses counts under both); ``declined_by_person``: those
    that a person declined. ``to_decision``: refunds and cancellations, from the first message that asks to the first
    decision, the policy's or a person's. ``to_answer``: handoffs, from the handoff to a person's first message.
    ``ratings``: by score, 1 to 5. ``not_understood``: the newest of ``not_understood_number`` messages;
    ``not_exported`` counts those of all times that were never exported.
    """

    days: int
    periods: tuple[Period, ...]
    handed_over: Counter[str]
    declined: Counter[str]
    declined_by_person: int
    money: tuple[PaidOut, ...]
    to_decision: Waiting
    to_answer: Waiting
    ratings: Counter[int]
    not_understood: tuple[Misunderstood, ...]
    not_understood_number: int
    not_exported: int

    @property
    def conversations(self) -> int:
        """Conversations that began in the span and in which the customer wrote."""
        return sum(period.total for period in self.periods)

    @property
    def by_bot(self) -> int:
        """Of these, those that the bot resolved."""
        return sum(period.by_bot for period in self.periods)

    @property
    def by_person(self) -> int:
        """Of these, those handed over."""
        return sum(period.by_person for period in self.periods)

    @property
    def other(self) -> int:
        """Of these, the rest."""
        return sum(period.other for period in self.periods)

    @property
    def average_rating(self) -> Decimal | None:
        """The mean score with one decimal; None without ratings."""
        number = sum(self.ratings.values())
        if not number:
            return None
        return (Decimal(sum(score * count for score, count in self.ratings.items())) / number).quantize(Decimal("0.1"))


def insight(services: Services, days: int) -> Insight:
    """The numbers of the last ``days`` days, one of SPANS, today included."""
    now = services.clock()
    calendar = services.policy.terms_for(now).calendar
    firsts = first_days(calendar.business_date(now), days)
    tomorrow = calendar.business_date(now) + timedelta(days=1)
    bounds = [calendar.start_of(day) for day in (*firsts, tomorrow)]
    since, until = bounds[0], bounds[-1]
    with services.reading() as uow:
        return Insight(
            days=days,
            periods=_periods([*firsts, tomorrow], uow.insight.conversation_counts(bounds)),
            handed_over=uow.insight.handoff_counts(since, until),
            declined=uow.insight.decline_counts(since, until),
            declined_by_person=uow.insight.moves_to(CaseState.REFUSED_BY_AGENT, since, until),
            money=_money(uow.insight.paid_refunds(bounds), len(firsts)),
            to_decision=_waiting(uow.insight.decision_times(since, until)),
            to_answer=_waiting(uow.insight.answer_times(since, until)),
            ratings=uow.insight.rating_counts(since, until),
            not_understood=tuple(uow.misunderstood.between(since, until, SHOWN)),
            not_understood_number=uow.misunderstood.count(since, until),
            not_exported=uow.misunderstood.count_not_exported(),
        )


def first_days(today: date, days: int) -> list[date]:
    """The first day of each period: every day, or for a long span every week. The last week ends today, the
    first is cut where the span begins."""
    length = 7 if days >= _BY_WEEK_FROM else 1
    start = today - timedelta(days=days - 1)
    return sorted(max(start, today - timedelta(days=back - 1)) for back in range(length, days + length, length))


def _periods(firsts: Sequence[date], counts: Counter[tuple[int, bool, bool]]) -> tuple[Period, ...]:
    periods = []
    for number, (first, following) in enumerate(pairwise(firsts)):
        of_period = {key[1:]: count for key, count in counts.items() if key[0] == number}
        periods.append(
            Period(
                first,
                following - timedelta(days=1),
                by_bot=of_period.get((False, True), 0),
                by_person=of_period.get((True, True), 0) + of_period.get((True, False), 0),
                other=of_period.get((False, False), 0),
            )
        )
    return tuple(periods)


def _money(rows: list[tuple[int, str, str, str | None, int]], periods: int) -> tuple[PaidOut, ...]:
    found = []
    for currency in sorted({row[1] for row in rows}):
        by_period = [Decimal(0)] * periods
        fees, times = Decimal(0), 0
        for period, _, amount, fee, number in (row for row in rows if row[1] == currency):
            by_period[period] += Decimal(amount) * number
            fees += Decimal(fee or 0) * number
            times += number
        found.append(PaidOut(currency, sum(by_period, Decimal(0)), fees, times, tuple(by_period)))
    return tuple(found)


def _waiting(times: list[tuple[datetime, datetime | None]]) -> Waiting:
    # A clock that was put back makes no time negative.
    taken = [max(timedelta(0), ended - began) for began, ended in times if ended is not None]
    middle = timedelta(seconds=median(time.total_seconds() for time in taken)) if taken else None
    return Waiting(middle, len(taken), len(times) - len(taken))

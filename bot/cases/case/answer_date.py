"""The day that a customer is promised who waits for a person."""

from __future__ import annotations

from datetime import date

from bot.cases.services import Services


def answer_by(services: Services) -> date:
    """The business date by which a person answers."""
    now = services.clock()
    calendar = services.policy.terms_for(now).calendar
    return calendar.nth_working_day_after(calendar.business_date(now), services.answer_working_days)

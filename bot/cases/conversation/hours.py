"""When people are at the desk, as a customer is told."""

from __future__ import annotations

from bot.cases.services import Services
from bot.wording import say


def hours_notice(services: Services) -> str:
    """What a customer is told who waits for a person: nothing while the desk is open, else when it opens."""
    now = services.clock()
    calendar = services.policy.terms_for(now).calendar
    if services.business_hours.is_open(now, calendar):
        return ""
    opens = services.business_hours.next_opening(now, calendar)
    return say("hours_away", opens=opens)

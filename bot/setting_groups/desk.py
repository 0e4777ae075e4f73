"""The people of the desk: when they answer, what they may decide alone, how they sign in."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, validator

from bot.cases.business_hours import BusinessHours
from bot.cases.payout_limits import parse_limits
from bot.setting_groups.base import Group, variable_of
from bot.wording import say


class DeskSettings(Group):
    """What is promised of the people at the desk, and what they may do."""

    part = "policy"
    harmless = frozenset("answer_working_days business_hours contact agent_limit lead_limit second_factor".split())

    answer_working_days: int = Field(1, ge=1, le=30, description="By when a person is promised to answer.")
    business_hours: str = Field(
        "Mon-Fri 09:00-17:00",
        description="When people are at the desk, in the business time zone; several parts with commas, such as "
        "`Mon-Fri 09:00-17:00, Sat 10:00-12:00`, or `always`. Public holidays are closed.",
    )
    contact: str = Field("+1 888-582-6840", description="What customers are told when nothing else works.")
    agent_limit: str = Field(
        "USD 100.00",
        description="The highest refund that an agent decides without a second person, for each currency: "
        "`USD 100.00, EUR 90.00`; an amount alone is in USD. In a currency without a limit a second person is always "
        "asked.",
    )
    lead_limit: str = Field(
        "USD 500.00",
        description="The same for a lead, for each currency that agents have a limit in. An admin has no limit.",
    )
    second_factor: Literal["optional", "leads", "all"] = Field(
        "optional",
        description="Who at the desk must have a second factor, a code of an app at each sign-in, and can do nothing "
        "but set it up before: nobody, leads and admins (`leads`), or everybody (`all`).",
        page="operate.md",
    )

    @validator("business_hours")
    def _opening_times(cls, text: str) -> str:
        BusinessHours.parse(text)
        return text

    @validator("agent_limit", "lead_limit")
    def _amounts(cls, text: str, values: dict[str, Any]) -> str:
        try:
            limits = parse_limits(text)
        except ValueError:
            raise ValueError(say("setting_no_amount")) from None
        agent = parse_limits(values["agent_limit"]) if "agent_limit" in values else {}
        if any(limits.get(currency, -1) < least for currency, least in agent.items()):
            raise ValueError(say("setting_below", variable=variable_of("agent_limit")))
        return text

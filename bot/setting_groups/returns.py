"""Where shipped cards go back to, and how long they are waited for."""

from __future__ import annotations

from typing import Any

from pydantic import Field, validator

from bot.cases.return_terms import BadByCountry, by_country
from bot.setting_groups.base import PREFIX, Group, variable_of
from bot.wording import say

_LONGEST = 2_000


class ReturnSettings(Group):
    """What customers are told who send a card back (R5)."""

    part = "policy"
    harmless = frozenset("address instructions reminder_days overdue_days".split())

    address: str = Field(
        "",
        description="Where shipped cards go back to, in one line. Customers of other countries can have another one: "
        "parts with `|` between them, each with its country before it, such as `1 Main St, Albany NY 12207, USA | "
        "DE: Hauptstr. 1, 10115 Berlin`. Without it customers are not told any.",
        page="shop.md",
    )
    instructions: str = Field(
        "",
        description="What else customers are told beside the address, such as how to pack it; by country as the "
        "address is.",
        page="shop.md",
    )
    reminder_days: int = Field(
        14,
        ge=0,
        le=365,
        description="After how many days a customer is reminded, once, of a card that has not arrived; `0` for never.",
    )
    overdue_days: int = Field(
        30, ge=1, le=730, description="After how many days a person has the case of a card that has not arrived."
    )

    class Config:
        """The names begin with ``REFUND_DESK_RETURN_``."""

        env_prefix = f"{PREFIX}RETURN_"

    @validator("address", "instructions")
    def _by_country(cls, text: str) -> str:
        if len(text) > _LONGEST:
            raise ValueError(say("setting_too_long", most=_LONGEST))
        try:
            by_country(text)
        except BadByCountry as error:
            raise ValueError(say("setting_not_by_country", part=error.part)) from None
        return text

    @validator("overdue_days")
    def _reminded_first(cls, days: int, values: dict[str, Any]) -> int:
        if days <= values.get("reminder_days", 0):
            raise ValueError(say("setting_above", variable=variable_of("return_reminder_days")))
        return days

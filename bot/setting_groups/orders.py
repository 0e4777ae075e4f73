"""What the orders of the shop look like."""

from __future__ import annotations

from pydantic import Field, validator

from bot import order_numbers
from bot.setting_groups.base import Group
from bot.wording import say


class OrderSettings(Group):
    """How order numbers are written."""

    part = "policy"
    stands_for = "own_order_numbers"

    order_numbers: str = Field(
        order_numbers.DEFAULT,
        description="What an order number looks like: an example (`CC-104233`, `100045678`), or a prefix or pattern "
        "and an example behind it (`# #1001`, `SO\\d{4}-\\d{5} SO2026-00017`). In a pattern stand letters, digits and "
        "marks as they are, `\\d`, `[A-Z]` or `[A-Z0-9]` for what changes, and `{5}`, `{4,7}` or `+` for how many. Of "
        "an example alone the digits change, as many as it has; fewer than six without a leading zero may become nine.",
        page="reference/orders.md",
    )

    @validator("order_numbers")
    def _form(cls, text: str) -> str:
        try:
            order_numbers.OrderNumbers.parse(text)
        except order_numbers.BadForm as error:
            raise ValueError(say(f"setting_order_numbers_{error.code}")) from None
        return text

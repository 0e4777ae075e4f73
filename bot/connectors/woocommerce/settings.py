"""What switches WooCommerce on, and how the shop is set up."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, validator

from bot.setting_groups.base import PREFIX, Group, Secret, all_of, either, variable_of
from bot.wording import say


class WooSettings(Group):
    """The shop's address and key, and what its orders hold."""

    part = "money"
    stands_for = "WooCommerce"
    switch = "url"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}WOOCOMMERCE_"

    key: Secret = Field(Secret(""), description="Consumer key, Read/Write.", page="connect/woocommerce.md")
    secret: Secret = Field(Secret(""), description="Consumer secret of that key.")
    webhook_secret: Secret = Field(
        Secret(""), description="Secret of `/webhooks/woocommerce`.", shown="none: no events are taken"
    )
    url: str = Field("", description="The shop's address; its orders are read live.", page="connect/woocommerce.md")
    numbers: Literal["id", "number"] = Field(
        "id", description="What the digits of an order number are: the order's `id`, or its own `number`."
    )
    stop_status: str = Field(
        "",
        regex=r"^[a-z0-9-]{0,20}$",
        description="The order status at which the shop's card system blocks a card.",
        shown="none: a person stops cards",
    )
    balance_field: str = Field(
        "card_balance",
        regex=r"^[A-Za-z0-9_.-]{1,100}$",
        description="The order's meta data with a card's balance.",
    )
    wallet: Literal["none", "terawallet"] = Field(
        "none", description="`terawallet`: where refunds to the wallet are credited."
    )
    wallet_only_methods: str = Field(
        "bacs,cheque,cod",
        regex=r"^$|^[A-Za-z0-9_-]{1,100}(,[A-Za-z0-9_-]{1,100}){0,99}$",
        description="Payment methods of the shop that take no refund, beside those of the terms, with commas between "
        "them. Of the others the shop is asked.",
    )

    @validator("url", always=True)
    def _can_be_called(cls, url: str, values: dict[str, Any]) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError(say("setting_no_https"))
        if url:
            missing = [either(f"woocommerce_{name}") for name in ("key", "secret") if not values.get(name, True)]
            if missing:
                raise ValueError(say("setting_needs", what=all_of(missing)))
        given = [name for name in ("key", "secret", "webhook_secret") if values.get(name)]
        if given and not url:
            raise ValueError(say("setting_missing", variable=variable_of(f"woocommerce_{given[0]}")))
        return url

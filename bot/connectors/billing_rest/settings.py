"""Where the billing gateway is, and the secret that both sides sign with."""

from __future__ import annotations

from typing import Any

from pydantic import Field, validator

from bot.setting_groups.base import PREFIX, Group, Secret, variable_of
from bot.wording import say


class BillingRestSettings(Group):
    """The billing gateway of docs/connect/billing-gateway.openapi.yml."""

    part = "money"
    stands_for = "billing_gateway"
    switch = "url"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}GATEWAY_"

    secret: Secret = Field(
        Secret(""),
        description="At least 16 characters; signs the requests to the billing gateway and proves its answers.",
        page="connect/billing-gateway.md",
    )
    url: str = Field(
        "",
        description="Where the billing gateway is: `https://…`, or `http://…` on this machine.",
        shown="none: the embedded ledger",
        page="connect/billing-gateway.md",
    )
    attempts: int = Field(
        12,
        ge=1,
        le=50,
        description="How often a call that the billing gateway does not answer is made, within about 45 minutes, "
        "before a person has the case.",
    )

    @validator("url")
    def _can_be_called(cls, url: str, values: dict[str, Any]) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError(say("setting_gateway_url"))
        if url and not values.get("secret", True):
            raise ValueError(say("setting_gateway_needs", variable=variable_of("gateway_secret")))
        return url

"""What switches Stripe on."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import PREFIX, Group, Secret, either
from bot.wording import say


class StripeSettings(Group):
    """The key to Stripe's API, and the secret of its events."""

    part = "money"
    stands_for = "Stripe"
    switch = "key"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}STRIPE_"

    key: Secret = Field(Secret(""), description="`rk_…` or `sk_…`.", page="connect/stripe.md")
    webhook_secret: Secret = Field(
        Secret(""), description="`whsec_…` of `/webhooks/stripe`.", shown="none: no events are taken"
    )
    url: str = Field("https://api.stripe.com", description="Where Stripe's API is; another one for tests.")
    order_field: str = Field(
        "order_number", regex=r"^[A-Za-z0-9_.-]{1,40}$", description="The metadata field with the order number."
    )

    @validator("key")
    def _is_a_key(cls, key: SecretStr) -> SecretStr:
        if key and not key.get_secret_value().startswith(("sk_", "rk_")):
            raise ValueError(say("setting_stripe_key"))
        return key

    @validator("webhook_secret")
    def _events_are_read(cls, secret: SecretStr, values: dict[str, Any]) -> SecretStr:
        if secret and not secret.get_secret_value().startswith("whsec_"):
            raise ValueError(say("setting_stripe_secret"))
        if secret and not values.get("key", True):
            raise ValueError(say("setting_stripe_needs", variable=either("stripe_key")))
        return secret

    @validator("url")
    def _can_be_called(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError(say("setting_no_https"))
        return url

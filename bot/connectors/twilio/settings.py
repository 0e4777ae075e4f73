"""What switches SMS and WhatsApp by Twilio on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, validator

from bot.setting_groups.base import PREFIX, Group, Secret, all_of, all_or_none, either, variable_of
from bot.wording import say


class TwilioSettings(Group):
    """The account, and the numbers that send."""

    part = "messaging"
    stands_for = "Twilio"
    switch = "account_sid"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}TWILIO_"

    account_sid: str = Field(
        "",
        regex=r"^(AC[0-9a-fA-F]{32})?$",
        description="`AC…`. With the token and one of the two numbers it switches Twilio on.",
        page="connect/twilio.md",
    )
    auth_token: Secret = Field(Secret(""), description="The token of that account.")
    shared_key: Secret = Field(
        Secret(""),
        description="The secret of the shared key, where a webhook rule at Twilio signs with one (HMAC-SHA256).",
    )
    sms_from: str = Field("", regex=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})?$", description="`+…` or `MG…`: SMS.")
    whatsapp_from: str = Field("", regex=r"^(\+[1-9][0-9]{6,14})?$", description="`+…`: WhatsApp by Twilio.")
    url: str = Field("https://api.twilio.com", description="Where Twilio's API is.")

    @property
    def senders(self) -> dict[str, str]:
        """The number of each channel that is switched on."""
        numbers = {"sms": self.sms_from, "twilio-whatsapp": self.whatsapp_from}
        return {channel: number for channel, number in numbers.items() if number}

    _whole = all_or_none("account_sid", "auth_token")

    @validator("whatsapp_from", always=True)
    def _has_a_number(cls, number: str, values: dict[str, Any]) -> str:
        numbers = number or values.get("sms_from", "?")
        if values.get("account_sid") and not numbers:
            raise ValueError(say("setting_twilio_number", variable=variable_of("twilio_sms_from")))
        if numbers and numbers != "?" and not values.get("account_sid", True):
            needed = [variable_of("twilio_account_sid"), either("twilio_auth_token")]
            raise ValueError(say("setting_needs", what=all_of(needed)))
        return number

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """See Group."""
        if self.is_on and not known.get("public_url", True):
            yield "twilio_url", say("setting_twilio_needs", variable=variable_of("public_url"))

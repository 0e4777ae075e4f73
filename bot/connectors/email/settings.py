"""What switches e-mail on as a channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, validator

from bot.setting_groups.base import PREFIX, Group, Secret, all_or_none, either
from bot.wording import say


class EmailSettings(Group):
    """The address that customers write to."""

    part = "messaging"
    stands_for = "email"
    switch = "secret"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}EMAIL_"

    secret: Secret = Field(
        Secret(""),
        description="What mail that is posted here is signed with. With the next one it switches e-mail on; answers "
        "need `REFUND_DESK_SMTP_URL`.",
        page="connect/email.md",
    )
    address: str = Field("", description="The address that customers write to.")

    @validator("address")
    def _can_be_sent(cls, address: str) -> str:
        if address and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):
            raise ValueError(say("setting_no_email"))
        return address

    _whole = all_or_none("secret", "address")

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """See Group."""
        if self.address and not known.get("smtp_url", True):
            yield "email_address", say("setting_email_needs", variable=either("smtp_url"))

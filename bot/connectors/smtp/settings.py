"""Over which mail server mail is sent, and from whom."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import Group
from bot.wording import say


class SmtpSettings(Group):
    """The mail server. A demo may have it: its mail says what it is from."""

    part = "identity"
    harmless = frozenset({"smtp_url", "mail_from"})

    smtp_url: SecretStr = Field(
        SecretStr(""), description="`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."
    )
    mail_from: str = Field("", description="The sender of codes, receipts and answers by mail.")

    @validator("smtp_url")
    def _smtp(cls, url: SecretStr) -> SecretStr:
        if url and not re.fullmatch(r"smtps?://([^@/\s]+@)?[^@/\s:]+(:\d{1,5})?/?", url.get_secret_value()):
            raise ValueError(say("setting_no_smtp"))
        return url

    @validator("mail_from")
    def _mail_can_be_sent(cls, sender: str) -> str:
        if sender and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
            raise ValueError(say("setting_no_email"))
        return sender

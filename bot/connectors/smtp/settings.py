"""Over which mail server mail is sent, and from whom."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import Group


class SmtpSettings(Group):
    """The mail server. A demo may have it: its mail says what it is from."""

    part = "Identity and mail"
    harmless = frozenset({"smtp_url", "mail_from"})

    smtp_url: SecretStr = Field(
        SecretStr(""), description="`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."
    )
    mail_from: str = Field("", description="The sender of codes, receipts and answers by mail.")

    @validator("smtp_url")
    def _smtp(cls, url: SecretStr) -> SecretStr:
        if url and not re.fullmatch(r"smtps?://([^@/\s]+@)?[^@/\s:]+(:\d{1,5})?/?", url.get_secret_value()):
            raise ValueError("must look like smtp://user:password@host:587 or smtps://…")
        return url

    @validator("mail_from")
    def _mail_can_be_sent(cls, sender: str) -> str:
        if sender and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
            raise ValueError("must be an e-mail address")
        return sender

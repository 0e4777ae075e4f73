"""What switches Telegram on."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import PREFIX, Group, Secret, all_or_none
from bot.wording import say


class TelegramSettings(Group):
    """The bot whose private chats are answered."""

    part = "messaging"
    stands_for = "Telegram"
    switch = "token"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}TELEGRAM_"

    token: Secret = Field(
        Secret(""),
        description="The bot's token. With the next one it switches Telegram on.",
        page="connect/telegram.md",
    )
    secret: Secret = Field(
        Secret(""), description="What Telegram shows with every update: letters, digits, `_` and `-`."
    )
    url: str = Field("https://api.telegram.org", description="Where Telegram's API is.")

    @validator("secret")
    def _telegram_takes_it(cls, secret: SecretStr) -> SecretStr:
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError(say("setting_telegram_secret"))
        return secret

    _whole = all_or_none("token", "secret")

"""What switches Slack on as a channel."""

from __future__ import annotations

from pydantic import Field

from bot.setting_groups.base import PREFIX, Group, Secret, all_or_none


class SlackSettings(Group):
    """The app whose direct messages are answered."""

    part = "messaging"
    stands_for = "Slack"
    switch = "bot_token"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}SLACK_"

    bot_token: Secret = Field(
        Secret(""), description="`xoxb-…`. With the next one it switches Slack on.", page="connect/slack.md"
    )
    signing_secret: Secret = Field(Secret(""), description="What Slack signs its requests with.")
    url: str = Field("https://slack.com/api", description="Where Slack's API is.")

    _whole = all_or_none("bot_token", "signing_secret")

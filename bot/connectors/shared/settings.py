"""What several connectors are set up with."""

from __future__ import annotations

from pydantic import Field, validator

from bot.setting_groups.base import PREFIX, Group, Secret
from bot.wording import say


class DeliverySettings(Group):
    """How messages are brought to customers, over whatever channel."""

    part = "messaging"
    harmless = frozenset({"delivery_attempts"})

    delivery_attempts: int = Field(
        12,
        ge=1,
        le=50,
        description="How often a message that a provider does not take is brought, within about an hour, before a "
        "person has to reach the customer.",
    )


class HelpdeskSettings(Group):
    """The help desk, whichever it is: each says in its ``settings`` what of this it needs."""

    part = "helpdesk"
    stands_for = "help_desk"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}HELPDESK_"

    url: str = Field("", description="Where the help desk is: `https://…`.", shown="none; for Slack its own")
    token: Secret = Field(Secret(""), description="What our calls there show. Chatwoot: the token of the agent bot.")
    agent_token: Secret = Field(
        Secret(""),
        description="Chatwoot: the token of an administrator or of an agent of the inbox. It asks for contacts and "
        "conversations, which is refused to bots; nobody is answered with it.",
    )
    secret: Secret = Field(
        Secret(""),
        description="At least 16 characters; what its webhooks are signed with. Chatwoot: the secret of the agent bot.",
    )
    inbox_secret: Secret = Field(
        Secret(""), description="Chatwoot: the secret of the inbox, if the inbox has a webhook of its own."
    )
    account: str = Field(
        "",
        regex=r"^[A-Za-z0-9._%+-]*(@[A-Za-z0-9.-]+)?$",
        description="Chatwoot: number of the account. Zendesk: e-mail address of the agent. Slack: id of the channel. "
        "E-mail: address of the team.",
    )
    inbox: str = Field(
        "",
        regex=r"^[A-Za-z0-9._%-]*(@[A-Za-z0-9.-]+)?$",
        description="Chatwoot: number of the inbox. E-mail: address that answers go to.",
    )

    @validator("url")
    def _can_be_called(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError(say("setting_no_https"))
        return url.rstrip("/")

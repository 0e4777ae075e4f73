"""How much one may ask and send."""

from __future__ import annotations

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import Group
from bot.wording import say


class LimitSettings(Group):
    """Limits of a conversation, an address and the whole server."""

    part = "server"
    harmless = frozenset(
        "messages_per_minute address_messages_per_minute conversations_per_address address_requests_per_minute "
        "address_connections connections address_handoffs_per_hour redis_url".split()
    )

    messages_per_minute: int = Field(60, ge=1, le=100_000, description="Messages a minute of one conversation.")
    address_messages_per_minute: int = Field(
        300, ge=1, le=100_000, description="Messages a minute of one address (of a /64 for IPv6)."
    )
    conversations_per_address: int = Field(
        100, ge=1, le=100_000, description="Conversations of one address that are active within the hour."
    )
    address_requests_per_minute: int = Field(
        600,
        ge=1,
        le=100_000,
        description="Pages and reads a minute of one address, and so many typing signals, ratings and health checks; "
        "files five times, and pages of the desk ten times as many.",
    )
    address_connections: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Open connections of one address that is no trusted proxy; streams and long polls of one address: "
        "half of it.",
    )
    connections: int = Field(
        2_000,
        ge=16,
        le=100_000,
        description="Open connections in all, at most half of the file descriptors that the process may have; streams "
        "and long polls: half of it.",
    )
    address_handoffs_per_hour: int = Field(
        6,
        ge=1,
        le=10_000,
        description="Requests for a person within the hour from one address, or account, of people who have proven no "
        "order; more are kept and shown at the desk, but don't come into its queue.",
        page="operate.md",
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        description="`redis://…`: several servers count messages together. While it is down each counts for itself.",
    )

    @validator("redis_url")
    def _redis(cls, url: SecretStr) -> SecretStr:
        if url and not url.get_secret_value().startswith(("redis://", "rediss://", "redis+unix://")):
            raise ValueError(say("setting_no_redis"))
        return url

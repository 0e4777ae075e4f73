"""Where the server is reached, and by whom."""

from __future__ import annotations

import ipaddress
import re

from pydantic import Field, validator

from bot.setting_groups.base import Group, Secret
from bot.wording import say

ACTION_SECRET_HEADER = "X-Refund-Desk-Action-Secret"  # noqa: S105
"""In which the Rasa server shows the action server the ``action_secret``."""


class ServerSettings(Group):
    """The addresses of the server, its proxies and its pages elsewhere."""

    part = "server"
    harmless = frozenset({"trusted_proxies", "action_secret"})

    trusted_proxies: str = Field(
        "127.0.0.1/32,::1/128",
        description="Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
        page="run.md",
    )
    allowed_origins: str = Field(
        "",
        description="Other pages whose scripts may ask: `https://shop.example,…`, exact, never `*`.",
        page="shop.md",
        stands_for="shop_pages",
    )
    public_url: str = Field(
        "",
        description="Where customers reach this server, such as `https://desk.example`: what links in mails and "
        "tickets begin with. Without it they have no links.",
        stands_for="public_server",
    )
    action_secret: Secret = Field(
        Secret(""),
        description="What the Rasa server shows the action server. `run` makes one at each start; set it where the two "
        "are started apart.",
    )

    @validator("trusted_proxies")
    def _networks(cls, text: str) -> str:
        parse_networks(text)
        return text

    @validator("allowed_origins")
    def _exact_origins(cls, text: str) -> str:
        for origin in parse_origins(text):
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                raise ValueError(say("setting_no_origin", origin=origin))
        return text

    @validator("public_url")
    def _public(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", url):
            raise ValueError(say("setting_no_site"))
        return url.rstrip("/")


def parse_networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks of a comma list. Raises ValueError."""
    return [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]


def parse_origins(text: str) -> list[str]:
    """The origins of a comma list."""
    return [part.strip().lower() for part in text.split(",") if part.strip()]

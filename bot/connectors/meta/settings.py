"""What switches WhatsApp and Messenger by Meta on."""

from __future__ import annotations

from pydantic import Field

from bot.setting_groups.base import Group, Secret, all_or_none

_WHATSAPP, _MESSENGER = "WhatsApp", "Messenger"


class MetaSettings(Group):
    """A phone number of WhatsApp, a page of Messenger, and the API of both."""

    part = "messaging"
    stands_for = "meta"

    whatsapp_token: Secret = Field(
        Secret(""),
        description="The access token. All four switch WhatsApp by Meta on.",
        page="connect/whatsapp.md",
        stands_for=_WHATSAPP,
    )
    whatsapp_app_secret: Secret = Field(
        Secret(""), description="What Meta signs its requests with.", stands_for=_WHATSAPP
    )
    whatsapp_verify_token: Secret = Field(
        Secret(""), description="What Meta asks back when the webhook is set up.", stands_for=_WHATSAPP
    )
    whatsapp_phone_id: str = Field(
        "", regex=r"^[0-9]{0,30}$", description="The id of the phone number.", stands_for=_WHATSAPP
    )
    messenger_token: Secret = Field(
        Secret(""),
        description="The page's token. All three switch Messenger on.",
        page="connect/messenger.md",
        stands_for=_MESSENGER,
    )
    messenger_app_secret: Secret = Field(
        Secret(""), description="What Meta signs its requests with.", stands_for=_MESSENGER
    )
    messenger_verify_token: Secret = Field(
        Secret(""), description="What Meta asks back when the webhook is set up.", stands_for=_MESSENGER
    )
    meta_url: str = Field(
        "https://graph.facebook.com/v25.0", description="Where Meta's API is, with its version: WhatsApp and Messenger."
    )

    @property
    def is_on(self) -> bool:
        """See Group."""
        return bool(self.whatsapp_token or self.messenger_token)

    _whatsapp = all_or_none("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token", "whatsapp_phone_id")
    _messenger = all_or_none("messenger_token", "messenger_app_secret", "messenger_verify_token")

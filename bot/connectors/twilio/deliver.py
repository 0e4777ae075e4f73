"""Twilio: SMS and WhatsApp by the Message resource (twilio.com/docs/messaging/api/message-resource).

A body has at most 1,600 characters. Buttons need templates that Twilio has approved, so choices are numbered here.
"""

from __future__ import annotations

from typing import Any

from bot.cases.outbound.delivery import Address, Courier
from bot.cases.outbound.outgoing import Outgoing, as_text, split
from bot.connectors.shared.couriers import ProviderApi, name_of
from bot.connectors.twilio.settings import TwilioSettings
from bot.setting_groups.base import GroupedSettings, blamed_on
from bot.setting_groups.server import ServerSettings

LONGEST = 1_600
_TOO_MANY = {20429, 63018}
"""Codes for too many requests, which come with other statuses than 429, too."""


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who brings messages there, one for each number; nothing is connected yet. Raises SettingsError."""
    ours, site = settings[TwilioSettings], settings[ServerSettings].public_url
    account = ours.account_sid, ours.auth_token.get_secret_value()
    with blamed_on("twilio_url"):
        return [TwilioCourier(channel, ours.url, *account, number, site) for channel, number in ours.senders.items()]


class TwilioCourier:
    """Brings messages from one number. The address has the phone number as ``to``; ``channel`` is ``sms`` or
    ``twilio-whatsapp``."""

    def __init__(self, channel: str, url: str, account: str, token: str, sender: str, public_url: str) -> None:
        """``sender`` is a number, or the id of a messaging service; ``public_url`` is the desk's address, where Twilio
        tells what becomes of a message. Raises ValueError for a URL that can't be used."""
        self.channel = channel
        self._api = ProviderApi("Twilio", url, user=account, password=token)
        self._path = f"/2010-04-01/Accounts/{account}"
        self._prefix = "whatsapp:" if channel == "twilio-whatsapp" else ""
        name = "MessagingServiceSid" if sender.startswith("MG") else "From"
        self._fixed = {name: self._prefix + sender, "StatusCallback": f"{public_url}/webhooks/twilio"}

    def parts(self, what: Outgoing, address: Address) -> list[str]:
        """See Courier."""
        return split(as_text(what, numbered=True), LONGEST)

    def send(self, address: Address, part: Any) -> str | None:
        """See Courier."""
        form = {**self._fixed, "To": self._prefix + address["to"], "Body": part}
        answer = self._api.call("POST", f"{self._path}/Messages.json", data=form)
        if answer.status in (200, 201):
            return name_of(answer.body.get("sid"))
        code = answer.body.get("code")
        if code in _TOO_MANY:
            raise self._api.busy(answer)
        raise self._api.refused(code)

    def check(self) -> None:
        """That the account and its token are taken. Raises DeliveryError."""
        answer = self._api.call("GET", f"{self._path}.json")
        if answer.status != 200:
            raise self._api.refused(answer.body.get("code"))

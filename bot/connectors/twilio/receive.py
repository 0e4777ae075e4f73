"""Twilio: incoming SMS and WhatsApp messages (twilio.com/docs/messaging/guides/webhook-request), signed over the
address that it asks and the form (twilio.com/docs/usage/security)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from sanic import response
from sanic.request import Request

from bot.cases.services import Services
from bot.connectors.shared.incoming import Failed, Incoming, Reading, Receiver, code_of
from bot.connectors.shared.twilio_signature import TwilioKeys, is_from_twilio
from bot.connectors.twilio.settings import TwilioSettings
from bot.setting_groups.base import GroupedSettings
from bot.setting_groups.server import ServerSettings

_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_WHATSAPP = "whatsapp:"
_NUMBER = re.compile(r"\+?[0-9]{3,15}", re.ASCII)
"""A number or a short code: where an SMS comes from that can be answered. Twilio also has ``rcs:…`` and
``messenger:…``, which are other channels, names, and nothing at all."""
_ANONYMOUS = frozenset({"+266696687", "+7378742833", "+2562533", "+8566696", "+86282452253"})
"""What Twilio writes for a number that is withheld: the keys of ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE.
All who withhold theirs would be one customer."""
_ANSWERED_BY_TWILIO = frozenset("stop stopall unsubscribe end quit revoke optout start unstop".split())
"""An SMS of one of these words: after the first seven nothing may be sent any more, the last two undo that. CANCEL, for
Twilio such a word, too, is not here: it may be an order, and a person can still do something about it."""
_FAILED = ("failed", "undelivered")


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    ours = settings[TwilioSettings]
    site = settings[ServerSettings].public_url
    keys = TwilioKeys(ours.auth_token.get_secret_value(), ours.shared_key.get_secret_value())
    return [Twilio(ours.account_sid, keys, site, frozenset(ours.senders))]


class Twilio:
    """Messages to our numbers. ``public_url`` is the desk's address as Twilio was told; ``channels`` are those of our
    numbers: ``sms``, ``twilio-whatsapp``."""

    name = "twilio"
    longest = 65_536

    def __init__(self, account: str, keys: TwilioKeys, public_url: str, channels: frozenset[str]) -> None:
        self._account = account
        self._keys = keys
        self._url = f"{public_url}/webhooks/{self.name}"
        self._channels = channels

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        query = f"?{request.query_string}" if request.query_string else ""
        return is_from_twilio(self._keys, request.headers, self._url + query, request.body)

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        answer = response.text(_NOTHING_TO_SAY, content_type="text/xml")
        sender = form.get("From", "")
        channel = "twilio-whatsapp" if sender.startswith(_WHATSAPP) else "sms"
        can_be_answered = channel != "sms" or (_NUMBER.fullmatch(sender) and sender not in _ANONYMOUS)
        # In a status From is we; it has no Body.
        is_message = form.get("MessageSid") and "Body" in form and not form.get("OptOutType")
        if form.get("AccountSid") != self._account or channel not in self._channels:
            return Reading(answer=answer)
        if form.get("MessageStatus") in _FAILED:
            return Reading(failed=[Failed(channel, form["MessageSid"], code_of(form.get("ErrorCode")))], answer=answer)
        left_to_twilio = channel == "sms" and form.get("Body", "").strip().lower() in _ANSWERED_BY_TWILIO
        if not is_message or not can_be_answered or left_to_twilio:
            return Reading(answer=answer)
        number = sender[len(_WHATSAPP) :] if channel == "twilio-whatsapp" else sender
        incoming = Incoming(
            channel=channel,
            account=number,
            message_id=form["MessageSid"],
            text=form["Body"],
            address={"to": number},
            attachment=form.get("NumMedia", "0") not in ("", "0") or bool(form.get("Latitude")),
            phone=number if number.startswith("+") else None,
        )
        return Reading([incoming], answer=answer)

"""Twilio: incoming SMS and WhatsApp messages (twilio.com/docs/messaging/guides/webhook-request), signed over the
address that it asks and the form (twilio.com/docs/usage/security)."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlparse

from sanic import response
from sanic.request import Request, RequestParameters
from twilio.request_validator import RequestValidator, add_port, remove_port

from bot.cases.services import Services
from bot.connectors.shared.incoming import Failed, Incoming, Reading, Receiver, code_of, same_text
from bot.connectors.twilio.settings import TwilioSettings
from bot.setting_groups.base import GroupedSettings
from bot.setting_groups.server import ServerSettings

_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_WHATSAPP = "whatsapp:"
_ANSWERED_BY_TWILIO = frozenset("stop stopall unsubscribe end quit revoke optout start unstop".split())
"""An SMS of one of these words: after the first seven nothing may be sent any more, the last two undo that. CANCEL, for
Twilio such a word, too, is not here: it may be an order, and a person can still do something about it."""
_FAILED = ("failed", "undelivered")


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    ours = settings[TwilioSettings]
    site = settings[ServerSettings].public_url
    return [Twilio(ours.account_sid, ours.auth_token.get_secret_value(), site, frozenset(ours.senders))]


class Twilio:
    """Messages to our numbers. ``public_url`` is the desk's address as Twilio was told; ``channels`` are those of our
    numbers: ``sms``, ``twilio-whatsapp``."""

    name = "twilio"
    longest = 65_536

    def __init__(self, account: str, token: str, public_url: str, channels: frozenset[str]) -> None:
        self._account = account
        self._validator = RequestValidator(token)
        self._url = f"{public_url}/webhooks/{self.name}"
        self._channels = channels

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        query = f"?{request.query_string}" if request.query_string else ""
        form = RequestParameters(parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        given, address = request.headers.get("x-twilio-signature"), urlparse(self._url + query)
        # Twilio signs some addresses with their port, and some without.
        expected = [self._validator.compute_signature(url, form) for url in (add_port(address), remove_port(address))]
        return any(same_text(given, one) for one in expected)

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        answer = response.text(_NOTHING_TO_SAY, content_type="text/xml")
        sender = form.get("From", "")
        channel = "twilio-whatsapp" if sender.startswith(_WHATSAPP) else "sms"
        # In a status From is we; it has no Body.
        is_message = form.get("MessageSid") and "Body" in form and not form.get("OptOutType")
        if form.get("AccountSid") != self._account or channel not in self._channels:
            return Reading(answer=answer)
        if form.get("MessageStatus") in _FAILED:
            return Reading(failed=[Failed(channel, form["MessageSid"], code_of(form.get("ErrorCode")))], answer=answer)
        if not is_message or (channel == "sms" and form["Body"].strip().lower() in _ANSWERED_BY_TWILIO):
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

"""Mail that a mail service or a script posts here, signed, as docs/connect/email.md says.

A sender's address is believed only where SPF and DKIM have passed; it can be forged otherwise. Mail from such a sender
never gets into the conversation of the address: only into one whose last mails its sender has received, which the
message ids of our answers prove.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable
from email.utils import getaddresses
from typing import Any

from sanic.request import Request

from bot import order_numbers
from bot.cases.services import Services
from bot.connectors.email.deliver import talk_of
from bot.connectors.email.settings import EmailSettings
from bot.connectors.shared.incoming import TOLERANCE, Incoming, NotReadable, Reading, Receiver, same_text, text_of
from bot.connectors.shared.own_words import own_words
from bot.setting_groups.base import GroupedSettings

HEADER = "x-refund-desk-signature"

_SIGNED = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,190}")
_ROBOTS = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.I)
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_UNSEEN = re.compile(r"<(style|script|head|blockquote)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^>]*>", re.I)
_TAG = re.compile(r"<[^>]*>")


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    ours = settings[EmailSettings]
    secret = ours.secret.get_secret_value()

    def known(references: list[str]) -> tuple[str, str] | None:
        talk = talk_of(secret.encode(), references)
        with services.unit_of_work() as uow:
            address = uow.conversations.reply_address(talk) if talk else None
        return (address["account"], address["to"]) if address and "account" in address else None

    return [Email(secret, ours.address, known)]


class Email:
    """Mail to our ``address``. ``known`` finds, among ids of mails, the account and the customer's address of the
    conversation in which we have sent one of them."""

    name = "email"
    longest = 262_144

    def __init__(self, secret: str, address: str, known: Callable[[list[str]], tuple[str, str] | None]) -> None:
        self._secret = secret.encode()
        self._address = address.lower()
        self._known = known

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        given = _SIGNED.fullmatch(request.headers.get(HEADER, ""))
        if given is None or abs(now - int(given[1])) > TOLERANCE:
            return False
        signed = given[1].encode() + b"." + request.body
        return same_text(given[2], hmac.new(self._secret, signed, hashlib.sha256).hexdigest())

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        mail = json.loads(request.body)
        if not isinstance(mail, dict):
            raise NotReadable
        senders = [address for _, address in getaddresses([text_of(mail.get("from"))])]
        if len(senders) != 1 or not _ADDRESS.fullmatch(senders[0]) or self._is_from_a_robot(senders[0], mail):
            return Reading()
        sender, message_id = senders[0].lower(), text_of(mail["message_id"]).strip()
        if not _ID.fullmatch(message_id):
            raise NotReadable
        is_proven = mail.get("spf") == "pass" and mail.get("dkim") == "pass"
        answered = _ID.findall(f"{text_of(mail.get('references'))} {text_of(mail.get('in_reply_to'))}")
        account = sender
        if not is_proven:
            known = self._known(answered)
            account = known[0] if known and known[1] == sender else f"unproven {sender} {message_id}"
        subject, text = text_of(mail.get("subject")), text_of(mail.get("text")) or _seen(text_of(mail.get("html")))
        incoming = Incoming(
            channel=self.name,
            account=account,
            message_id=message_id,
            text=_with_subject(own_words(text), subject, is_reply=bool(answered)),
            address={
                "to": sender,
                "account": account,
                "subject": subject[:200],
                "thread": [*dict.fromkeys(answered), message_id][-20:],
            },
            attachment=isinstance(mail.get("attachments"), int) and mail["attachments"] > 0,
            email=sender if is_proven else None,
        )
        return Reading([incoming])

    def _is_from_a_robot(self, sender: str, mail: dict[str, Any]) -> bool:
        """Bounces, absence notes, lists, and ourselves: whoever answers those answers for ever (RFC 3834)."""
        automatic = text_of(mail.get("auto_submitted")).strip().lower() not in ("", "no")
        bulk = text_of(mail.get("precedence")).strip().lower() in _BULK
        return automatic or bulk or bool(_ROBOTS.match(sender)) or sender.lower() == self._address


def _seen(page: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", page)))).replace("\xa0", " ")


def _with_subject(text: str, subject: str, *, is_reply: bool) -> str:
    """The text, and from the subject what is missing in it: an order number, or all there is."""
    if not text:
        return "" if is_reply else subject.strip()
    number = order_numbers.in_use().loose.search(subject)
    return text if is_reply or number is None or number[0] in text else f"{text}\n{number[0]}"

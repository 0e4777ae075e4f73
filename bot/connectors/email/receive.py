"""Mail that a mail service or a script posts here, signed, as docs/connect/email.md says.

A sender's address is believed only where DMARC has passed for it, or SPF and DKIM; it can be forged otherwise, and
``Reply-To`` always. Mail from such a sender never gets into the conversation of the address: only into one whose last
mails its sender has received, which the message ids of our answers prove.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from email.utils import getaddresses
from typing import Any

from sanic.request import Request

from bot import order_numbers
from bot.cases.conversation.choices import LOOK_BACK
from bot.cases.conversation.messages import newest
from bot.cases.model import Author
from bot.cases.outbound.outgoing import as_text, outgoing
from bot.cases.services import Services
from bot.connectors.email.bounces import STATUS
from bot.connectors.email.deliver import talk_of
from bot.connectors.email.settings import EmailSettings
from bot.connectors.shared.incoming import (
    TOLERANCE,
    Failed,
    Incoming,
    NotReadable,
    Reading,
    Receiver,
    same_text,
    text_of,
)
from bot.connectors.shared.mail_robots import HEADERS, is_own_list, is_robot, posted, takes_no_answer
from bot.connectors.shared.mail_words import mail_words
from bot.setting_groups.base import GroupedSettings

HEADER = "x-refund-desk-signature"

_SIGNED = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ANSWERS = re.compile(r"\s*(?:re|aw|antw|sv|res|r|rif|rv|tr|fwd?|wg|enc|i|doorst)\s*(?:\[\d+\])?\s*:", re.I)
"""What mail programs write before the subject of a mail that is answered or handed on."""
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,190}")


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    mail = settings[EmailSettings]
    secret = mail.secret.get_secret_value()

    def known(references: list[str]) -> tuple[str, str] | None:
        talk = talk_of(secret.encode(), references)
        with services.unit_of_work() as uow:
            address = uow.conversations.reply_address(talk) if talk else None
        return (address["account"], address["to"]) if address and "account" in address else None

    def sent(account: str) -> list[str]:
        with services.reading() as uow:
            talks = [one.id for one in uow.conversations.named(Email.name, account)]
        said = [message for talk in talks for message in newest(services, talk, LOOK_BACK)]
        ours = [message for message in said if message.author is not Author.CUSTOMER]
        return [as_text(outgoing(message, services.public_url), numbered=True) for message in ours]

    return [Email(secret, mail.address, known, sent)]


class Email:
    """Mail to our ``address``. ``known`` finds, among ids of mails, the account and the customer's address of the
    conversation in which we have sent one of them; ``sent`` what we have sent to an account."""

    name = "email"
    longest = 262_144

    def __init__(
        self,
        secret: str,
        address: str,
        known: Callable[[list[str]], tuple[str, str] | None],
        sent: Callable[[str], list[str]],
    ) -> None:
        self._secret = secret.encode()
        self._address = address.lower()
        self._known, self._sent = known, sent

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
        if failed := self._failed(mail):
            return Reading(failed=[failed])
        sender, answers_to = _only_address(mail.get("from")), _only_address(mail.get("reply_to"))
        message_id = text_of(mail["message_id"]).strip()
        if not sender or self._is_from_a_robot(sender, answers_to, mail):
            return Reading()
        if not _ID.fullmatch(message_id):
            raise NotReadable
        to = answers_to or sender
        # Whoever writes a Reply-To may name somebody else there, and a form of the shop writes for everybody.
        is_proven = to == sender and _has_passed(mail)
        answered = _ID.findall(f"{text_of(mail.get('references'))} {text_of(mail.get('in_reply_to'))}")
        account = to
        if not is_proven:
            known = self._known(answered)
            account = known[0] if known and known[1] == to else f"unproven {to} {message_id}"
        subject, files = text_of(mail.get("subject")), mail.get("attachments")
        has_file = isinstance(files, int) and files > 0
        words = mail_words(text_of(mail.get("text")), text_of(mail.get("html")), self._sent(account))
        incoming = Incoming(
            channel=self.name,
            account=account,
            message_id=message_id,
            text=_with_subject(words, subject, is_reply=bool(answered), has_file=has_file),
            address={
                "to": to,
                "account": account,
                "subject": subject[:200],
                "thread": [*dict.fromkeys(answered), message_id][-20:],
            },
            attachment=has_file,
            email=sender if is_proven else None,
        )
        return Reading([incoming])

    def _failed(self, mail: dict[str, Any]) -> Failed | None:
        """A mail of ours that its server could not bring: nobody else can know its id, and make us believe so, but who
        has got it."""
        name, status = text_of(mail.get("failed_id")), text_of(mail.get("failed_status"))
        is_ours = talk_of(self._secret, [name]) is not None
        return Failed(self.name, name, status) if is_ours and STATUS.fullmatch(status) else None

    def _is_from_a_robot(self, sender: str, answers_to: str, mail: dict[str, Any]) -> bool:
        """Bounces, absence notes, lists, and ourselves. The shop's own form and its own list write for a person, whom
        ``answers_to`` names."""
        headers = {posted(name): text_of(mail.get(posted(name))) for name in HEADERS}
        if is_robot(sender, text_of(mail.get("subject")), headers, [self._address]):
            return True
        writes_for_a_person = answers_to not in ("", sender, self._address)
        if sender == self._address:
            return not (writes_for_a_person and is_own_list(headers, [self._address]))
        is_of_the_shop = sender.rpartition("@")[2] == self._address.rpartition("@")[2]
        return takes_no_answer(sender) and not (writes_for_a_person and is_of_the_shop)


def _only_address(value: object) -> str:
    """The one address of a header, in small letters; empty for none, for several and for what is none."""
    found = [address for _, address in getaddresses([text_of(value)])]
    return found[0].lower() if len(found) == 1 and _ADDRESS.fullmatch(found[0]) else ""


def _has_passed(mail: dict[str, Any]) -> bool:
    return mail.get("dmarc") == "pass" or (mail.get("spf") == "pass" and mail.get("dkim") == "pass")


def _with_subject(text: str, subject: str, *, is_reply: bool, has_file: bool) -> str:
    """The text, and from the subject what is missing in it: an order number, or all there is where the mail answers
    none and brings nothing else."""
    if not text:
        return "" if is_reply or has_file or _ANSWERS.match(subject) else subject.strip()
    number = order_numbers.in_use().loose.search(subject)
    return text if is_reply or number is None or number[0] in text else f"{text}\n{number[0]}"

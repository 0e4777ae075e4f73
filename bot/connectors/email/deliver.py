"""Mail as a messaging channel: answers in the thread of the customer's mail (RFC 5322, section 3.6.4), which other
robots can tell from a person's (RFC 3834)."""

from __future__ import annotations

import hashlib
import hmac
import re
import smtplib
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from bot.cases.errors import MailNotSent
from bot.cases.outbound.delivery import Address, Courier, Undeliverable, Undelivered
from bot.cases.outbound.outgoing import Outgoing, as_text
from bot.connectors.email.settings import EmailSettings
from bot.connectors.smtp.deliver import SmtpMailer, new_mail
from bot.connectors.smtp.settings import SmtpSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_OURS = re.compile(r"<rd\.([A-Za-z0-9._:-]{1,64})\.(\d{1,9})\.([0-9a-f]{32})@[^<>\s]+>", re.ASCII)
_MOST_REFERENCES = 20
_SYSTEM = "mail_server"


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who answers mail; nothing is connected yet."""
    ours = settings[EmailSettings]
    mailer = SmtpMailer(settings[SmtpSettings].smtp_url.get_secret_value(), ours.address)
    return [EmailCourier(mailer, ours.secret.get_secret_value().encode())]


class EmailCourier:
    """Answers mail. The address has ``to``, ``subject``, the ``talk`` (its conversation), and ``thread``: the ids of
    the thread's mails, the one that is answered last."""

    channel = "email"

    def __init__(self, mailer: SmtpMailer, secret: bytes) -> None:
        """``secret`` signs our message ids."""
        self._mailer = mailer
        self._secret = secret

    def parts(self, what: Outgoing, address: Address) -> list[EmailMessage]:
        """See Courier."""
        mail = new_mail()
        mail["From"], mail["To"], mail["Subject"] = self._mailer.sender, address["to"], _reply(address["subject"])
        mail["Message-ID"] = message_id(self._secret, address["talk"], what.key, self._mailer.sender)
        # An id in other letters can't be sent to every server; the others keep the thread.
        thread = [name for name in address["thread"] if name.isascii()][-_MOST_REFERENCES:]
        if thread:
            mail["In-Reply-To"], mail["References"] = thread[-1], " ".join(thread)
        if not what.by_person:
            mail["Auto-Submitted"] = "auto-replied"
        mail.set_content(as_text(what, numbered=True) + "\n")
        return [mail]

    def send(self, address: Address, part: Any) -> str:
        """See Courier. A server that has taken a mail may report later that it could not bring it."""
        if "Date" not in part:
            part["Date"] = formatdate()
        try:
            with self._mailer.connected() as server:
                server.send_message(part)
            return str(part["Message-ID"])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refusal(codes[0] if codes else 0) from None
        except smtplib.SMTPAuthenticationError:
            raise Undelivered("mail_password") from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered("no_answer", system=_SYSTEM, error=type(error).__name__) from None
        except (ValueError, LookupError) as error:
            raise Undeliverable("mail_unwritable", error=type(error).__name__) from None

    def check(self) -> None:
        """That the mail server takes us. Raises DeliveryError."""
        try:
            self._mailer.check()
        except MailNotSent as error:
            raise Undelivered("mail_server_unusable", error=str(error)) from None


def message_id(secret: bytes, talk: str, key: int, sender: str) -> str:
    """The id of a mail of ours: whoever sends it back has got that mail."""
    return f"<rd.{talk}.{key}.{_proof(secret, talk, key)}@{sender.rpartition('@')[2]}>"


def talk_of(secret: bytes, references: list[str]) -> str | None:
    """The conversation of the newest mail of ours among the references."""
    for reference in reversed(references):
        found = _OURS.fullmatch(reference)
        if found and hmac.compare_digest(found[3], _proof(secret, found[1], int(found[2]))):
            return found[1]
    return None


def _proof(secret: bytes, talk: str, key: int) -> str:
    return hmac.new(secret, f"mail {talk} {key}".encode(), hashlib.sha256).hexdigest()[:32]


def _refusal(code: int) -> Undeliverable | Undelivered:
    kind = Undeliverable if 500 <= code < 600 else Undelivered
    return kind("answered", system=_SYSTEM, status=code)


def _reply(subject: str) -> str:
    plain = " ".join(subject.split())[:200]
    return plain if plain.lower().startswith("re:") else f"Re: {plain or say('mail_without_subject')}"

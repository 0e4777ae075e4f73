"""Mail over SMTP."""

from __future__ import annotations

import email.policy
import ipaddress
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, MIMEPart
from email.policy import Policy
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from bot.cases.errors import MailNotSent
from bot.cases.ports.mailing import Attachment
from bot.wording import say

SECONDS = 10
"""How long a mail server may take for each step."""


class MailIds(UnstructuredHeader, BaseHeader):
    """Ids of mails (RFC 5322, section 3.6.4), each on a line of its own: the standard library folds an id that is
    longer than a line into encoded words, by which no mailbox knows it."""

    def fold(self, *, policy: Policy) -> str:
        """The header as it is sent."""
        return f"{self.name}: " + f"{policy.linesep} ".join(str(self).split()) + policy.linesep


def new_mail() -> EmailMessage:
    """A mail to be written. Its ids must be ASCII."""
    headers = HeaderRegistry()
    for name in ("Message-ID", "In-Reply-To", "References"):
        headers.map_to_type(name, MailIds)
    return EmailMessage(policy=email.policy.default.clone(header_factory=headers))


@dataclass(frozen=True)
class SmtpMailer:
    """Sends from one address over the server of an ``smtp://`` or ``smtps://`` URL. A password never leaves this
    machine unencrypted."""

    url: str = field(repr=False)
    sender: str

    def send(self, to: str, subject: str, body: str, attachments: Sequence[Attachment] = ()) -> None:
        """Hand one mail to the server. Raises MailNotSent; the reason is a kind of error, without an address."""
        try:
            mail = new_mail()
            mail["From"], mail["To"], mail["Subject"] = self.sender, to, subject
            mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2])
            mail["Auto-Submitted"] = "auto-generated"
            mail.set_content(body)
            for attachment in attachments:
                main, _, sub = attachment.kind.partition("/")
                mail.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
        except (ValueError, LookupError) as error:
            raise MailNotSent(type(error).__name__) from None
        self.deliver(mail)

    def deliver(self, mail: EmailMessage) -> None:
        """Hand over a mail that is written already. Raises MailNotSent."""
        try:
            with self.connected() as server:
                server.send_message(mail)
        except (OSError, smtplib.SMTPException, ValueError, LookupError) as error:
            raise MailNotSent(type(error).__name__) from None

    def check(self) -> None:
        """Connect and log in, and send nothing. Raises MailNotSent."""
        try:
            self.connected().quit()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MailNotSent(type(error).__name__) from None

    def connected(self) -> smtplib.SMTP:
        """A connection that is logged in. Raises what smtplib raises."""
        parts = urlsplit(self.url)
        host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
        try:
            server.ehlo()
            is_encrypted = parts.scheme == "smtps"
            if not is_encrypted and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                is_encrypted = True
            if user:
                if not (is_encrypted or _is_this_machine(host)):
                    raise smtplib.SMTPNotSupportedError  # the server offers no encryption
                server.login(user, password)
        except BaseException:
            server.close()
            raise
        return server


@dataclass(frozen=True)
class DemoMailer:
    """Sends the mail of a demo, which says so in subject and body: the addresses may be of real people."""

    mailer: SmtpMailer

    def send(self, to: str, subject: str, body: str, attachments: Sequence[Attachment] = ()) -> None:
        """See Mailer."""
        self.mailer.send(to, say("mail_demo_subject", subject=subject), f"{say('demo')}\n\n{body}", attachments)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def text_of(part: MIMEPart | None) -> str:
    """The words of a part of a mail, also where its encoding is unknown or broken."""
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, AttributeError):
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""

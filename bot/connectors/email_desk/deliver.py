"""A mailbox of the company as help desk: a mail for each case, and answers by reply (docs/connect/email-desk.md)."""

from __future__ import annotations

import hashlib
import hmac
import re
import smtplib
from email.utils import formatdate

from bot.cases.errors import MailNotSent
from bot.cases.ports.helpdesk import DeskEvent, DeskUnavailable, Line, TicketFile
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.smtp.deliver import SmtpMailer, new_mail
from bot.connectors.smtp.settings import SmtpSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_ADDRESS = re.compile(r"\+(?P<ticket>rd-[a-z0-9]{6})\.(?P<proof>[0-9a-f]{20})@", re.I | re.ASCII)


def help_desk(settings: GroupedSettings) -> EmailDesk:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours, mail = settings[HelpdeskSettings], settings[SmtpSettings]
    mailer = SmtpMailer(mail.smtp_url.get_secret_value(), mail.mail_from)
    return EmailDesk(mailer, ours.account, ours.inbox, ours.secret.get_secret_value().encode())


class EmailDesk:
    """Mails go to ``team``; answers to them come to ``inbox``, with the case and a proof in their address, so that no
    other mail is taken for one."""

    name = "email"
    channel = None

    def __init__(self, mailer: SmtpMailer, team: str, inbox: str, secret: bytes) -> None:
        self._mailer = mailer
        self._team = team
        self._box, _, self._host = inbox.rpartition("@")
        self._secret = secret

    @property
    def addresses(self) -> tuple[str, str]:
        """Those of the team and of the inbox, in small letters."""
        return self._team.lower(), f"{self._box}@{self._host}".lower()

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk. A mail that is sent again has the same id, by which mailboxes know it."""
        text = f"{say('email_desk_how')}\n\n{file.text()}"
        self._send(file.reference, f"[{file.reference}] {file.title}", text, file.key)
        return file.reference

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self.open_ticket(file)

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk."""
        subject = say("email_desk_subject", ticket=ticket, who=line.who)
        self._send(ticket, subject, f"{line.who}: {line.text}", line.key)

    def tell(self, ticket: str, text: str, key: str) -> None:
        """Tell the team something about a ticket that is no case's news; ``key`` is the same for a repeat. Raises
        DeskUnavailable."""
        self._send(ticket, f"[{ticket}]", text, key)

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk."""
        return []

    def check(self) -> str:
        """See HelpDesk."""
        try:
            self._mailer.connected().quit()
        except (OSError, smtplib.SMTPException) as error:
            raise DeskUnavailable("mail_server", error=type(error).__name__) from None
        return say("check_email_desk")

    def address(self, ticket: str) -> str:
        """Where answers about a ticket go."""
        return f"{self._box}+{ticket.lower()}.{self._proof(ticket)}@{self._host}"

    def ticket_of(self, addresses: str) -> str | None:
        """The ticket of the first address that was ours, and is still as we wrote it."""
        for found in _ADDRESS.finditer(addresses):
            ticket = found["ticket"].upper()
            if hmac.compare_digest(found["proof"].lower(), self._proof(ticket)):
                return ticket
        return None

    def _proof(self, ticket: str) -> str:
        return hmac.new(self._secret, f"ticket {ticket.upper()}".encode(), hashlib.sha256).hexdigest()[:20]

    def _send(self, ticket: str, subject: str, text: str, key: str) -> None:
        mail = new_mail()
        mail["From"], mail["To"], mail["Subject"] = self._mailer.sender, self._team, " ".join(subject.split())
        mail["Reply-To"], mail["Date"] = self.address(ticket), formatdate()
        thread = f"<refund-desk-{ticket.lower()}@{self._host}>"
        mail["Message-ID"] = f"<{re.sub(r'[^a-z0-9-]', '-', key.lower())}@{self._host}>"
        mail["References"] = mail["In-Reply-To"] = thread
        mail.set_content(f"{mark()}\n\n{text}\n")
        try:
            self._mailer.deliver(mail)
        except MailNotSent as error:
            raise DeskUnavailable("mail_not_sent", error=str(error)) from None


def mark() -> str:
    """The line above every mail of ours: what is quoted below it is no answer (own_words.MARK)."""
    return f"##- {say('email_desk_mark')} -##"

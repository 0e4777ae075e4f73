"""Answers that come by mail."""

from __future__ import annotations

import email
import email.policy
import email.utils
import hashlib
import hmac
from email.message import EmailMessage
from functools import partial

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.email_desk.deliver import EmailDesk, help_desk
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.mail_robots import header, is_robot, robot_headers
from bot.connectors.shared.mail_words import mail_words
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.smtp.deliver import text_of
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_TO = ("To", "Cc", "Delivered-To", "X-Original-To")


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    return EmailHook(help_desk(settings), settings[HelpdeskSettings].secret.get_secret_value().encode())


class EmailHook:
    """Whole mails (RFC 5322), posted by whoever receives them, with our secret as bearer."""

    def __init__(self, desk: EmailDesk, secret: bytes) -> None:
        self._desk = desk
        self._secret = secret

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        given = headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, b"Bearer " + self._secret)

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """See Hook. Robots' answers are none."""
        mail = email.message_from_bytes(body, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        addresses = [str(value) for name in _TO for value in mail.get_all(name, [])]
        ticket = self._desk.ticket_of(" ".join(addresses))
        name, address = email.utils.parseaddr(str(mail.get("From", "")))
        robot = is_robot(address, header(mail, "Subject"), robot_headers(mail), self._desk.addresses)
        if ticket is None or robot:
            return DeskReading()
        who = Person(address.lower() or "nobody", name or address.partition("@")[0])
        text, command = _answer_in(_words(mail))
        found = str(mail.get("Message-ID") or "") or hashlib.sha256(body).hexdigest()
        events = [DeskEvent(EventKind.ANSWER, ticket, who, None, found, text)] if text else []
        if command is not None:
            events.append(DeskEvent(command, ticket, who))
        lost = None
        if not events:
            lost = say("email_desk_no_words", who=who.name)
        elif _has_file(mail):
            lost = say("email_desk_file", who=who.name)
        # A mail that is posted again is told again, with the same id.
        key = f"lost-{hashlib.sha256(found.encode('utf-8', 'replace')).hexdigest()[:32]}"
        return DeskReading(events, tell=partial(self._desk.tell, ticket, lost, key) if lost else None)


def _has_file(mail: EmailMessage) -> bool:
    return any(part.get_content_disposition() == "attachment" for part in mail.walk())


def _words(mail: EmailMessage) -> str:
    return mail_words(text_of(mail.get_body(("plain",))), text_of(mail.get_body(("html",))))


def _answer_in(words: str) -> tuple[str, EventKind | None]:
    """What somebody wrote, and what they want done."""
    commands = {"#solved": EventKind.SOLVED, "#bot": EventKind.HANDED_BACK}
    before, _, last = words.rpartition("\n")
    command = commands.get(last.strip().lower())
    return (before.strip(), command) if command else (words, None)

"""Answers that come by mail."""

from __future__ import annotations

import email
import email.policy
import email.utils
import hashlib
import hmac
import html
import itertools
import re
from email.message import EmailMessage

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.email_desk.deliver import MARK, EmailDesk, help_desk
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.own_words import own_words
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.smtp.deliver import text_of
from bot.setting_groups.base import GroupedSettings

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
        if ticket is None or _is_automatic(mail):
            return DeskReading()
        name, address = email.utils.parseaddr(str(mail.get("From", "")))
        who = Person(address.lower() or "nobody", name or address.partition("@")[0])
        part = mail.get_body(("plain", "html"))
        text = text_of(part)
        if part is not None and part.get_content_type() == "text/html":
            text = _without_tags(text)
        text, command = _answer_in(text)
        found = str(mail.get("Message-ID") or "") or hashlib.sha256(body).hexdigest()
        events = [DeskEvent(EventKind.ANSWER, ticket, who, None, found, text)] if text else []
        if command is not None:
            events.append(DeskEvent(command, ticket, who))
        return DeskReading(events)


def _is_automatic(mail: EmailMessage) -> bool:
    said = str(mail.get("Auto-Submitted") or "no").lower()
    return said != "no" or "X-Autoreply" in mail or str(mail.get("Precedence") or "").lower() in ("bulk", "auto_reply")


def _answer_in(text: str) -> tuple[str, EventKind | None]:
    """What somebody wrote above what they quote, and what they want done."""
    above = itertools.takewhile(lambda line: not MARK.search(line), text.replace("\r\n", "\n").split("\n"))
    words = own_words("\n".join(above))
    commands = {"#solved": EventKind.SOLVED, "#bot": EventKind.HANDED_BACK}
    before, _, last = words.rpartition("\n")
    command = commands.get(last.strip().lower())
    return (before.strip(), command) if command else (words, None)


def _without_tags(page: str) -> str:
    text = re.sub(r"(?is)<(script|style).*?</\1>", "", page)
    text = re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\n", text)
    return html.unescape(re.sub(r"<[^>]*>", "", text))

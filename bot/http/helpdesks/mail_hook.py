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
from bot.gateways.helpdesks.email import MARK, EmailDesk
from bot.gateways.mail import text_of
from bot.http.helpdesks.heard import Headers, Heard, Signed
from bot.http.own_words import own_words
from bot.settings import Settings

_TO = ("To", "Cc", "Delivered-To", "X-Original-To")


class EmailHook(Signed):
    """Whole mails (RFC 5322), posted by whoever receives them, with our secret as bearer."""

    def __init__(self, services: Services, settings: Settings) -> None:
        super().__init__(services, settings)
        desk = services.helpdesk
        assert isinstance(desk, EmailDesk)
        self._desk = desk

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        given = headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, b"Bearer " + self._secret)

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook. Robots' answers are none."""
        mail = email.message_from_bytes(body, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        addresses = [str(value) for name in _TO for value in mail.get_all(name, [])]
        ticket = self._desk.ticket_of(" ".join(addresses))
        if ticket is None or _is_automatic(mail):
            return Heard()
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
        return Heard(events)


def _is_automatic(mail: EmailMessage) -> bool:
    said = str(mail.get("Auto-Submitted") or "no").lower()
    return said != "no" or "X-Autoreply" in mail or str(mail.get("Precedence") or "").lower() in ("bulk", "auto_reply")


def _answer_in(text: str) -> tuple[str, EventKind | None]:
    """What somebody wrote above what they quote, and what they want done."""
    above = itertools.takewhile(lambda line: MARK not in line, text.replace("\r\n", "\n").split("\n"))
    words = own_words("\n".join(above))
    commands = {"#solved": EventKind.SOLVED, "#bot": EventKind.HANDED_BACK}
    before, _, last = words.rpartition("\n")
    command = commands.get(last.strip().lower())
    return (before.strip(), command) if command else (words, None)


def _without_tags(page: str) -> str:
    text = re.sub(r"(?is)<(script|style).*?</\1>", "", page)
    text = re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\n", text)
    return html.unescape(re.sub(r"<[^>]*>", "", text))

"""What a mail server reports of a mail that it could not bring (RFC 3464): of which one, and why."""

from __future__ import annotations

import re
from email import message_from_string
from email.message import EmailMessage, Message
from email.policy import default

from bot.connectors.shared.mail_robots import header
from bot.connectors.smtp.deliver import text_of

STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}", re.ASCII)
"""Of RFC 3463: 5 for good, 4 for now."""


def failed_mail(mail: EmailMessage) -> tuple[str, str]:
    """The id of the mail that did not arrive, and the status; both empty where this is no such report, or tells only
    that it takes longer."""
    if mail.get_content_type() != "multipart/report":
        return "", ""
    parts = list(mail.walk())
    reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    blocks = [block for part in reports for block in part.get_payload() if isinstance(block, Message)]
    statuses = [_one_line(block, "Status")[:12] for block in blocks if _one_line(block, "Action").lower() == "failed"]
    status = next((found[0] for one in statuses if (found := STATUS.match(one))), "")
    names = [name for part in parts if (name := _id_of_returned(part))] if status else []
    return (names[0], status) if names else ("", "")


def _id_of_returned(part: EmailMessage) -> str:
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        return header(message_from_string(text_of(part), policy=default), "Message-ID")
    returned = part.get_payload(0) if kind == "message/rfc822" and part.is_multipart() else None
    return header(returned, "Message-ID") if isinstance(returned, EmailMessage) else ""


def _one_line(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())

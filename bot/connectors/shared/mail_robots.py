"""Whether a program has sent a mail: a bounce, an absence note, a list, a receipt. Whoever answers those answers for
ever (RFC 3834), and a case for each of them hides those of people."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from email.message import EmailMessage

HEADERS = (
    "Auto-Submitted",
    "Precedence",
    "Return-Path",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Failed-Recipients",
)
"""What tells a program from a person. What is asked here is ``robot_headers``' form of them."""

_NAMES = re.compile(
    r"(?:mailer-daemon|postmaster|mail[._-]?delivery[._-]?(?:sub)?system|bounces?)(?:[+=._-][^@]*)?@", re.I
)
_UNANSWERED = re.compile(r"(?:no|do[._-]?not)[._-]?reply(?:[+=._-][^@]*)?@", re.I)
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_REPORT = re.compile(r"multipart/report\b|message/(?:delivery-status|disposition-notification)\b", re.I)
_LIST_ID = re.compile(r"<\s*([^<>\s]+)\s*>\s*$")
# What mail programs write before the subject of a mail that they answer by themselves.
_ABSENT = re.compile(
    r"\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|automatische (?:antwort|reaktie)|"
    r"automatisch antwoord|abwesenheits(?:notiz|nachricht|assistent)|réponse automatique|absence du bureau|"
    r"respuesta automática|fuera de la oficina|resposta automática|ausência temporária|risposta automatica|"
    r"fuori sede|afwezigheidsmelding)\b\s*(?P<colon>:?)",
    re.I,
)


def robot_headers(mail: EmailMessage) -> dict[str, str]:
    """The headers that ``is_robot`` looks at, by their names in small letters with underscores; empty where one is not
    there or can't be read."""
    return {posted(name): header(mail, name) for name in HEADERS}


def posted(name: str) -> str:
    """A header's name as docs/connect/email.md has it."""
    return name.lower().replace("-", "_")


def header(mail: EmailMessage, name: str) -> str:
    """A header on one line; empty where it is not there, or where the parser of the standard library chokes on it."""
    try:
        return " ".join(str(mail[name] or "").split())
    except (ValueError, LookupError, AttributeError):
        return ""


def is_robot(sender: str, subject: str, headers: Mapping[str, str], ours: Collection[str]) -> bool:
    """Whether a program has sent it. ``ours``: addresses of our own, in small letters; a list that is one of them is a
    mailbox of ours, and what comes through it is from people."""
    said = {name: value.strip().lower() for name, value in headers.items()}
    if said.get("auto_submitted", "") not in ("", "no") or _NAMES.match(sender):
        return True
    if said.get("return_path") == "<>" or _REPORT.match(said.get("content_type", "")):
        return True
    if any(said.get(name) for name in ("x_autoreply", "x_autorespond", "x_failed_recipients")):
        return True
    absent = _ABSENT.match(subject)
    if absent and (absent["colon"] or said.get("x_auto_response_suppress")):
        return True
    if is_own_list(headers, ours):
        return False
    return bool(said.get("precedence") in _BULK or said.get("list_id") or said.get("list_unsubscribe"))


def is_own_list(headers: Mapping[str, str], ours: Collection[str]) -> bool:
    """Whether a mail came through a list that is an address of ours, as a mailbox of Google Groups puts it."""
    found = _LIST_ID.search(headers.get("list_id", ""))
    return found is not None and found[1].lower() in {address.replace("@", ".") for address in ours}


def takes_no_answer(sender: str) -> bool:
    """Whether the address says that nobody reads what is sent to it."""
    return bool(_UNANSWERED.match(sender))

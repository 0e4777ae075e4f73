"""``refund-desk post-mail``: gives a mail to the desk's e-mail channel, for mail servers and fetchers that pipe."""

from __future__ import annotations

import argparse
import email
import hashlib
import hmac
import json
import os
import re
import shlex
import sys
import time
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from bot.connectors.email.bounces import failed_mail
from bot.connectors.shared.mail_robots import HEADERS, header, posted
from bot.connectors.smtp.deliver import text_of
from bot.wording import say

_TEMPFAIL, _DATAERR = 75, 65  # sysexits.h: keep it and pipe it again; this mail will never be taken
_LONGEST_TEXT, _LONGEST_HEADER = 30_000, 4_000  # characters: of a JSON of 256 KiB each may take six bytes
_HEADERS = ("Message-ID", "From", "Reply-To", "Subject", "In-Reply-To", "References")
_RESULT = re.compile(r"\s*([a-z]+)\s*=\s*([a-z]+)\s*(.*)", re.S | re.I)
_FROM_DOMAIN = re.compile(r"\bheader\.from\s*=\s*([^\s;]+)", re.I)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``post-mail``."""
    parser = subparsers.add_parser("post-mail", help="give a mail on the input to the desk, such as from a mail server")
    parser.add_argument("--url", help="the desk, if not at REFUND_DESK_PUBLIC_URL")
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="lines of NAME=VALUE, as a mail server passes on no environment; its user must be able to read it",
    )
    parser.add_argument("--authserv-id", metavar="NAME", help="by which your mail server signs Authentication-Results")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from bot.connectors.email.settings import EmailSettings
    from bot.setting_groups.server import ServerSettings
    from bot.settings import SettingsError, load_settings

    try:
        if args.settings:
            os.environ.update(_settings_in(args.settings))
        settings = load_settings()
    except (OSError, ValueError) as error:
        return _later(say("post_mail_bad_settings", path=str(args.settings), problem=_problem(error)))
    except SettingsError as error:
        return _later(str(error))
    secret, url = settings[EmailSettings].secret.get_secret_value(), args.url or settings[ServerSettings].public_url
    if not secret:
        return _later(say("post_mail_no_secret"))
    if not url:
        return _later(say("post_mail_no_url"))
    values = as_posted(sys.stdin.buffer.read(), args.authserv_id)
    return _post(
        f"{url.rstrip('/')}/webhooks/email",
        secret.encode(),
        json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"),
    )


def _settings_in(path: Path) -> dict[str, str]:
    """The lines of NAME=VALUE of a file, in quotes where a shell needs them. Raises OSError, and ValueError for a file
    of anything else."""
    words = shlex.split(path.read_text("utf-8"), comments=True)
    names = {name: value for name, equals, value in (word.partition("=") for word in words) if equals}
    if len(names) != len(words):
        raise ValueError(say("post_mail_settings_form"))
    return names


def _problem(error: OSError | ValueError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else str(error)


def as_posted(mail: bytes, authserv_id: str | None = None) -> dict[str, Any]:
    """What docs/connect/email.md has posted of a mail (RFC 5322), however broken it is.

    ``spf``, ``dkim`` and ``dmarc`` have passed where the topmost ``Authentication-Results`` of ``authserv_id`` (RFC
    8601) say so and ``dmarc`` has passed for the domain of ``From``; without ``authserv_id`` nothing is believed.
    """
    parsed = email.message_from_bytes(mail, policy=default)
    assert isinstance(parsed, EmailMessage)
    found = _results(parsed, authserv_id, header(parsed, "From"))
    headers = {posted(name): header(parsed, name)[-_LONGEST_HEADER:] for name in (*_HEADERS, *HEADERS)}
    own_id = f"<{hashlib.sha256(mail).hexdigest()}@post-mail>"
    failed_id, failed_status = _failed(parsed)
    bodies = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
    return {
        **headers,
        "message_id": headers["message_id"] or own_id,
        "text": text_of(bodies["plain"])[:_LONGEST_TEXT],
        "html": text_of(bodies["html"])[:_LONGEST_TEXT],
        "failed_id": failed_id[:_LONGEST_HEADER],
        "failed_status": failed_status,
        "attachments": sum(1 for part in parsed.walk() if _is_file(part)),
        **{method: found.get(method, "none") for method in ("spf", "dkim", "dmarc")},
    }


def _failed(mail: EmailMessage) -> tuple[str, str]:
    try:
        return failed_mail(mail)
    except (ValueError, LookupError, AttributeError, TypeError):
        return "", ""  # a broken report


def _is_file(part: Any) -> bool:
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return not part.is_multipart() and (part.get_content_disposition() == "attachment" or not is_text)


def _results(mail: EmailMessage, authserv_id: str | None, sender: str) -> dict[str, str]:
    """What our own mail server has found. Comments hold what senders choose: where they can't be told from the rest
    for sure, and where SPF or DMARC is there twice, nothing was found."""
    rest: list[str] = []
    for value in _topmost_results(mail) if authserv_id else []:
        said = re.sub(r"\([^()\"\\]*\)", " ", value)
        name, *more = said.split(";")
        if name.split()[:1] != [authserv_id]:
            break
        if re.search(r"[()\"\\]", said):
            return {}
        rest += more
    found: dict[str, tuple[str, str]] = {}
    for method, result, about in (match.groups() for one in rest if (match := _RESULT.fullmatch(one))):
        if method.lower() in found and method.lower() != "dkim":
            return {}
        if found.get(method.lower(), ("",))[0] != "pass":  # a mail may be signed by several
            found[method.lower()] = (result.lower(), about)
    result, about = found.get("dmarc", ("", ""))
    domain = _FROM_DOMAIN.search(about)
    senders = sender.rpartition("@")[2].rstrip("> ").lower()
    if result != "pass" or domain is None or domain[1].lower() != senders:
        return {}
    return {method: result for method, (result, _) in found.items()}


def _topmost_results(mail: EmailMessage) -> list[str]:
    """The topmost results and those that stand below without a hop between: what stands below the next ``Received``
    has come from outside."""
    results: list[str] = []
    for name, value in mail.raw_items():
        if name.lower() == "authentication-results":
            results.append(" ".join(str(value).split()))
        elif results and name.lower() == "received":
            break
    return results


def _post(url: str, secret: bytes, body: bytes) -> int:
    import httpx

    now = str(int(time.time()))
    digest = hmac.new(secret, now.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Refund-Desk-Signature": f"t={now},v1={digest}"}
    try:
        answer = httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _later(say("post_mail_no_answer", url=url, error=type(error).__name__))
    if answer.status_code == 200:
        return 0
    if answer.status_code == 413:
        print(say("post_mail_too_large"), file=sys.stderr)
        return _DATAERR
    return _later(say("post_mail_refused", url=url, status=answer.status_code))


def _later(problem: str) -> int:
    """What is wrong is on our side, not in the mail: the server keeps it."""
    print(problem, file=sys.stderr)
    return _TEMPFAIL

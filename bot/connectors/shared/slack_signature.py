"""How Slack signs what it posts: ``v0`` over timestamp and body (docs.slack.dev), checked by its own library."""

from __future__ import annotations

import re
from collections.abc import Mapping

from slack_sdk.signature import Clock, SignatureVerifier


class _At(Clock):
    """A clock that stands."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now


def is_from_slack(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether Slack has signed this body within the last five minutes."""
    sent_at, given = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    # What the library raises an error at was not signed by Slack, either.
    if not re.fullmatch(r"[0-9]{1,12}", sent_at, re.ASCII) or not given.isascii():
        return False
    try:
        return SignatureVerifier(secret, _At(now)).is_valid(body, sent_at, given)
    except UnicodeDecodeError:
        return False

"""What the help desks have in common: JSON over HTTP with an end to it, and times.

Nothing that an exception can carry comes from an answer, but for its status or an error code.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.cases.ports.helpdesk import DeskRejected, DeskUnavailable
from bot.connectors.shared.http import HttpClient, Limits, NoAnswer

_LIMITS = Limits(connect=3.0, exchange=8.0, call=8.0)
_GONE = frozenset({404, 410})
_LATER = frozenset({401, 403, 408, 425, 429})
"""Refusals that end by themselves, or once somebody has corrected a setting."""


class Api:
    """The API of a help desk. Safe to share between threads."""

    def __init__(self, name: str, url: str, headers: Mapping[str, str], auth: tuple[str, str] | None = None) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._name = name
        user, password = auth or (None, "")
        self._client = HttpClient(name, url, limits=_LIMITS, user=user, password=password, headers=headers)

    def call(self, method: str, path: str, *, gone: frozenset[int] = _GONE, **what: Any) -> Any:
        """The JSON of an answer; None where it is empty. ``gone``: the statuses that tell that what the path names is
        there no more. Raises DeskUnavailable and DeskRejected."""
        try:
            answer = self._client.exchange(time.monotonic() + _LIMITS.call, method, path, **what)
        except NoAnswer as error:
            raise DeskUnavailable(error.code, **error.values) from None
        status = answer.status
        if 200 <= status < 300:
            if answer.body is None and answer.content.strip() not in (b"", b"null"):
                raise self.senseless()
            return answer.body
        if status in gone:
            raise DeskRejected("answered", gone=True, system=self._name, status=status)
        if status in _LATER or not 400 <= status < 500:
            raise DeskUnavailable("answered", retry_after=answer.retry_after, system=self._name, status=status)
        raise DeskRejected("answered", system=self._name, status=status)

    def object(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        """The same, where the answer has to be an object."""
        answer = self.call(method, path, **what)
        if not isinstance(answer, dict):
            raise self.senseless()
        return answer

    def senseless(self) -> DeskUnavailable:
        """The error of an answer that is not what it should be."""
        return DeskUnavailable("answer_senseless", system=self._name)


def parse_time(text: Any) -> datetime | None:
    """An aware time in ISO 8601; None for anything else."""
    if not isinstance(text, str):
        return None
    # Python 3.10 reads neither Z nor fractions of nine digits; Chatwoot has UTC at the end.
    plain = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text.strip())
    plain = re.sub(r"(?:Z| UTC)$", "+00:00", plain)
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None

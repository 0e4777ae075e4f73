"""What the couriers over HTTP have in common: one exchange with an end, and what its answer means for a message.

Nothing that an exception can carry comes from an answer, but for an error code; nothing of a message, an address or a
token ever does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from bot.cases.outbound.delivery import Undeliverable, Undelivered
from bot.connectors.shared.http import Answer, HttpClient, Limits, NoAnswer

_LIMITS = Limits(connect=3.0, exchange=10.0, call=10.0)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def name_of(value: object) -> str | None:
    """A provider's name for what it has taken; None where the answer has none."""
    return value if isinstance(value, str) and value else None


class ProviderApi:
    """A messaging provider's API. ``name`` is what errors call it."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        user: str | None = None,
        password: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self.name = name
        self._client = HttpClient(name, url, limits=_LIMITS, user=user, password=password, headers=headers)

    def call(self, method: str, path: str, **what: Any) -> Answer:
        """One exchange. Raises Undelivered where there was no answer, and where it says to come back."""
        try:
            answer = self._client.exchange(time.monotonic() + _LIMITS.call, method, path, **what)
        except NoAnswer as error:
            raise Undelivered(error.code, **error.values) from None
        if answer.status == 429:
            raise self.busy(answer)
        if answer.status == 401:
            raise Undelivered("token_not_taken", system=self.name)  # until the operator sets another
        if answer.status >= 500 or not isinstance(answer.body, dict):
            raise Undelivered("answered", retry_after=answer.retry_after, system=self.name, status=answer.status)
        return answer

    def busy(self, answer: Answer, seconds: object = None) -> Undelivered:
        """The provider wants less; ``seconds``: where its answer, not a header, says for how long."""
        said = seconds if isinstance(seconds, (int, float)) and seconds >= 0 else answer.retry_after
        return Undelivered("busy", retry_after=5.0 if said is None else float(said), system=self.name)

    def refused(self, code: object) -> Undeliverable:
        """A refusal; of what it says only a code is kept."""
        if isinstance(code, (str, int)) and _CODE.fullmatch(str(code)):
            return Undeliverable("refused", system=self.name, word=str(code))
        return Undeliverable("refused_without_a_code", system=self.name)

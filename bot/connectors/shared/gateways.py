"""What the systems that move money have in common: calls of several exchanges, and what no answer means there.

Nothing that an exception can carry comes from an answer, but for an error code.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from bot import order_numbers
from bot.cases.ports.billing import Rejected, Unavailable
from bot.connectors.shared.http import Answer, HttpClient, NoAnswer
from bot.policy.values import Value
from bot.wording import DEFAULT, say


class _OrderNumber:
    """An order number as this shop writes it."""

    def fullmatch(self, text: str) -> bool:
        """Whether a text is one."""
        return order_numbers.in_use().is_number(text)


ORDER = _OrderNumber()
KEY = re.compile(r"[A-Za-z0-9._:/-]{4,128}", re.ASCII)
"""An idempotency key."""
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""An error code that may be shown."""

_LEAST_LEFT = 0.2  # seconds that a repeat needs to make sense


class GatewayUnavailable(Unavailable):
    """Unavailable over HTTP. ``retry_after`` is how many seconds the gateway asked to be left alone, if it did."""

    def __init__(self, code: str, *, retry_after: float | None = None, **values: Value) -> None:
        super().__init__(code, **values)
        self.retry_after = retry_after


class SystemRejected(Rejected):
    """Refused by a system of the shop's, or not asked for because it would have been. ``code`` is the system's own
    word, or ours; ``known``, if it has a message ``refusal_<known>``, says more of it. ``status`` is None where the
    system did not say it."""

    system: ClassVar[str]

    def __init__(self, code: str, known: str = "", *, status: int | None = None, **values: Value) -> None:
        super().__init__(code, **values)
        self.known = known
        self.status = status

    def text(self, language: str = DEFAULT) -> str:
        """See CodedError."""
        if not self.known:
            return say("fault_rejected", language, system=self.system, word=self.code)
        known = say(f"refusal_{self.known}", language, **self.values)
        return say("fault_rejected_known", language, system=self.system, word=self.code, known=known)


def exchange(client: HttpClient, until: float, method: str, path: str, **what: Any) -> Answer:
    """One exchange, at most until then (``time.monotonic()``). Raises GatewayUnavailable."""
    try:
        return client.exchange(until, method, path, **what)
    except NoAnswer as error:
        raise GatewayUnavailable(error.code, **error.values) from None


@dataclass(frozen=True)
class Call:
    """Exchanges that end together at ``until`` (``time.monotonic()``)."""

    client: HttpClient
    until: float

    @classmethod
    def begin(cls, client: HttpClient) -> Call:
        """A call that has all the time of a call."""
        return cls(client, time.monotonic() + client.limits.call)

    def get(self, path: str, **params: str | int) -> Answer:
        """Read; once more where a connection that was kept open turns out to be broken."""
        try:
            return self.client.exchange(self.until, "GET", path, params=params)
        except NoAnswer as error:
            if not error.is_broken or time.monotonic() + _LEAST_LEFT > self.until:
                raise GatewayUnavailable(error.code, **error.values) from None
        return exchange(self.client, self.until, "GET", path, params=params)

    def send(self, method: str, path: str, **what: Any) -> Answer:
        """Change something, once."""
        return exchange(self.client, self.until, method, path, **what)

"""Signatures of requests to the billing gateway and of its answers: docs/connect/billing-gateway.openapi.yml."""

from __future__ import annotations

import hashlib
import hmac
import re

from bot.wording import say

HEADER = "Billing-Signature"
"""The header of both: ``t=SECONDS,v1=HEX`` on a request, ``v1=HEX`` on an answer."""

_LEAST_BYTES = 16
_ANSWERED = re.compile(r"v1=([0-9a-f]{64})", re.ASCII)


class Signer:
    """Signs with one secret, which it never shows. Raises ValueError for a secret that is too short."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _LEAST_BYTES:
            raise ValueError(say("gateway_secret_short", least=_LEAST_BYTES))
        self._secret = secret

    def __repr__(self) -> str:
        return "Signer()"

    def sign_request(self, method: str, target: str, key: str, timestamp: int, body: bytes) -> str:
        """The signature, in hex, of a request. ``target`` is the path as it is sent; ``key`` is empty for a read;
        ``timestamp`` in seconds since 1970."""
        return self._sign("v1", method, target, key, str(timestamp), hashlib.sha256(body).hexdigest())

    def sign_answer(self, request_signature: str, status: int, body: bytes) -> str:
        """The signature, in hex, of the answer to the request that carried ``request_signature``."""
        return self._sign("v1-answer", request_signature, str(status), hashlib.sha256(body).hexdigest())

    def is_signed(self, header: str | None, request_signature: str, status: int, body: bytes) -> bool:
        """Whether the header of an answer proves that the gateway gave it, and gave it to this request."""
        given = _ANSWERED.fullmatch(header or "")
        return given is not None and hmac.compare_digest(given[1], self.sign_answer(request_signature, status, body))

    def _sign(self, *lines: str) -> str:
        # No line can hold a line feed: they are header values, a path, or our own digits.
        return hmac.new(self._secret, "\n".join(lines).encode(), hashlib.sha256).hexdigest()

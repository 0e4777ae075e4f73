"""Keyed hashes: what has to be recognised again, and must not be readable in the database."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def keyed_hash(key: bytes, purpose: str, text: str) -> str:
    """The hash of a text, 64 hex digits; the same text hashes differently for another purpose."""
    return hmac.new(key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def same(one: str | None, other: str | None) -> bool:
    """Whether two texts are equal, in a time that doesn't depend on where they differ. Nothing equals nothing."""
    equal = hmac.compare_digest((one or "").encode("utf-8", "replace"), (other or "").encode("utf-8", "replace"))
    return equal and one is not None and other is not None


def is_among(text: str, others: Iterable[str]) -> bool:
    """Whether a text is one of several; all are compared."""
    return sum(same(text, other) for other in others) > 0

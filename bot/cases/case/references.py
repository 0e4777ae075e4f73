"""References that people read out: short, and without characters that look alike."""

from __future__ import annotations

import secrets

ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
"""No 0 O, 1 I L, 2 Z, 5 S, 8 B, U V."""


def new_reference(prefix: str) -> str:
    """``RD-`` (a case) or ``RT-`` (a return) and six characters that can't be guessed."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(6))

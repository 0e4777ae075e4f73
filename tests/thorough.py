"""How many random inputs are tried: some in each run of the tests, all of them by ``make deep``."""

from __future__ import annotations

import os

DEEP = bool(os.environ.get("DEEP_TESTS"))
SHARE, AT_LEAST = 4, 15
"""An ordinary run tries one of so many examples, but no fewer than so many where there are as many."""


def examples(number: int, *, deep: bool = DEEP) -> int:
    """How many examples this run tries of so many."""
    return number if deep else max(number // SHARE, min(number, AT_LEAST))

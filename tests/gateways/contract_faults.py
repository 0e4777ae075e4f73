"""What can go wrong between us and the billing gateway, for the contract server to do on demand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Fault(str, Enum):
    """One way in which a valid call goes wrong. BEFORE: nothing is done; all from ERROR_AFTER on do it first."""

    NONE = "none"

    ERROR_BEFORE = "error_before"
    """500, nothing done."""
    DROP_BEFORE = "drop_before"
    """The connection breaks, nothing done."""
    TOO_MANY = "too_many"
    """429 with Retry-After (``server.retry_after``), nothing done."""
    CLOSED = "closed"
    """503 with Retry-After, nothing done."""
    IN_PROGRESS = "in_progress"
    """425, nothing done."""
    REDIRECT = "redirect"
    """307 to a path of the same server; whoever follows it leaves a violation. Nothing done."""
    HANG = "hang"
    """No answer for ``server.slow_seconds``, then the connection breaks; nothing done."""

    SLOW = "slow"
    """Waits for ``server.slow_seconds`` and does it only then: after the caller has given up."""

    ERROR_AFTER = "error_after"
    """Done, but 500."""
    DROP_AFTER = "drop_after"
    """Done, but the connection breaks without an answer."""
    LATE = "late"
    """Done at once, answered after ``server.slow_seconds``."""
    DRIP = "drip"
    """Done, answered one byte every ``server.drip_seconds``."""
    CUT = "cut"
    """Done, but the answer ends in its middle."""
    GARBAGE = "garbage"
    """Done; the answer is signed, but no JSON."""
    HUGE = "huge"
    """Done; the answer is signed and valid, but has more than 64 KiB."""
    NO_SIGNATURE = "no_signature"
    WRONG_SIGNATURE = "wrong_signature"
    """Done; signed with another secret."""
    REPLAYED = "replayed"
    """Done; the signature belongs to the answer to another request."""
    TAMPERED = "tampered"
    """Done; the body was changed after it was signed."""
    OTHER_VALUES = "other_values"
    """Done; signed, valid, but the answer is about another order."""
    OTHER_AMOUNT = "other_amount"
    """Done; signed, valid, but the answer to a refund names another amount (to other calls: as OTHER_VALUES)."""

    @property
    def does_nothing(self) -> bool:
        """Whether the gateway does nothing when it happens."""
        return self in _NOTHING_DONE


_NOTHING_DONE = {
    Fault.ERROR_BEFORE,
    Fault.DROP_BEFORE,
    Fault.TOO_MANY,
    Fault.CLOSED,
    Fault.IN_PROGRESS,
    Fault.REDIRECT,
    Fault.HANG,
}


@dataclass(frozen=True)
class Answer:
    """An answer of the test's own choice, given instead of doing anything; the server signs it. ``body``: bytes as
    they are, or an object that becomes JSON."""

    status: int
    body: Any = field(default_factory=lambda: {"code": "scripted"})
    headers: Mapping[str, str] = field(default_factory=dict)


def random_faults(seed: int, chances: Mapping[Fault, float], most: int | None = None) -> Iterator[Fault]:
    """A fault for each call, drawn with these probabilities (the rest: NONE); the same for the same seed. After
    ``most`` faults there are no more."""
    draw = random.Random(seed)
    faults, weights = [*chances, Fault.NONE], [*chances.values(), 1 - sum(chances.values())]
    if weights[-1] < -1e-9:
        raise ValueError("the probabilities add up to more than 1")
    weights[-1] = max(weights[-1], 0.0)
    given = 0
    while most is None or given < most:
        fault = draw.choices(faults, weights)[0]
        given += fault is not Fault.NONE
        yield fault

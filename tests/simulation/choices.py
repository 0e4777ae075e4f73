"""Choices that can be recorded, replayed and made simpler: a failure is shrunk by choosing plainer things."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Picks from options whose first is the plainest: as told by ``given``, and then by the seed, or the plainest."""

    def __init__(self, given: Sequence[int] = (), seed: int | None = None) -> None:
        """Without a seed everything beyond ``given`` is the plainest."""
        self._given = list(given)
        self._random = random.Random(seed) if seed is not None else None
        self.made: list[int] = []

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        position = len(self.made)
        if position < len(self._given):
            index = self._given[position] % len(options)
        else:
            index = self._random.randrange(len(options)) if self._random else 0
        self.made.append(index)
        return options[index]

    def chance(self, one_in: int) -> bool:
        """True once in so many times; False is the plainest."""
        return self.pick(range(one_in)) == one_in - 1


def simplest(made: Sequence[int], fails: Callable[[list[int]], bool]) -> list[int]:
    """Shorter and plainer choices that still fail: blocks, then single choices, are set to the plainest."""
    kept = list(made)
    size = max(1, len(kept) // 2)
    while size:
        for start in range(0, len(kept), size):
            block = kept[start : start + size]
            if any(block):
                plainer = [*kept[:start], *([0] * len(block)), *kept[start + size :]]
                if fails(plainer):
                    kept = plainer
        size //= 2
    while kept and not kept[-1]:
        kept.pop()
    return kept

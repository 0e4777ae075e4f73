"""Plots as plain geometry, drawn as SVG by the templates. Pure; a plot's colours are classes of the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

HEIGHT = 100
"""The height of a plot of columns, in its own units; each column is 10 wide."""
_WIDTH, _GAP = 10, 2
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Bar:
    """A rectangle; ``css`` names what it shows."""

    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True)
class Columns:
    """A plot of stacked columns: its bars, its whole width, and the values of the lines behind it, highest first."""

    bars: tuple[Bar, ...]
    width: int
    lines: tuple[int, ...]


def columns(stacks: Sequence[Sequence[tuple[str, Decimal | int]]]) -> Columns:
    """Stacked columns, from the bottom up; each part is (css class, value)."""
    top = round_above(
        max((sum((Decimal(value) for _, value in stack), Decimal(0)) for stack in stacks), default=Decimal(0))
    )
    bars = []
    for number, stack in enumerate(stacks):
        y = Decimal(HEIGHT)
        for css, value in stack:
            height = Decimal(value) * HEIGHT / top
            y -= height
            if height:
                bars.append(Bar(number * _WIDTH + _GAP / 2, _plain(y), _WIDTH - _GAP, _plain(height), css))
    return Columns(tuple(bars), len(stacks) * _WIDTH, (top, top // 2, 0) if top % 2 == 0 else (top, 0))


def share(value: Decimal | int, most: Decimal | int) -> float:
    """How much of the longest bar a value takes, from 0 to 100."""
    return _plain(Decimal(value) * 100 / Decimal(most)) if most else 0.0


def round_above(value: Decimal) -> int:
    """The lowest of 1, 2, 5, 10, 20, 50, … that is not below the value."""
    unit = 1
    while True:
        for step in _STEPS:
            if step * unit >= value:
                return step * unit
        unit *= 10


def _plain(value: Decimal) -> float:
    return round(float(value), 2)

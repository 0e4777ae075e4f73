"""Ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Ratings(Protocol):
    """What customers think of how their cases went; see bot.store.ratings.RatingRepository."""

    def add(self, case_id: int, score: int, at: datetime) -> bool: ...

"""What customers think of how their cases went."""

from __future__ import annotations

from datetime import datetime

from bot.store import tables as t
from bot.store.rows import Repository, insert_new


class RatingRepository(Repository):
    """See bot.cases.ports.ratings.Ratings."""

    def add(self, case_id: int, score: int, at: datetime) -> bool:
        """Keep what a customer thinks of how a case went; False where they have said so already."""
        return insert_new(self.connection, t.ratings, {"case_id": case_id, "score": score, "at": at}) is not None

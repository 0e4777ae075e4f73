"""What the cases need from whoever puts a receipt on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.wording.clauses import Clause


class Printable(Protocol):
    """A receipt as it is printed; see bot.cases.customer.receipts.Receipt."""

    @property
    def reference(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def state_words(self) -> str: ...
    @property
    def confirmed_at(self) -> datetime: ...
    @property
    def clauses(self) -> tuple[Clause, ...]: ...
    def rows(self) -> list[tuple[str, str]]: ...

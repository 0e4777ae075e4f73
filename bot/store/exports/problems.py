"""What can be wrong with a file of orders.

CodedError
├── ImportRefused   the file as a whole: nothing of it is taken, or it is said exactly what was
└── RowSkipped      one order of it: the others are taken
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.policy.parsing import InvalidInput, shown
from bot.policy.values import Value
from bot.wording import DEFAULT, CodedError, say

_MOST_PROBLEMS = 20
_LONGEST_NAME = 50


class ImportRefused(CodedError):
    """The file can't be imported, and nothing was, unless the text says how far it got. ``rows`` is what is wrong with
    which row: the text has a line for each, up to the 20th. ``more`` counts bad rows beside these."""

    group = "import_error"

    def __init__(
        self, code: str, rows: Mapping[int, InvalidInput | RowSkipped] | None = None, more: int = 0, **values: Value
    ) -> None:
        super().__init__(code, **values)
        self.rows = dict(rows or {})
        self.more = more

    def text(self, language: str = DEFAULT) -> str:
        """What a person is told."""
        lines = [say("import_row", language, row=row, problem=str(problem)) for row, problem in self.rows.items()]
        more = max(0, len(lines) - _MOST_PROBLEMS) + self.more
        rest = [say("import_more_rows", language, more=more)] if more > 0 else []
        return "\n".join([super().text(language), *lines[:_MOST_PROBLEMS], *rest])


class RowSkipped(CodedError):
    """An order that is left as it is, and why."""

    group = "import_skipped"


class Problems:
    """The bad rows of a file: the first ones, and how many there are beside them, however long the file is."""

    def __init__(self) -> None:
        self.rows: dict[int, InvalidInput | RowSkipped] = {}
        self.more = 0

    def __bool__(self) -> bool:
        return bool(self.rows)

    def add(self, row: int, problem: InvalidInput | RowSkipped) -> None:
        """One more; rows are added in order."""
        if len(self.rows) < _MOST_PROBLEMS:
            self.rows[row] = problem
        else:
            self.more += 1


def named(field: str) -> str:
    """The name of an unknown field: as it stands, unless a terminal would obey it."""
    return field if field.isprintable() and len(field) <= _LONGEST_NAME else shown(field)

"""A whole file of orders into the store, in a memory that does not grow with it.

It is read twice: first everything is checked, then it is written, some orders at a time, so that others can write in
between. A file with a mistake is refused before anything of it is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cases.services import Services
from bot.policy.parsing import InvalidInput
from bot.store import tables as t
from bot.store.engine import StoreUnavailable
from bot.store.exports.mapped import Stated
from bot.store.exports.problems import ImportRefused, Problems, RowSkipped
from bot.store.exports.reading import OWN, read
from bot.store.imports import BATCH, Imported, OrderRow, Skipped, import_orders, order_row, twice
from bot.store.keys import KeyStoreError
from bot.store.unit_of_work import SqlSnapshot, SqlUnitOfWork

_EVERY = 1_000


@dataclass(frozen=True)
class OrderFile:
    """A file of orders that can be read again from its beginning. ``name`` is what messages call it; ``format_name``
    one of bot.store.exports.reading.FORMATS, by default by the name; ``stated`` what is known of all orders of an
    export."""

    file: BinaryIO
    name: str
    format_name: str | None = None
    stated: Stated = field(default_factory=Stated)

    @property
    def is_export(self) -> bool:
        """Whether another system wrote it: orders that are none of ours are to be expected there, and are skipped."""
        return self.format_name is not None and self.format_name not in OWN

    def rows(self) -> Iterator[tuple[int, str, OrderRow | InvalidInput | RowSkipped]]:
        """The rows, the order numbers where they can be told, and the orders, or what is wrong. Raises ImportRefused,
        also while they are read."""
        for found in read(self.file, self.name, self.format_name, self.stated):
            try:
                row = order_row(found)
                yield found.row, row.order.number, row
            except RowSkipped as why:
                yield found.row, found.number, why
            except InvalidInput as error:
                if self.is_export and error.field == "number":
                    yield found.row, found.number, RowSkipped("other_number", problem=error.problem)
                else:
                    yield found.row, found.number, error


def import_file(services: Services, source: OrderFile, progress: Callable[[int, int], object]) -> Imported:
    """Check the file, then take it. ``progress`` is told now and then how far it is: in which of the two readings (1 or
    2), and after how many bytes.

    Raises ImportRefused: for a file with a mistake or an order of the demo, and nothing of it is taken; and where the
    writing stops, by a signal, too: then the text says how many orders were taken, and the import may be repeated.
    """
    skipped = _checked(services, source, lambda: progress(1, source.file.tell()))
    done = Imported()
    for one in skipped.listed:
        done.skip(one)
    done.skipped = skipped.skipped
    orders = (row for _, _, row in source.rows() if isinstance(row, OrderRow))
    try:
        while batch := list(islice(orders, BATCH)):
            with services.unit_of_work() as uow:
                assert isinstance(uow, SqlUnitOfWork)
                taken = import_orders(uow, batch)
                uow.commit()
            done.add(taken)
            progress(2, source.file.tell())
    except (ImportRefused, StoreUnavailable, KeyStoreError, SQLAlchemyError, OSError, KeyboardInterrupt) as error:
        problem = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise ImportRefused(
            "stopped", name=source.name, new=done.new, changed=done.changed, problem=problem.splitlines()[0]
        ) from error
    done.listed.sort(key=lambda one: one.row)
    if not done.taken and not any(one.why.code == "open_case" for one in done.listed):
        rows = {one.row: one.why for one in done.listed}
        raise ImportRefused("nothing_usable", rows, done.skipped - len(rows), name=source.name)
    return done


def _checked(services: Services, source: OrderFile, progress: Callable[[], object]) -> Imported:
    """What is skipped by the file itself. Raises ImportRefused for whatever would stop the import."""
    with services.reading() as uow:
        assert isinstance(uow, SqlSnapshot)
        of_demo = set(uow.connection.execute(select(t.orders.c.number).where(t.orders.c.demo)).scalars())
    problems, skipped, good = Problems(), Imported(), 0
    with closing(_Seen()) as seen:
        for row, number, found in source.rows():
            if row % _EVERY == 0:
                progress()
            if isinstance(found, RowSkipped):
                skipped.skip(Skipped(row, number, found))
            elif isinstance(found, InvalidInput):
                problems.add(row, found)
            elif not seen.add(number):
                problems.add(row, twice(number))
            elif number in of_demo:
                raise ImportRefused("of_demo", row=row, order=number)
            else:
                good += 1
    if problems:
        raise ImportRefused("bad_rows", problems.rows, problems.more, name=source.name)
    if not good and not skipped.skipped:
        raise ImportRefused("no_orders", name=source.name)
    return skipped


class _Seen:
    """The numbers of a file, on disk where they are many."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA cache_size=-16384")
        self._database.execute("CREATE TABLE seen (number TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def add(self, number: str) -> bool:
        """Whether it is new."""
        return self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (number,)).rowcount == 1

    def close(self) -> None:
        """Forget them."""
        self._database.close()

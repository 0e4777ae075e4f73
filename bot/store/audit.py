"""The audit chain: every decision, also those of agents, every move of a case, and everything that is done to an
account of the desk, each hash-chained to the one before.

A row of the chain holds a digest of the row that it is about, keyed with the secret of the installation, so that nobody
without the secret can write a chain that fits. Only what was there is proven; nothing personal is in it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, inspect, select
from sqlalchemy.engine import Connection

from bot.cases.ports.audit import AuditProblem
from bot.store import tables as t

START = "0" * 64
"""The hash before the first row."""

_FIRST: dict[str, Table] = {"decision": t.decisions, "move": t.case_log}
CHAINED: dict[str, Table] = {**_FIRST, "agent_decision": t.agent_decisions, "second_opinion": t.second_opinions}
CHAINED["agent_event"] = t.agent_events
"""The kinds of rows that are chained, and their tables. The reason of an agent's decision is chained as it is sealed:
erasing forgets its key and leaves the row, so the chain holds."""
_ADDED = frozenset({"cause_values"})
"""Columns that were added to a chained table: rows from before have nothing in them, and are chained without."""
ERASURE = "erasure"
"""A person's data was erased; ``row_id`` is the customer. The chain tells that it happened, and when."""


def append(
    connection: Connection, key: bytes, kind: str, row_id: int, at: datetime, there: Collection[str] | None = None
) -> None:
    """Chain a row that was just written, within its transaction. One writer at a time: the head is locked. ``there``
    names the columns that its table has, where a migration has yet to add others."""
    head = connection.execute(select(t.audit_head).with_for_update()).one()
    digest = _digest(key, _content(connection, kind, row_id, there))
    seq = head.seq + 1
    values = {"seq": seq, "at": at, "kind": kind, "row_id": row_id, "digest": digest}
    chained = _hash(key, head.hash, values)
    connection.execute(t.audit.insert().values(**values, hash=chained))
    connection.execute(t.audit_head.update().values(seq=seq, hash=chained))


def adopt(connection: Connection, key: bytes) -> None:
    """Chain the rows that were there before the chain was; for the migration that makes it. Nobody
    worked at the desk then."""
    connection.execute(t.audit_head.insert().values(id=1, seq=0, hash=START))
    for kind, table in _FIRST.items():
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        moment = table.c.at if "at" in table.c else table.c.decided_at
        for row_id, at in connection.execute(select(table.c.id, moment).order_by(table.c.id)).all():
            append(connection, key, kind, row_id, at, there)


def verify(connection: Connection, key: bytes) -> Iterator[AuditProblem]:
    """What is wrong: rows changed, missing, or not of the chain. Nothing if all is well."""
    head = connection.execute(select(t.audit_head)).one_or_none()
    if head is None:
        yield AuditProblem("head_missing")
        return
    previous, expected = START, 1
    chained: dict[str, set[int]] = {kind: set() for kind in (*CHAINED, ERASURE)}
    for row in connection.execute(select(t.audit).order_by(t.audit.c.seq)):
        if row.seq != expected:
            yield AuditProblem("rows_missing", first=expected, last=row.seq - 1)
        values = {"seq": row.seq, "at": row.at, "kind": row.kind, "row_id": row.row_id, "digest": row.digest}
        if not hmac.compare_digest(_hash(key, previous, values), row.hash):
            yield AuditProblem("not_following", row=row.seq)
        previous, expected = row.hash, row.seq + 1
        if row.kind not in chained:
            yield AuditProblem("unknown_kind", row=row.seq)
            continue
        chained[row.kind].add(row.row_id)
        content = _content(connection, row.kind, row.row_id)
        if content is None:
            yield AuditProblem("missing", kind=row.kind, id=row.row_id, row=row.seq)
        elif not hmac.compare_digest(_digest(key, content), row.digest):
            yield AuditProblem("changed", kind=row.kind, id=row.row_id, row=row.seq)
    if (head.seq, head.hash) != (expected - 1, previous):
        yield AuditProblem("cut_off", last=expected - 1, head=head.seq)
    for kind, table in CHAINED.items():
        for row_id in connection.execute(select(table.c.id).order_by(table.c.id)).scalars():
            if row_id not in chained[kind]:
                yield AuditProblem("unchained", kind=kind, id=row_id)


def _content(
    connection: Connection, kind: str, row_id: int, there: Collection[str] | None = None
) -> dict[str, Any] | None:
    if kind == ERASURE:
        return {"customer": row_id}
    table = CHAINED[kind]
    columns = [column for column in table.c if there is None or column.name in there]
    row = connection.execute(select(*columns).where(table.c.id == row_id)).one_or_none()
    if row is None:
        return None
    return {name: value for name, value in row._mapping.items() if value is not None or name not in _ADDED}


def _hash(key: bytes, previous: str, values: dict[str, Any]) -> str:
    return _digest(key, {"previous": previous, **values})


def _digest(key: bytes, content: dict[str, Any] | None) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in the chain")

"""The record of the accounts: what was done to each, by whom, and how it was from then on, in the audit chain.

Whoever writes into the database and makes an agent an admin, or gives them another password, gets nothing by it: an
account that is not as it was recorded opens nothing until it is mended, and the audit names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from bot.cases.model import AccountChange, Role, Verdict
from bot.cases.ports.audit import AuditProblem
from bot.store import audit
from bot.store import tables as t

KIND = "agent_event"
_COMPARED = [t.agents.c[name] for name in ("id", "login", "name", "role", "active", "password_hash", "factor")]


def add(connection: Connection, key: bytes, agent_id: int, change: AccountChange, by: int | None, at: datetime) -> None:
    """Record what was just done to an account, within its transaction."""
    values = {"agent_id": agent_id, "at": at, "change": change.value, "by_id": by, **_state(_row(connection, agent_id))}
    event_id = connection.execute(t.agent_events.insert().values(**values)).inserted_primary_key[0]
    audit.append(connection, key, KIND, event_id, at)


def adopt(connection: Connection, key: bytes) -> None:
    """Record the accounts that were there before the record was, as they are; for the migration that makes it."""
    for agent_id, at in connection.execute(select(t.agents.c.id, t.agents.c.created_at).order_by(t.agents.c.id)).all():
        add(connection, key, agent_id, AccountChange.FOUND, None, at)


def last_event(connection: Connection, agent_id: int) -> Any:
    """How the account was recorded last; None for one that was slipped in."""
    events = select(t.agent_events).where(t.agent_events.c.agent_id == agent_id)
    return connection.execute(events.order_by(t.agent_events.c.id.desc()).limit(1)).one_or_none()


def is_kept(connection: Connection, agent_id: int) -> bool:
    """Whether an account that exists is as it was recorded last."""
    event = last_event(connection, agent_id)
    return event is not None and not _differing(_row(connection, agent_id), event)


def verify(connection: Connection) -> Iterator[AuditProblem]:
    """Which accounts are not as they were recorded, and what was decided with an account that could not. The record
    itself is checked by bot.store.audit."""
    newest = select(func.max(t.agent_events.c.id)).group_by(t.agent_events.c.agent_id)
    events = connection.execute(select(t.agent_events).where(t.agent_events.c.id.in_(newest)))
    recorded = {event.agent_id: event for event in events}
    for agent in connection.execute(select(*_COMPARED).order_by(t.agents.c.id)).all():
        event = recorded.pop(agent.id, None)
        if event is None:
            yield AuditProblem("account_slipped_in", login=agent.login)
            continue
        if differing := _differing(agent, event):
            yield AuditProblem("account_changed", login=event.login, differing=differing)
    for event in recorded.values():
        yield AuditProblem("account_taken_out", login=event.login)
    yield from _decided_without(connection)


def _decided_without(connection: Connection) -> Iterator[AuditProblem]:
    """Decisions of accounts that were disabled, or had not the role, at the time of the decision."""
    events = {row.id: row for row in connection.execute(select(t.agent_events))}
    decisions = {row.id: row for row in connection.execute(select(t.agent_decisions))}
    opinions = {row.id: row for row in connection.execute(select(t.second_opinions))}
    tables: dict[str, dict[int, Any]] = {KIND: events, "agent_decision": decisions, "second_opinion": opinions}
    then: dict[int, Any] = {}
    chain = select(t.audit.c.kind, t.audit.c.row_id).where(t.audit.c.kind.in_(tables)).order_by(t.audit.c.seq)
    for kind, row_id in connection.execute(chain):
        row = tables[kind].get(row_id)
        if row is None:
            continue  # the chain says so
        if kind == KIND:
            then[row.agent_id] = row
            continue
        account = then.get(row.agent_id)
        if account is None:
            continue  # from before the record
        if not account.active:
            yield AuditProblem("of_disabled", kind=kind, id=row_id, login=account.login)
        if kind == "agent_decision" and row.verdict == Verdict.TERMINATE.value and account.role == Role.AGENT.value:
            yield AuditProblem("of_no_lead", kind=kind, id=row_id, login=account.login)


def _row(connection: Connection, agent_id: int) -> Any:
    return connection.execute(select(*_COMPARED).where(t.agents.c.id == agent_id)).one()


def _state(agent: Any) -> dict[str, Any]:
    secrets = json.dumps([agent.password_hash, agent.factor])
    values = {name: getattr(agent, name) for name in ("login", "name", "role", "active")}
    return {**values, "fingerprint": hashlib.sha256(secrets.encode()).hexdigest()}


def _differing(agent: Any, event: Any) -> list[AuditProblem]:
    now, then = _state(agent), event._mapping
    names = ("login", "name", "role")
    changed = [name for name in names if now[name] != then[name]]
    found = [AuditProblem("other_value", field=name, now=now[name], then=then[name]) for name in changed]
    if now["active"] != event.active:
        found.append(AuditProblem("other_state", active=bool(now["active"])))
    if now["fingerprint"] != event.fingerprint:
        found.append(AuditProblem("other_secrets"))
    return found

"""A store that was seeded before demo orders were marked: all of them are, whatever customers have done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.bootstrap import bootstrap, keys_of
from bot.settings import Settings, load_policy
from bot.store import tables as t
from bot.store.demo import demo_orders, holds_real
from bot.store.keys import customer
from bot.store.unit_of_work import SqlUnitOfWork
from tests.migrated import at_revision
from tests.store_builders import Clock

SINCE = {"extras"}
"""What orders have got since."""


def test_every_order_of_the_seeding_is_marked_and_its_incident_and_no_other(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    settings = Settings(home=tmp_path, database_url=database_url)
    keys = keys_of(settings)
    rows = demo_orders(clock(), load_policy(settings).terms_for(clock()).calendar)
    buyers = sorted({row.customer.email for row in rows})
    statements = []
    for key, email in enumerate(buyers, start=1):
        sealed = keys.seal(customer(key), {"email": email})
        statements.append(
            f"INSERT INTO customers (id, sealed, email_index) VALUES ({key}, '{sealed}', '{keys.email_index(email)}')"
        )
    for row in rows:
        key = buyers.index(row.customer.email) + 1
        values = {name: getattr(row.order, name) for name in t.ORDER_COLUMNS if name not in SINCE}
        values |= {"customer_id": key, "placed_at": "2026-05-05 16:00:00", "used": True}
        if row.customer.name != "Mia Ortiz":  # of several orders of an address the last migration kept no contact
            values["contact"] = keys.seal(customer(key), vars(row.customer))
        statements.append(f"INSERT INTO orders ({', '.join(values)}) VALUES ({', '.join(map(sql, values.values()))})")
    for note in ("Calls to several countries failed.", "Calls failed."):
        statements.append(
            f"INSERT INTO incidents (product, started_at, note) VALUES ('europe-card', '2026-05-01 00:00:00', '{note}')"
        )
    at_revision(database_url, "0006", tmp_path, statements)

    with bootstrap(settings, clock).unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert not holds_real(uow)
        marked = sa.select(t.incidents.c.note, t.incidents.c.demo).order_by(t.incidents.c.id)
        assert [row.demo for row in uow.connection.execute(marked)] == [True, False]


def sql(value: Any) -> str:
    """A value as it stands in a statement."""
    value = getattr(value, "value", value)
    if value is None:
        return "NULL"
    return str(value).upper() if isinstance(value, bool) else f"'{value}'"

"""A database from before there were keys: its personal data is sealed on the way, and no plain copy of it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.settings import Settings, SettingsError
from bot.store.engine import open_engine
from tests.migrated import at_revision
from tests.store_builders import Clock

OLD = """
INSERT INTO customers (id, name, email, phone) VALUES (7, 'Zebedee Quill', 'zebedee@example.org', '+44 7700 900123');
INSERT INTO customers (id, name, email, phone) VALUES (8, 'Bella Stone', 'bella@example.com', NULL);
INSERT INTO orders (id, number, customer_id, product, product_kind, shipped, currency, amount_paid, used, placed_at,
  payment_method, charge, status, dispute_open) VALUES (3, 'CC-104233', 7, 'global-card', 'calling_card', FALSE, 'USD',
  '50.00', FALSE, '2026-05-05 12:00:00', 'card', 'purchase', 'active', FALSE);
INSERT INTO cases (id, reference, kind, state, order_id, conversation_id, requested_at, created_at, reason_words)
  VALUES (5, 'RD-AAAAAA', 'refund', 'in_review', 3, 'talk', '2026-05-05 12:00:00', '2026-05-05 12:00:00',
  'the xylophone broke');
INSERT INTO handoffs (id, case_id, cause, transcript, facts, created_at, answer_by) VALUES (4, 5, 'asked',
  '[{"at": "", "who": "customer", "text": "I am Zebedee Quill"}]', '{"email": "zebedee@example.org"}',
  '2026-05-05 12:00:00', '2026-05-06');
INSERT INTO verifications (id, conversation_id, customer_id, expires_at) VALUES (1, 'talk', 7, '2026-05-05 13:00:00');
CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), type_name VARCHAR(255), timestamp FLOAT,
  intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT);
INSERT INTO events (id, sender_id, type_name, timestamp, data) VALUES (1, 'talk', 'user', 1.0,
  '{"event" : "user", "timestamp" : 1.0, "text" : "my xylophone broke"}');
"""
PLAIN = ["Zebedee", "zebedee@example.org", "900123", "xylophone", "Bella", "bella@example.com"]


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> str:
    """A database as the first migration made it, with data in plain."""
    at_revision(database_url, "0001", tmp_path, [line for line in OLD.split(";\n") if line.strip()])
    return database_url


def test_old_data_is_sealed_and_reads_as_before(old: str, engine: Engine, tmp_path: Path, clock: Clock) -> None:
    services = bootstrap(Settings(home=tmp_path, database_url=old), clock)

    with services.unit_of_work() as uow:
        key = uow.customers.by_email("Zebedee@example.org")
        assert (
            key == 7
            and uow.customers.phone_matches(3, "+447700900123")
            and uow.customers.email_of(8) == "bella@example.com"
        )
        contact = uow.customers.contact(3)
        file = uow.case_files.find("RD-AAAAAA")
        events = uow.personal.events("talk")
        assert uow.personal.conversations_of(7) == ["talk"]
    assert contact is not None and (contact.name, contact.phone) == ("Zebedee Quill", "+44 7700 900123")
    assert file is not None and file.case.reason_words == "the xylophone broke" and file.order_number == "CC-104233"
    assert file.handoff is not None and file.handoff.facts == {"email": "zebedee@example.org"}
    assert file.handoff.transcript[0]["text"] == "I am Zebedee Quill"
    assert [event["text"] for event in events] == ["my xylophone broke"]
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = str([connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in tables])
    for text in PLAIN:
        assert text not in rows and not any(text.encode() in content for content in files_of(engine, tmp_path)), text


def files_of(engine: Engine, folder: Path) -> list[bytes]:
    """The files in which the database keeps its tables, with what was replaced and not yet overwritten."""
    if engine.dialect.name == "sqlite":
        return [path.read_bytes() for path in folder.iterdir() if path.is_file()]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CHECKPOINT"))
        files = sa.text(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE relkind IN ('r', 't')"
        )
        return [bytes(content) for content in connection.execute(files).scalars() if content]


def test_the_files_hold_plain_data_before(old: str, engine: Engine, tmp_path: Path) -> None:
    for text in PLAIN:
        assert any(text.encode() in content for content in files_of(engine, tmp_path)), text


def test_after_the_migration_foreign_keys_and_unique_addresses_hold(old: str, tmp_path: Path, clock: Clock) -> None:
    bootstrap(Settings(home=tmp_path, database_url=old), clock)
    engine = open_engine(old)
    for statement in (
        "UPDATE orders SET customer_id = 99",
        "UPDATE customers SET email_index = 'same'",
        "DELETE FROM customers WHERE id = 7",
    ):
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_database_of_before_stays_as_it_was_when_sealing_fails(old: str, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:  # the same address twice: no two customers can have it
        connection.execute(sa.text("INSERT INTO customers (id, name, email) VALUES (9, 'B', 'Bella@example.com')"))

    with pytest.raises(SettingsError):
        bootstrap(Settings(home=tmp_path, database_url=old))

    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM customers WHERE id = 7")).one()
        facts = connection.execute(sa.text("SELECT facts FROM handoffs")).scalar_one()
    assert row.name == "Zebedee Quill" and "sealed" not in row._mapping
    assert (json.loads(facts) if isinstance(facts, str) else facts) == {"email": "zebedee@example.org"}

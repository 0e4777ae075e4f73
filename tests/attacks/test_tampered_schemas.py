"""Somebody with all rights on the database changed its schema: start and doctor find it, and nothing goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.settings import Settings, SettingsError
from bot.store.schema import differences
from bot.store.settings import StoreSettings
from bot.store.upgrades import VERSION_TABLE
from tests.migrated import REVISIONS, alembic_config, copy_home

BOTH = ("sqlite", "postgresql")
SQLITE, POSTGRESQL = ("sqlite",), ("postgresql",)


@dataclass(frozen=True)
class Tampering:
    """What was done, on which databases it can be done so, and what is told of it."""

    id: str
    statements: Sequence[str]
    told: str
    dialects: Sequence[str] = BOTH


TAMPERINGS = [
    Tampering(
        "the trigger that keeps the audit is dropped", ["DROP TRIGGER audit_no_update"], "audit_no_update", SQLITE
    ),
    Tampering(
        "the trigger that keeps decisions is dropped",
        ["DROP TRIGGER decisions_append_only ON decisions"],
        "missing is decisions: trigger",
        POSTGRESQL,
    ),
    Tampering(
        "the trigger that keeps the log of cases is switched off",
        ["ALTER TABLE case_log DISABLE TRIGGER case_log_append_only"],
        "missing is case_log: trigger",
        POSTGRESQL,
    ),
    Tampering(
        "what the triggers do is replaced by nothing",
        [
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN coalesce(NEW, OLD); END $$"
        ],
        "missing is audit: trigger",
        POSTGRESQL,
    ),
    Tampering(
        "a trigger of the same name lets changes through",
        [
            "DROP TRIGGER audit_no_delete",
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN 0 BEGIN SELECT 1; END",
        ],
        "missing is audit: trigger",
        SQLITE,
    ),
    Tampering(
        "a new trigger doubles each payment",
        ["CREATE TRIGGER helpful AFTER INSERT ON outbox BEGIN UPDATE outbox SET state = 'waiting'; END"],
        "nobody made outbox: trigger CREATE TRIGGER helpful",
        SQLITE,
    ),
    Tampering(
        "a rule swallows what is deleted",
        ["CREATE RULE quiet AS ON DELETE TO agent_sessions DO INSTEAD NOTHING"],
        "nobody made agent_sessions: rule quiet",
        POSTGRESQL,
    ),
    Tampering(
        "the index that allows one payment a case is gone", ["DROP INDEX one_refund_per_case"], "one_refund_per_case"
    ),
    Tampering(
        "the index that allows one open case holds for another state",
        [
            "DROP INDEX one_open_case_per_order_and_kind",
            "CREATE UNIQUE INDEX one_open_case_per_order_and_kind ON cases (order_id, kind) WHERE state = 'done'",
        ],
        "missing is cases: unique index one_open_case",
    ),
    Tampering(
        "the same index no longer forbids a second case",
        [
            "DROP INDEX one_open_case_per_order_and_kind",
            "CREATE INDEX one_open_case_per_order_and_kind ON cases (order_id, kind)",
        ],
        "missing is cases: unique index one_open_case",
    ),
    Tampering("an index that a search needs is gone", ["DROP INDEX ix_messages_unanswered"], "ix_messages_unanswered"),
    Tampering(
        "a unique index more lets nobody order twice",
        ["CREATE UNIQUE INDEX once ON orders (customer_id)"],
        "nobody made orders: unique index once",
    ),
    Tampering(
        "no two keys of the ledger differ any more",
        ["ALTER TABLE ledger DROP CONSTRAINT ledger_key_key"],
        "missing is ledger: UNIQUE (key)",
        POSTGRESQL,
    ),
    Tampering(
        "sums became numbers that round",
        ["ALTER TABLE orders ALTER COLUMN amount_paid TYPE double precision USING amount_paid::float"],
        "missing is orders: column amount_paid character varying(24)",
        POSTGRESQL,
    ),
    Tampering(
        "an order needs no buyer",
        ["ALTER TABLE orders ALTER COLUMN customer_id DROP NOT NULL"],
        "missing is orders: column customer_id integer NOT NULL",
        POSTGRESQL,
    ),
    Tampering(
        "each new account is an admin's",
        ["ALTER TABLE agents ALTER COLUMN role SET DEFAULT 'admin'"],
        "nobody made agents: column role",
        POSTGRESQL,
    ),
    Tampering("a table is missing", ["DROP TABLE ratings"], "the table ratings is missing"),
    Tampering(
        "a table was made anew without what held it",
        ["DROP TABLE second_opinions", "CREATE TABLE second_opinions (id INTEGER PRIMARY KEY)"],
        "missing is second_opinions: column agrees",
    ),
    Tampering("a column is missing", ["ALTER TABLE outbox DROP COLUMN result"], "missing is outbox: column result"),
    Tampering(
        "a column more",
        ["ALTER TABLE agents ADD COLUMN plain_password TEXT"],
        "nobody made agents: column plain_password",
    ),
    Tampering(
        "a column has another name",
        ["ALTER TABLE cases RENAME COLUMN return_number TO number"],
        "missing is cases: column return_number",
    ),
    Tampering(
        "a view stands where a table was",
        ["ALTER TABLE ratings RENAME TO ratings_behind", "CREATE VIEW ratings AS SELECT * FROM ratings_behind"],
        "the table ratings is missing",
    ),
]
HARMLESS = [
    Tampering("a table of somebody else", ["CREATE TABLE reports (id INTEGER PRIMARY KEY)"], ""),
    Tampering("a view of somebody else", ["CREATE VIEW open_cases AS SELECT * FROM cases"], ""),
    Tampering("an index that makes a search quicker", ["CREATE INDEX quick ON orders (placed_at)"], ""),
]


@pytest.mark.parametrize(
    ("tampering", "database_url"),
    [
        pytest.param(
            tampering,
            dialect,
            id=f"{tampering.id} ({dialect})",
            marks=[pytest.mark.postgres] if dialect == "postgresql" else [],
        )
        for tampering in TAMPERINGS + HARMLESS
        for dialect in tampering.dialects
    ],
    indirect=["database_url"],
)
def test_it_is_found(
    tampering: Tampering,
    migrated: None,
    engine: Engine,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", "schema")
    scripts = ScriptDirectory.from_config(alembic_config(Settings(home=tmp_path)))
    with engine.connect() as connection:
        for statement in tampering.statements:
            connection.exec_driver_sql(statement)
        found = differences(connection, scripts, REVISIONS[-1])
        connection.rollback()  # on SQLite each test has a database of its own
    if tampering.told:
        assert any(tampering.told in line for line in found), found
        assert all("\n" not in line and len(line) < 150 for line in found)
    else:
        assert found == []


ENDS = {
    "a trigger was dropped": ("DROP TRIGGER audit_no_delete", "trigger", "undo by hand"),
    "it is of a version to come": (f"UPDATE {VERSION_TABLE} SET version_num = '9999'", "version 9999", "update the"),
    "its version is that of an earlier one": (
        # The newest adds an index only, and of indexes an operator may have more.
        f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-3]}'",
        f"not that of version {REVISIONS[-3]}",
        "undo by hand",
    ),
    "its version is no version": (f"UPDATE {VERSION_TABLE} SET version_num = '../0001'", "../0001", "update the"),
    "it has no version": (f"DELETE FROM {VERSION_TABLE}", "has 0 rows", "undo by hand"),
    "it has two versions": (f"INSERT INTO {VERSION_TABLE} VALUES ('0001')", "has 2 rows", "undo by hand"),
    "the table of its version is gone": (f"DROP TABLE {VERSION_TABLE}", "already exists", ""),
    "a migration stopped in the middle": (
        f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[0]}'",
        f"not that of version {REVISIONS[0]}",
        "undo by hand",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_start_stops_with_one_sentence_and_changes_nothing(
    end: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", "schema")
    statement, told, mend = ENDS[end]
    settings = Settings(home=tmp_path)
    copy_home(tmp_path)
    engine = sa.create_engine(settings[StoreSettings].database_url, future=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
        before = _schema(engine)
    with pytest.raises(SettingsError) as refused:
        bootstrap(settings)
    line = str(refused.value)
    assert line.startswith("REFUND_DESK_DATABASE_URL: ") and told in line and mend in line and "\n" not in line
    assert _schema(engine) == before
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    assert main(["cases", "list"]) == 2
    assert capsys.readouterr().err == f"refund-desk: {line}\n"
    if mend:
        assert main(["doctor"]) == 2
        assert "PROBLEM  database" in (said := capsys.readouterr().out) and told in said and mend in said
    engine.dispose()


def _schema(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(str(tuple(row)) for row in connection.execute(sa.text("SELECT name, sql FROM sqlite_master")))

"""What a database should look like at each revision is written down, and a start compares."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.services import Services
from bot.settings import Settings, SettingsError
from bot.store.schema import FOLDER, differences
from bot.store.upgrades import VERSION_TABLE, schema_state
from tests.migrated import REVISIONS, alembic_config, at_revision, changes_of_revisions


def test_each_migration_does_what_is_written_down_of_it(database_url: str, tmp_path: Path, engine: Engine) -> None:
    """Where this fails for a migration that nobody has used yet, delete its files and run `make schemas`. One that may
    have been used is never edited: make a new one."""
    written = {path.name: path.read_text().splitlines() for path in FOLDER.glob(f"*.{engine.dialect.name}.txt")}
    assert written == changes_of_revisions(database_url, tmp_path)


def test_a_database_in_use_is_as_it_should_be(services: Services, engine: Engine) -> None:
    state = schema_state(engine)
    assert state.found == state.wanted == REVISIONS[-1] and state.known and state.wrong == []


def test_a_comparison_takes_less_than_a_start_shows(services: Services, engine: Engine, tmp_path: Path) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(Settings(home=tmp_path)))
    with engine.connect() as connection:
        differences(connection, scripts, REVISIONS[-1])
        began = time.perf_counter()
        differences(connection, scripts, REVISIONS[-1])
    assert time.perf_counter() - began < 0.5, "usually a hundredth of a second"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is found on PostgreSQL: tests/attacks
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_difference_is_found_at_each_revision_and_nothing_is_migrated(
    revision: str, database_url: str, tmp_path: Path, engine: Engine
) -> None:
    at_revision(database_url, revision, tmp_path, ["ALTER TABLE cases ADD COLUMN paid_twice INTEGER"])
    with pytest.raises(SettingsError, match=f"is not that of version {revision}: nobody made cases: column paid_twice"):
        bootstrap(Settings(home=tmp_path, database_url=database_url))
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == revision


EARLY_FORMS = {
    "0003, before a database knew its keys": ("0003", "DROP TABLE key_store", "the table key_store is missing"),
    "0003, with one index of phone numbers": (
        "0003",
        "ALTER TABLE customers DROP COLUMN national_index",
        "missing is customers: column national_index",
    ),
    "0004, with codes as hashes": (
        "0004",
        "ALTER TABLE email_codes RENAME COLUMN nonce TO code_hash",
        "missing is email_codes: column nonce",
    ),
    "0005, before parts of messages had names": ("0005", "DROP TABLE sent_parts", "the table sent_parts is missing"),
}


@pytest.mark.parametrize("form", EARLY_FORMS)
def test_a_database_of_an_early_form_of_a_migration_is_named(form: str, database_url: str, tmp_path: Path) -> None:
    """Some migrations were edited before anything was released, after databases had been made with them."""
    revision, statement, told = EARLY_FORMS[form]
    at_revision(database_url, revision, tmp_path, [statement])
    with pytest.raises(SettingsError) as refused:
        bootstrap(Settings(home=tmp_path, database_url=database_url))
    assert told in str(refused.value) and "restore a backup" in str(refused.value)

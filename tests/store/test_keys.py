"""Sealed data opens with its subject's key and with nothing else, and with nothing at all once that is forgotten."""

from __future__ import annotations

import base64
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap, keys_of
from bot.cases.identity.phones import PhoneKeys
from bot.cases.services import Services
from bot.settings import Settings, SettingsError, load_settings
from bot.store import keys as module
from bot.store.engine import StoreUnavailable, open_engine
from bot.store.keys import Damaged, Forgotten, Keys, open_keys, secret_at
from tests.store_builders import Clock, store_order

SECRET = "a secret of the tests that is long enough"
VALUE = {"name": "Zebedee Ω", "n": [1, None, True], "half": "\ud800\0"}


@pytest.fixture
def keys(database_url: str) -> Keys:
    """Keys in an empty database."""
    return open_keys(database_url, SECRET)


def test_a_value_comes_back_and_only_for_its_subject(keys: Keys) -> None:
    sealed = keys.seal("customer:1", VALUE)

    assert "Zebedee" not in sealed and keys.open("customer:1", sealed) == VALUE
    assert keys.seal("customer:1", VALUE) != sealed, "sealing twice shows nothing of equal values"
    keys.seal("customer:2", VALUE)
    for other in ("customer:2", "customer:3"):
        with pytest.raises(Forgotten):
            keys.open(other, sealed)


def test_what_was_changed_does_not_open(keys: Keys) -> None:
    sealed = keys.seal("customer:1", VALUE)
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    for bad in (changed, sealed[:-8], keys.prefix("customer:1") + "", f"{keys.prefix('customer:1')}%%%"):  # type: ignore[operator]
        with pytest.raises(Damaged):
            keys.open("customer:1", bad)


def test_a_forgotten_key_opens_nothing_and_a_new_one_is_another(keys: Keys) -> None:
    old = keys.seal("customer:1", VALUE)
    other = keys.seal("customer:2", VALUE)
    keys.forget("customer:1", "never there")

    with pytest.raises(Forgotten):
        keys.open("customer:1", old)
    new = keys.seal("customer:1", VALUE)
    assert keys.open("customer:1", new) == VALUE and keys.open("customer:2", other) == VALUE
    with pytest.raises(Forgotten):
        keys.open("customer:1", old)


def test_forgetting_reaches_a_running_process_within_seconds(
    keys: Keys, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    running = open_keys(database_url, SECRET)
    sealed = running.seal("customer:1", VALUE)
    keys.forget("customer:1")

    now[0] += module.CACHED_SECONDS + 0.01
    with pytest.raises(Forgotten):
        running.open("customer:1", sealed)


def test_a_key_made_anew_by_another_process_is_found_at_once(keys: Keys, database_url: str) -> None:
    running = open_keys(database_url, SECRET)
    running.seal("customer:1", VALUE)
    keys.forget("customer:1")

    assert running.open("customer:1", keys.seal("customer:1", "new")) == "new"


def test_processes_that_need_a_key_at_once_make_one(keys: Keys, database_url: str) -> None:
    others = [open_keys(database_url, SECRET) for _ in range(8)]
    start = threading.Barrier(8)

    def seal(other: Keys) -> str:
        start.wait()
        return other.seal("conversation:x", VALUE)

    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(seal, others))
    assert [keys.open("conversation:x", one) for one in sealed] == [VALUE] * 8


def test_the_table_holds_neither_keys_nor_subjects_in_plain(keys: Keys, engine: Engine) -> None:
    keys.seal("conversation:zebedee@example.com", VALUE)
    raw = keys._key("conversation:zebedee@example.com")
    assert raw is not None
    with engine.connect() as connection:
        rows = str(connection.execute(sa.text("SELECT * FROM keys")).all())
    assert "zebedee" not in rows and raw.hex() not in rows and base64.urlsafe_b64encode(raw).decode()[:-2] not in rows
    with pytest.raises(StoreUnavailable, match="another REFUND_DESK_SECRET"):
        Keys(open_engine(str(engine.url)), SECRET + "x")


def test_a_forgotten_key_is_wiped_from_the_files(tmp_path: Path) -> None:
    keys = open_keys(f"sqlite:///{tmp_path}/keys.db", SECRET)
    keys.seal("customer:1", VALUE)
    with sa.create_engine(f"sqlite:///{tmp_path}/keys.db", future=True).connect() as connection:
        wrapped = connection.execute(
            sa.text("SELECT key FROM keys WHERE subject = :name"), {"name": keys._name("customer:1")}
        ).scalar_one()
    with closing(sqlite3.connect(tmp_path / "keys.db")) as other:  # a server that runs: its log outlives our connection
        other.execute("SELECT * FROM keys").fetchall()
        assert any(wrapped.encode() in path.read_bytes() for path in tmp_path.iterdir())

        keys.forget("customer:1")

        assert not any(wrapped.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_blind_indexes_know_equal_values_and_say_nothing(keys: Keys, tmp_path: Path) -> None:
    assert keys.email_index(" Alex@Example.com ") == keys.email_index("alex@example.com")
    assert keys.email_index("alex@example.com") != keys.email_index("alex@example.co")
    spellings = ("+1 (888) 582-6840", "0018885826840", "18885826840", "+1.888.582.6840")
    same = {(indexes.whole, indexes.national) for indexes in map(keys.phone_indexes, spellings)}
    assert len(same) == 1 and None not in same.pop()
    assert keys.phone_indexes("888-582-6840").national == keys.phone_indexes("+18885826840").national
    assert keys.phone_indexes(None) == keys.phone_indexes("n/a") == PhoneKeys(None, None)
    other = open_keys(f"sqlite:///{tmp_path}/other.db", SECRET + "x")
    assert other.email_index("alex@example.com") != keys.email_index("alex@example.com")


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    start = threading.Barrier(8)

    def read(_: int) -> str:
        start.wait()
        return secret_at(path)

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(read, range(8)))
    assert len(secrets) == 1 and len(secrets.pop()) >= 60
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in path.parent.iterdir()] == ["secret"]


def test_the_default_keys_lie_beside_the_database_for_their_owner_only(tmp_path: Path) -> None:
    keys_of(Settings(home=tmp_path))
    assert stat.S_IMODE((tmp_path / "keys.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("was_open", [False, True])
def test_no_file_of_sqlite_is_open_to_others(tmp_path: Path, was_open: bool) -> None:
    """Also not those that are there already, nor those that SQLite keeps beside the database."""
    before = os.umask(0)
    try:
        if was_open:
            for name in ("refund-desk.db", "refund-desk.db-wal", "keys.db", "keys.db-wal"):
                (tmp_path / name).touch(0o666)
        services = bootstrap(Settings(home=tmp_path))
        with services.unit_of_work():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert {"refund-desk.db", "refund-desk.db-wal", "keys.db", "secret"} <= set(modes)
    assert set(modes.values()) == {0o600}, modes


def test_a_database_in_use_that_is_opened_again_keeps_its_log(tmp_path: Path) -> None:
    """Whoever else closes it as if they were the last would take the log away: SQLite's locks have to hold."""
    url = f"sqlite:///{tmp_path}/used.db"
    with open_engine(url).connect() as connection:
        connection.execute(sa.text("CREATE TABLE kept (n INTEGER)"))
        connection.commit()
        open_engine(url)
        other = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT n FROM kept'); db.close()"
        subprocess.run([sys.executable, "-c", other, str(tmp_path / "used.db")], check=True)
        assert (tmp_path / "used.db-wal").exists()


def test_the_secret_of_the_settings_comes_before_that_of_the_data_folder(tmp_path: Path) -> None:
    index = keys_of(Settings(home=tmp_path, secret=SECRET)).email_index("a@b.net")
    assert not (tmp_path / "secret").exists()
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    assert keys_of(Settings(home=tmp_path)).email_index("a@b.net") == index


def test_a_secret_in_the_data_folder_that_is_too_short_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(SettingsError, match="REFUND_DESK_SECRET: "):
        keys_of(Settings(home=tmp_path))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"keys_url": "postgresql://root@127.0.0.1:1/nowhere"}, "REFUND_DESK_KEYS_URL"),
        ({"keys_url": "sqlite:////proc/nowhere/keys.db"}, "REFUND_DESK_KEYS_URL"),
        ({"keys_url": "postgresql://["}, "REFUND_DESK_KEYS_URL"),
    ],
)
def test_keys_that_cannot_be_used_are_one_clear_line(settings: dict[str, str], told: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        keys_of(Settings(home=tmp_path, **settings))
    assert str(refused.value).startswith(told) and "\n" not in str(refused.value)


def test_keys_are_not_kept_in_the_database_that_they_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    monkeypatch.setenv("REFUND_DESK_DATABASE_URL", f"sqlite:///{tmp_path}/keys.db")
    with pytest.raises(SettingsError, match="REFUND_DESK_KEYS_URL: must be another database"):
        load_settings()


def test_a_start_without_the_keys_of_the_database_is_refused_and_seals_nothing_anew(
    services: Services, database_url: str, clock: Clock, tmp_path: Path
) -> None:
    store_order(services)
    elsewhere = Settings(home=tmp_path, database_url=database_url, keys_url=f"sqlite:///{tmp_path}/elsewhere.db")
    for _ in range(2):
        with pytest.raises(SettingsError, match="REFUND_DESK_KEYS_URL: there are no keys"):
            bootstrap(elsewhere, clock)
    assert not (tmp_path / "elsewhere.db").exists()
    keys_of(elsewhere)  # others, under the same secret
    for _ in range(2):
        with pytest.raises(SettingsError, match="REFUND_DESK_KEYS_URL: not the keys"):
            bootstrap(elsewhere, clock)
    assert bootstrap(Settings(home=tmp_path, database_url=database_url), clock)


def test_a_start_without_the_secret_of_the_database_is_refused_and_makes_no_other(
    services: Services, database_url: str, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "secret").rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"REFUND_DESK_SECRET: .*secret is missing"):
            bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert not (tmp_path / "secret").exists()
    with pytest.raises(SettingsError, match="REFUND_DESK_KEYS_URL: the keys were made with another"):
        bootstrap(Settings(home=tmp_path, database_url=database_url, secret=SECRET), clock)

"""A backup that was changed, mixed or cut, and places that are not empty: one sentence, and nothing is put there."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.settings import Settings
from bot.store.keys import backup_key
from tests.migrated import copy_home
from tests.store_builders import store_order

Attack = Callable[[Path, Path], None]  # the backup, and the data folder that it is restored into


def _manifest(backup: Path, part: str, **values: object) -> None:
    path = backup / part / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def _resigned(backup: Path, part: str, **values: object) -> None:
    """What somebody does who has the secret, too."""
    from bot.store.backups import _mac

    path = backup / part / "manifest.json"
    changed = {**json.loads(path.read_text()), **values}
    changed.pop("mac")
    secret = (backup / "secret" / "secret").read_text().strip()
    path.write_text(json.dumps({**changed, "mac": _mac(changed, backup_key(secret))}))


def _another(backup: Path) -> Path:
    other = backup.with_name("other")
    os.environ["REFUND_DESK_HOME"] = str(other)
    bootstrap(Settings(home=other))
    assert main(["backup", str(backup.with_name("other-backup"))]) == 0
    return backup.with_name("other-backup")


def _data_changed(backup: Path, home: Path) -> None:
    with sqlite3.connect(backup / "data" / "database.db") as database:
        database.execute("UPDATE orders SET amount_paid = '5000.00'")


def _row_added(backup: Path, home: Path) -> None:
    from bot.store.backups import size_and_digest

    with sqlite3.connect(backup / "data" / "database.db") as database:
        database.execute("INSERT INTO restores (at, backup_at) VALUES ('2020-01-01', '2020-01-01')")
    database.close()
    size, digest = size_and_digest(backup / "data" / "database.db")
    _manifest(backup, "data", size=size, sha256=digest)


def _cut(backup: Path, home: Path) -> None:
    os.truncate(backup / "data" / "database.db", 4096)


def _empty(backup: Path, home: Path) -> None:
    os.truncate(backup / "data" / "database.db", 0)


def _swapped(backup: Path, home: Path) -> None:
    shutil.copy(backup / "keys" / "keys.db", backup / "data" / "database.db")


def _link_to_data(backup: Path, home: Path) -> None:
    file = backup / "data" / "database.db"
    file.rename(backup / "elsewhere.db")
    file.symlink_to(backup / "elsewhere.db")


def _link_to_folder(backup: Path, home: Path) -> None:
    (backup / "keys").rename(backup / "elsewhere")
    (backup / "keys").symlink_to(backup / "elsewhere")


def _pipe(backup: Path, home: Path) -> None:
    (backup / "data" / "database.db").unlink()
    os.mkfifo(backup / "data" / "database.db")


def _folder_for_file(backup: Path, home: Path) -> None:
    (backup / "data" / "manifest.json").unlink()
    (backup / "data" / "manifest.json").mkdir()


def _other_keys(backup: Path, home: Path) -> None:
    other = _another(backup)
    shutil.rmtree(backup / "keys")
    shutil.copytree(other / "keys", backup / "keys")


def _other_secret(backup: Path, home: Path) -> None:
    shutil.copy(_another(backup) / "secret" / "secret", backup / "secret" / "secret")


def _other_keys_under_the_same_secret(backup: Path, home: Path) -> None:
    other = backup.with_name("other")
    other.mkdir()
    shutil.copy(backup / "secret" / "secret", other / "secret")
    os.environ["REFUND_DESK_HOME"] = str(other)
    bootstrap(Settings(home=other))
    assert main(["backup", str(backup.with_name("other-backup"))]) == 0
    shutil.rmtree(backup / "keys")
    shutil.copytree(backup.with_name("other-backup") / "keys", backup / "keys")


def _older_keys(backup: Path, home: Path) -> None:
    newer = backup.with_name("newer")
    assert main(["backup", str(newer)]) == 0
    shutil.rmtree(backup / "data")
    shutil.copytree(newer / "data", backup / "data")


def _older_keys_in_place(backup: Path, home: Path) -> None:
    home.mkdir()
    shutil.copy(backup / "keys" / "keys.db", home / "keys.db")
    _older_keys(backup, home)


def _other_keys_in_place(backup: Path, home: Path) -> None:
    _another(backup)
    home.mkdir()
    shutil.copy(backup.with_name("other") / "keys.db", home / "keys.db")


def _store_not_empty(backup: Path, home: Path) -> None:
    copy_home(home)


def _other_tables_there(backup: Path, home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "refund-desk.db") as database:
        database.execute("CREATE TABLE somebody_s (id INTEGER)")


ATTACKS: dict[str, tuple[Attack, str]] = {
    "sums in the data are changed": (_data_changed, "database.db was changed"),
    "a row is added, and the checksum made anew": (_row_added, "it was changed, or was not made with this secret"),
    "the data are cut": (_cut, "was changed: 4096 bytes"),
    "the data are empty": (_empty, "was changed: 0 bytes"),
    "the keys stand where the data should": (_swapped, "was changed"),
    "the data are a link": (_link_to_data, "it is a link"),
    "the folder of the keys is a link": (_link_to_folder, "is a link"),
    "the data are a pipe that never ends": (_pipe, "is no file"),
    "the manifest is a folder": (_folder_for_file, "manifest.json"),
    "the manifest is missing": (lambda b, h: (b / "data" / "manifest.json").unlink(), "no whole backup"),
    "the manifest of the keys is missing": (lambda b, h: (b / "keys" / "manifest.json").unlink(), "no whole backup"),
    "the manifest is empty": (lambda b, h: (b / "data" / "manifest.json").write_text(""), "no manifest"),
    "the manifest is a list": (lambda b, h: (b / "data" / "manifest.json").write_text("[]"), "no manifest"),
    "the manifest nests without end": (
        lambda b, h: (b / "data" / "manifest.json").write_text("[" * 500_000),
        "no manifest",
    ),
    "the manifest has no signature": (lambda b, h: _manifest(b, "data", mac=None), "it was changed"),
    "the signature is none": (lambda b, h: _manifest(b, "data", mac="é" * 64), "it was changed"),
    "the manifest says another version": (lambda b, h: _manifest(b, "data", revision="0001"), "it was changed"),
    "the manifest names a file elsewhere": (
        lambda b, h: _manifest(b, "data", file="../keys/keys.db"),
        "it was changed",
    ),
    "the manifest of the keys says a later time": (
        lambda b, h: _manifest(b, "keys", made_at="2999-01-01T00:00:00+00:00"),
        "it was changed",
    ),
    "the manifest of the keys stands beside the data": (
        lambda b, h: shutil.copy(b / "keys" / "manifest.json", b / "data" / "manifest.json"),
        "not the manifest of data",
    ),
    "a newer program has made it": (lambda b, h: _resigned(b, "data", format=2), "in the format 1"),
    "it is of a version to come": (
        lambda b, h: (_version(b, "9999"), _resigned(b, "data", revision="9999")),
        "newer than this program",
    ),
    "it counts other rows": (lambda b, h: _resigned(b, "data", rows={}), "not what the manifest says"),
    "it is of another kind of database": (lambda b, h: _resigned(b, "data", dialect="postgresql"), "of postgresql"),
    "the keys of another installation": (_other_keys, "it was changed, or was not made with this secret"),
    "other keys under the same secret": (_other_keys_under_the_same_secret, "those of another installation"),
    "the secret of another installation": (_other_secret, "it was changed, or was not made with this secret"),
    "keys from before the data": (_older_keys, "older than the data"),
    "keys from before the data are in place": (_older_keys_in_place, "older than the data"),
    "keys of another installation are in place": (_other_keys_in_place, "another REFUND_DESK_SECRET"),
    "the secret is missing": (lambda b, h: shutil.rmtree(b / "secret"), "no secret is set"),
    "the secret is no text": (lambda b, h: (b / "secret" / "secret").write_bytes(b"\xff" * 64), "is no text"),
    "there is a database already": (_store_not_empty, "the database is not empty"),
    "there is a table of somebody else": (_other_tables_there, "the database is not empty"),
    "there is no backup at all": (lambda b, h: shutil.rmtree(b), "is missing"),
}


def _version(backup: Path, version: str) -> None:
    from bot.store.backups import size_and_digest

    file = backup / "data" / "database.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE refund_desk_version SET version_num = ?", (version,))
    database.close()
    size, digest = size_and_digest(file)
    _resigned(backup, "data", size=size, sha256=digest)


FOUND_LATE = ("newer than this program", "not what the manifest says")
"""What only the data themselves tell, when secret and keys are in place already."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_it_is_put_in_place(
    attack: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", "backup")
    copy_home(tmp_path / "old")
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path / "old"))
    store_order(bootstrap(Settings(home=tmp_path / "old")))
    backup, home = tmp_path / "backup", tmp_path / "new"
    assert main(["backup", str(backup)]) == 0
    do, told = ATTACKS[attack]
    do(backup, home)
    capsys.readouterr()
    before = _files(home)

    monkeypatch.setenv("REFUND_DESK_HOME", str(home))
    assert main(["restore", str(backup)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("refund-desk: ") and said.count("\n") == 1 and told in said
    after = _files(home)
    if "refund-desk.db" in before:
        assert after["refund-desk.db"] == before["refund-desk.db"]
    else:
        assert not [name for name in after if name.startswith("refund-desk.db")], "no data"
    left = set(after) - set(before)
    assert not left or told in FOUND_LATE, "nor anything else"


DISTURBED: dict[str, tuple[Callable[[Path, Path], Path], str]] = {
    "the folder is not empty": (lambda home, folder: _with(folder, "letter.txt"), "is not empty"),
    "the folder holds half a backup": (lambda home, folder: _with(folder, "data/database.db"), "is not empty"),
    "the folder is a file": (lambda home, folder: _file(folder), "File exists"),
    "the folder can't be made": (lambda home, folder: Path("/proc/nowhere/backup"), "/proc/nowhere"),
    "the database is not there": (lambda home, folder: _gone(home, folder, "refund-desk.db"), "nothing to back up"),
    "the keys are not there": (lambda home, folder: _gone(home, folder, "keys.db"), "there are no keys"),
    "the secret is not there": (lambda home, folder: _gone(home, folder, "secret"), "is missing"),
    "the database lacks a trigger": (lambda home, folder: _no_trigger(home, folder), "trigger"),
    "the database is no database": (lambda home, folder: _no_database(home, folder), "not a database"),
}


def _with(folder: Path, name: str) -> Path:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("something")
    return folder


def _file(folder: Path) -> Path:
    folder.write_text("something")
    return folder


def _gone(home: Path, folder: Path, name: str) -> Path:
    (home / name).unlink()
    return folder


def _no_trigger(home: Path, folder: Path) -> Path:
    with sqlite3.connect(home / "refund-desk.db") as database:
        database.execute("DROP TRIGGER audit_no_delete")
    return folder


def _no_database(home: Path, folder: Path) -> Path:
    (home / "refund-desk.db").write_text("this is no database, but a letter of some length")
    return folder


@pytest.mark.parametrize("disturbance", DISTURBED)
def test_no_backup_is_made_of_what_is_none_nor_where_something_is(
    disturbance: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", "backup")
    copy_home(tmp_path / "old")
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path / "old"))
    do, told = DISTURBED[disturbance]
    folder = do(tmp_path / "old", tmp_path / "backup")
    before = _files(folder)
    assert main(["backup", str(folder)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("refund-desk: ") and told in said.err and said.err.count("\n") == 1 and not said.out
    assert _files(folder) == before, "what was there is as it was, and nothing half made is left"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""``refund-desk backup`` and ``restore``."""

from __future__ import annotations

import argparse
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import CommandError
from bot.wording import say

if TYPE_CHECKING:
    from bot.settings import Settings


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``backup`` and ``restore``."""
    parser = subparsers.add_parser("backup", help="back up database, keys and secret, each apart, also while it runs")
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    parser.set_defaults(run=_back_up)
    parser = subparsers.add_parser("restore", help="restore a backup into an empty database")
    parser.add_argument("folder", metavar="DIR", type=Path, help="a folder that `backup` has made")
    parser.set_defaults(run=_restore)


def _back_up(args: argparse.Namespace) -> int:
    from bot.bootstrap import keys_of
    from bot.settings import PREFIX, SettingsError
    from bot.store.backups import BackupError, back_up
    from bot.store.engine import StoreUnavailable, is_new
    from bot.store.settings import StoreSettings

    settings = _settings()
    store = settings[StoreSettings]
    try:
        if is_new(store.database_url):
            raise CommandError("no_database")
        keys = keys_of(settings, new=False)
        data, keys_part = back_up(
            args.folder.absolute(),
            database_url=store.database_url,
            keys_url=store.keys_url,
            keys=keys,
            secret=_secret_in_use(settings),
            settings=sorted(name for name in os.environ if name.startswith(PREFIX)),
        )
    except (BackupError, StoreUnavailable, SettingsError) as error:
        raise CommandError.of(error) from None
    done = say(
        "backup_made",
        folder=str(args.folder),
        dialect=data.dialect,
        revision=data.revision,
        rows=sum(data.rows.values()),
        data_size=data.size,
        keys_size=keys_part.size,
    )
    print(done)
    return 0


def _restore(args: argparse.Namespace) -> int:
    from bot.store.backups import BackupError
    from bot.store.engine import StoreUnavailable
    from bot.store.restores import restore, secret_of
    from bot.store.settings import StoreSettings

    settings = _settings()
    store = settings[StoreSettings]
    in_home = store.home / "secret"
    try:
        of_backup = secret_of(args.folder)
        secret = store.secret.get_secret_value() or (_secret_in_use(settings) if in_home.exists() else of_backup)
        if not secret:
            raise CommandError("no_secret", file=f"{args.folder}/secret/secret")
        if of_backup not in (None, secret):
            raise CommandError("other_secret")
        done = restore(
            args.folder,
            database_url=store.database_url,
            keys_url=store.keys_url,
            secret=secret,
            secret_file=None if store.secret else in_home,
            at=datetime.now(timezone.utc),
        )
    except (BackupError, StoreUnavailable) as error:
        raise CommandError.of(error) from None
    print(say("restore_done", made_at=done.data.made_at, rows=sum(done.data.rows.values())))
    if any(done.erased):
        customers, conversations = done.erased
        print(say("restore_erased", customers=customers, conversations=conversations))
    for problem in done.problems:
        print(problem)
    print(say("restore_record", problems=len(done.problems)))
    return 1 if done.problems else 0


def _settings() -> Settings:
    from bot.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        raise CommandError.of(error) from None


def _secret_in_use(settings: Settings) -> str:
    from bot.store.engine import StoreUnavailable
    from bot.store.keys import secret_at
    from bot.store.settings import StoreSettings

    store = settings[StoreSettings]
    try:
        return store.secret.get_secret_value() or secret_at(store.home / "secret", new=False)
    except StoreUnavailable as error:
        raise CommandError("unusable", what="REFUND_DESK_SECRET", problem=str(error)) from None

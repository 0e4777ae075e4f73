"""``refund-desk train``: train the model if its sources have changed."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from bot.commands import CommandError
from bot.wording import say


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``train``."""
    parser = subparsers.add_parser("train", help="train the model, if its sources have changed")
    parser.add_argument("--force", action="store_true", help="train even if nothing has changed")
    parser.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    from bot.settings import SettingsError, load_settings
    from bot.store.settings import StoreSettings

    try:
        home = load_settings()[StoreSettings].home
    except SettingsError as error:
        raise CommandError.of(error) from None
    return ensure_model(home, force=args.force)


def ensure_model(home: Path, *, force: bool = False) -> int:
    """Train where needed, with progress on the terminal. Returns the exit status."""
    from bot import training

    try:
        training.keep_home_writable(home)
    except OSError as error:
        raise CommandError.of_file(f"REFUND_DESK_HOME: {error.filename}", error) from None
    console = Console(stderr=True)
    if training.is_current() and not force:
        console.print(say("model_current"))
        return 0
    try:
        with console.status(say("model_training")):
            if not console.is_terminal:
                console.print(say("model_training"))
            training.train(home / "logs" / "train.log")
    except training.TrainingFailed as error:
        console.print(say("model_not_trained", log=str(error.log)), style="red", soft_wrap=True)
        return 1
    console.print(say("model_trained"))
    return 0

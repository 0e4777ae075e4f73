"""``refund-desk parse``: what the bot understands of single messages."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.commands import CommandError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``parse``."""
    parser = subparsers.add_parser("parse", help="say what the bot understands of each line of standard input")
    parser.set_defaults(run=_parse)


def _parse(args: argparse.Namespace) -> int:
    status = 0
    rows: list[str | dict[str, Any]] = []
    for raw in sys.stdin.buffer:
        try:
            rows.append(_text(raw.decode("utf-8", "replace").rstrip("\r\n")))
        except CommandError as error:
            rows.append({"error": str(error)})
            status = 2
    answers = iter(understand([row for row in rows if isinstance(row, str)]))
    for row in rows:
        print(json.dumps(next(answers) if isinstance(row, str) else row, ensure_ascii=False))
    return status


def understand(texts: list[str]) -> list[dict[str, Any]]:
    """What the current model understands of the texts; trains it first where that is needed."""
    from bot.commands.train import ensure_model
    from bot.settings import SettingsError, load_settings
    from bot.store.settings import StoreSettings
    from bot.training import MODEL, QUIET

    try:
        home = load_settings()[StoreSettings].home
    except SettingsError as error:
        raise CommandError.of(error) from None
    if ensure_model(home):
        raise CommandError("no_model")
    os.environ.update(QUIET)
    with _output_to(home / "logs" / "parse.log"):
        from bot.nlu.understanding import understood  # only now: Rasa reads the environment while it is imported

        return list(understood(MODEL, texts))


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what Rasa and its libraries print, on whatever way, to a log."""
    sys.stdout.flush()
    sys.stderr.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for target, saved in enumerate(kept, start=1):
            os.dup2(saved, target)
            os.close(saved)


def _text(line: str) -> str:
    """The message of a line: JSON with a ``text``, or the line as it is."""
    if not line.lstrip().startswith("{"):
        return line
    try:
        data = json.loads(line)
    except ValueError:
        return line
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise CommandError("json_without_text")
    return str(data["text"])

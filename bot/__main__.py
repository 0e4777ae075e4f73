"""The command ``refund-desk`` (also ``python -m bot``)."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from bot.commands import CommandError

_COMMANDS = (
    "run doctor train parse evaluate policy orders incidents cases outbox audit privacy backup desk post_mail".split()
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. Returns the exit status: 0 on success, 2 on bad input with one line on stderr."""
    args = command_line().parse_args(argv)
    try:
        _check_texts(args)
        status: int = args.run(args)
        sys.stdout.flush()
    except CommandError as error:
        print(f"refund-desk: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away (`… | head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def command_line() -> argparse.ArgumentParser:
    """The parser of the whole command; the page of the reference is made of it, too."""
    parser = argparse.ArgumentParser(prog="refund-desk", description="A support bot for refunds and cancellations.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"bot.commands.{name}").add_parser(subparsers)
    return parser


def _check_texts(args: argparse.Namespace) -> None:
    """Bytes that are no text arrive as half characters, which no database takes."""
    for name, value in vars(args).items():
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise CommandError("not_in_utf8", name=name)


if __name__ == "__main__":
    sys.exit(main())

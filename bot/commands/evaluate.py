"""``refund-desk evaluate``: how well labelled messages are understood."""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import CommandError
from bot.commands.parse import understand

if TYPE_CHECKING:
    from bot.nlu.evaluation import Example


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``evaluate``."""
    parser = subparsers.add_parser("evaluate", help="say how well labelled messages are understood")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help='JSON lines {"text", "label"}')
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    parser.add_argument("--report", type=Path, metavar="DIR", help="also write pages with pictures there")
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    rows = [row for file in args.files for row in _rows(file)]
    if not rows:
        raise CommandError("no_messages")
    examples = _examples(rows)
    from bot.nlu.evaluation import figures, summary, to_json, write_report

    if args.report:
        warnings.simplefilter("ignore")  # again: Rasa's libraries change the filters when they are imported
        try:
            write_report(examples, args.report, ", ".join(file.name for file in args.files))
        except OSError as error:
            raise CommandError.of_file(f"--report {args.report}", error) from None
    if args.json:
        print(json.dumps(to_json(examples), indent=2, ensure_ascii=False))
    else:
        print("\n".join(summary(figures(examples))))
    return 0


def _examples(rows: list[tuple[str, str]]) -> list[Example]:
    answers = understand([text for text, _ in rows])
    from bot.nlu.evaluation import Example

    return [
        Example(text, label, answer["intent"], answer["confidence"])
        for (text, label), answer in zip(rows, answers, strict=True)
    ]


def _rows(file: Path) -> list[tuple[str, str]]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise CommandError("not_text", file=str(file)) from None
    except OSError as error:
        raise CommandError.of_file(file, error) from None
    return [_row(line, str(file), number) for number, line in enumerate(lines, start=1) if line.strip()]


def _row(line: str, file: str, number: int) -> tuple[str, str]:
    try:
        data = json.loads(line)
    except ValueError:
        raise CommandError("line_not_json", file=file, line=number) from None
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("text", "label")):
        raise CommandError("line_without_label", file=file, line=number)
    return data["text"], data["label"]

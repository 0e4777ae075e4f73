"""``refund-desk orders``: import orders from a file, show one, print samples, take those of the demo out."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot import order_numbers
from bot.commands import CommandError, open_services
from bot.store.exports.mapped import STATED, Stated
from bot.store.exports.problems import named
from bot.store.exports.reading import FORMATS, OWN
from bot.wording import say

_LARGE = 5_000_000
"""Bytes of a file from which on its progress is shown."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``orders`` and its verbs."""
    orders = subparsers.add_parser("orders", help="import orders, show one, take those of the demo out")
    verbs = orders.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser(
        "import",
        help="import orders from a file of ours, or the export of another system",
        description="A file with a mistake is refused as a whole. Orders with an open case are left as they are, and "
        "listed. What an export does not tell can stand in it as a column of our name, or be stated with --set.",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", choices=FORMATS, help="by default csv or json, by the name")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"what holds for every order of an export that says nothing else: {', '.join(STATED)}",
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="of the times in an export that have none")
    parser.set_defaults(run=_import)
    parser = verbs.add_parser("show", help="show one order")
    parser.add_argument("number", help=f"such as {order_numbers.in_use().example}")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_show)
    parser = verbs.add_parser("sample", help="print sample orders of today under an address of yours, to be imported")
    parser.add_argument("email", help="whose they are, such as me@example.org")
    parser.set_defaults(run=_sample)
    parser = verbs.add_parser("clean-demo", help="take the demo out: its orders, their requests and persons")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.set_defaults(run=_clean_demo)


def _import(args: argparse.Namespace) -> int:
    from bot.store.exports.problems import ImportRefused
    from bot.store.import_files import OrderFile, import_file

    stated = _stated(args)
    services = open_services()  # first: it is the settings that say what an order number is
    try:
        with args.file.open("rb") as opened, _seekable(opened) as file:
            source = OrderFile(file, str(args.file), args.format, stated)
            with _progress(file) as progress:
                done = import_file(services, source, progress)
    except OSError as error:
        raise CommandError.of_file(args.file, error) from None
    except ImportRefused as error:
        raise CommandError.of(error) from None
    changed, unchanged = done.changed, done.unchanged
    taken, new, skipped = done.taken, done.new, done.skipped
    print(say("orders_imported", orders=taken, new=new, changed=changed, unchanged=unchanged, skipped=skipped))
    for one in done.listed:
        print(say("orders_skipped_row", row=one.row, order=named(one.number) or "-", why=str(one.why)))
    if done.skipped > len(done.listed):
        print(say("import_more_rows", more=done.skipped - len(done.listed)))
    if done.disputes_untold:
        print(say("orders_disputes_untold"))
    return 0


def _stated(args: argparse.Namespace) -> Stated:
    """What the options say of all orders. Raises CommandError."""
    fields = dict(one.partition("=")[::2] for one in args.set)
    if not all(name in STATED and value for name, value in fields.items()):
        raise CommandError("bad_set", fields=tuple(STATED))
    if (fields or args.time_zone) and args.format in (None, *OWN):
        raise CommandError("set_for_own")
    try:
        return Stated(fields, ZoneInfo(args.time_zone) if args.time_zone else None)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CommandError("bad_time_zone", zone=args.time_zone) from None


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file, or a copy of what comes through a pipe: it is read twice."""
    if file.seekable():
        yield file
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        yield copy


@contextmanager
def _progress(file: BinaryIO) -> Iterator[Callable[[int, int], object]]:
    """A bar for a large file, where somebody looks."""
    from rich.console import Console
    from rich.progress import Progress

    size = file.seek(0, SEEK_END)
    console = Console(stderr=True)
    if size < _LARGE or not console.is_terminal:
        yield lambda reading, at: None
        return
    with Progress(console=console, transient=True) as bar:
        readings = [bar.add_task(say(f"orders_reading_{number}"), total=size) for number in (1, 2)]
        yield lambda reading, at: bar.update(readings[reading - 1], completed=at)


def _show(args: argparse.Namespace) -> int:
    from bot.policy.parsing import order_to_json

    with open_services().reading() as uow:
        stored = uow.orders.find(args.number.strip().upper())
        if stored is None:
            raise CommandError("no_order", order=args.number)
        data = {
            **order_to_json(stored.order),
            "cancelled_at": stored.cancelled_at.isoformat() if stored.cancelled_at else None,
            "agreement_ends_on": stored.agreement_ends_on.isoformat() if stored.agreement_ends_on else None,
            "customer": {"email": uow.customers.email_of(stored.customer_id)},
        }
    if args.json:
        print(json.dumps(data, indent=2))
    else:
        for key, value in data.items():
            print(f"{key:18} {value if value is not None else '-'}")
    return 0


def _sample(args: argparse.Namespace) -> int:
    from bot.settings import SettingsError, load_policy, load_settings
    from bot.store.demo import sample_orders
    from bot.store.exports.problems import ImportRefused
    from bot.store.imports import read_order_rows

    now = datetime.now(timezone.utc)
    try:
        samples = sample_orders(now, load_policy(load_settings()).terms_for(now).calendar, args.email)
        read_order_rows(samples, "email")
    except SettingsError as error:
        raise CommandError.of(error) from None
    except ImportRefused:
        raise CommandError("bad_email", email=args.email) from None
    print(json.dumps(samples, indent=2))
    return 0


def _clean_demo(args: argparse.Namespace) -> int:
    from bot.store.demo_cleaning import clean_demo

    done = clean_demo(open_services(), dry_run=args.dry_run)
    if not done.orders and not done.incidents:
        print(say("demo_not_there"))
        return 0
    counted = {name: value for name, value in vars(done).items() if name != "paid"}
    print(say("demo_taken_out", dry_run=args.dry_run, **counted))
    if done.paid:
        print(say("demo_was_paid", references=done.paid))
    return 0

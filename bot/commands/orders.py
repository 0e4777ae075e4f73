"""``refund-desk orders``: import orders from a file, show one, print samples, take those of the demo out."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timezone
from pathlib import Path

from bot import order_numbers
from bot.commands import CommandError, open_services
from bot.wording import say


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``orders`` and its verbs."""
    orders = subparsers.add_parser("orders", help="import orders, show one, take those of the demo out")
    verbs = orders.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("import", help="import a JSON or CSV file: the whole file or nothing")
    parser.add_argument("file", type=Path)
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
    from bot.store.imports import ImportRefused, import_orders, read_orders
    from bot.store.unit_of_work import SqlUnitOfWork

    try:
        data = args.file.read_bytes()
    except OSError as error:
        raise CommandError.of_file(args.file, error) from None
    services = open_services()  # first: it is the settings that say what an order number is
    try:
        rows = read_orders(data, str(args.file))
        with services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            done = import_orders(uow, rows)
            uow.commit()
    except ImportRefused as error:
        raise CommandError.of(error) from None
    print(say("orders_imported", orders=len(rows), new=done.new, updated=done.updated))
    return 0


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
    from bot.store.imports import ImportRefused, read_order_rows

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

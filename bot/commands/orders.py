"""``refund-desk orders``: import orders from a file, show one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bot.commands import CommandError, open_services


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``orders`` and its verbs."""
    orders = subparsers.add_parser("orders", help="import orders, show one")
    verbs = orders.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("import", help="import a JSON or CSV file: the whole file or nothing")
    parser.add_argument("file", type=Path)
    parser.set_defaults(run=_import)
    parser = verbs.add_parser("show", help="show one order")
    parser.add_argument("number", help="such as CC-104233")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_show)


def _import(args: argparse.Namespace) -> int:
    from bot.store.imports import ImportRefused, import_orders, read_orders
    from bot.store.unit_of_work import SqlUnitOfWork

    try:
        data = args.file.read_bytes()
    except OSError as error:
        raise CommandError(f"{args.file}: {error.strerror}") from None
    try:
        rows = read_orders(data, str(args.file))
        with open_services().unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            done = import_orders(uow, rows)
            uow.commit()
    except ImportRefused as error:
        raise CommandError(str(error)) from None
    print(f"{len(rows)} orders imported ({done.new} new, {done.updated} updated).")
    return 0


def _show(args: argparse.Namespace) -> int:
    from bot.policy.parsing import order_to_json

    with open_services().unit_of_work() as uow:
        stored = uow.order(args.number.strip().upper())
        if stored is None:
            raise CommandError(f"there is no order {args.number}")
        data = {
            **order_to_json(stored.order),
            "cancelled_at": stored.cancelled_at.isoformat() if stored.cancelled_at else None,
            "agreement_ends_on": stored.agreement_ends_on.isoformat() if stored.agreement_ends_on else None,
            "customer": {"email": uow.email_of(stored.customer_id)},
        }
    if args.json:
        print(json.dumps(data, indent=2))
    else:
        for key, value in data.items():
            print(f"{key:18} {value if value is not None else '-'}")
    return 0

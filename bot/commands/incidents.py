"""``refund-desk incidents``: faults on record, which confirm a customer's claim (R1)."""

from __future__ import annotations

import argparse
import json
from datetime import datetime

from bot.commands import CommandError, open_services


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``incidents`` and its verbs."""
    incidents = subparsers.add_parser("incidents", help="record faults on our side, list them")
    verbs = incidents.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("add", help="record a fault of a product")
    parser.add_argument("--product", required=True, help="as orders name it, such as global-card")
    parser.add_argument("--from", dest="start", required=True, metavar="TIME", help="ISO 8601 with offset")
    parser.add_argument("--to", dest="end", metavar="TIME", help="when it ended (default: it goes on)")
    parser.add_argument("--note", default="", help="what happened")
    parser.set_defaults(run=_add)
    parser = verbs.add_parser("list", help="list the faults on record")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_list)


def _add(args: argparse.Namespace) -> int:
    from bot.store import tables as t
    from bot.store.unit_of_work import SqlUnitOfWork

    start = _moment("--from", args.start)
    end = _moment("--to", args.end) if args.end else None
    if end is not None and end < start:
        raise CommandError("--to must not be before --from")
    longest = t.incidents.c.product.type.length
    if not args.product.isprintable() or not 1 <= len(args.product) <= longest:
        raise CommandError(f"--product must be a printable text of 1 to {longest} characters")
    if not args.note.isprintable():
        raise CommandError("--note must be a printable text")
    with open_services().unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        values = {"product": args.product, "started_at": start, "ended_at": end, "note": args.note}
        key = uow.connection.execute(t.incidents.insert().values(**values)).inserted_primary_key[0]
        uow.commit()
    print(f"Incident {key} recorded for {args.product}.")
    return 0


def _list(args: argparse.Namespace) -> int:
    from sqlalchemy import select

    from bot.store import tables as t
    from bot.store.unit_of_work import SqlSnapshot

    with open_services().reading() as uow:
        assert isinstance(uow, SqlSnapshot)
        rows = [dict(row._mapping) for row in uow.connection.execute(select(t.incidents).order_by(t.incidents.c.id))]
    for row in rows:
        row["started_at"] = row["started_at"].isoformat()
        row["ended_at"] = row["ended_at"].isoformat() if row["ended_at"] else None
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f"{row['id']:4} {row['product']:20} {row['started_at']} to {row['ended_at'] or 'now'}  {row['note']}")
    return 0


def _moment(flag: str, text: str) -> datetime:
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except (ValueError, OverflowError):
        raise CommandError(f"{flag} {text}: not an ISO 8601 time, such as 2026-11-20T09:00:00-05:00") from None
    if moment.tzinfo is None:
        raise CommandError(f"{flag} {text}: has no offset from UTC; write it as 2026-11-20T09:00:00-05:00")
    if not 1971 <= moment.year <= 9000:
        raise CommandError(f"{flag} {text}: has a year that can't be right")
    return moment

"""``refund-desk incidents``: faults on record, which confirm a customer's claim (R1)."""

from __future__ import annotations

import argparse
import json
from datetime import datetime

from bot.commands import CommandError, open_services
from bot.wording import say


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
        raise CommandError("ends_before_start")
    longest = t.incidents.c.product.type.length
    if not args.product.isprintable() or not 1 <= len(args.product) <= longest:
        raise CommandError("bad_product", most=longest)
    if not args.note.isprintable():
        raise CommandError("bad_note")
    with open_services().unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        values = {"product": args.product, "started_at": start, "ended_at": end, "note": args.note}
        key = uow.connection.execute(t.incidents.insert().values(**values)).inserted_primary_key[0]
        uow.commit()
    print(say("incident_recorded", incident=key, product=args.product))
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
            start, end = row["started_at"], row["ended_at"]
            span = say("incident_span", start=start, end=end) if end else say("incident_goes_on", start=start)
            print(f"{row['id']:4} {row['product']:20} {span}  {row['note']}")
    return 0


def _moment(flag: str, text: str) -> datetime:
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except (ValueError, OverflowError):
        raise CommandError("bad_time", option=flag, text=text) from None
    if moment.tzinfo is None:
        raise CommandError("time_without_offset", option=flag, text=text)
    if not 1971 <= moment.year <= 9000:
        raise CommandError("unlikely_year", option=flag, text=text)
    return moment

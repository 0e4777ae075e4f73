"""``refund-desk privacy``: a person's data, its erasure, and the end of the time for which data is kept."""

from __future__ import annotations

import argparse
import json

from bot.commands import CommandError, open_services
from bot.commands.cases import details, harmless
from bot.wording import say


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``privacy`` and its verbs."""
    privacy = subparsers.add_parser("privacy", help="hand out or erase a person's data, purge what is old")
    verbs = privacy.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("export", help="all that is known of a person, as JSON")
    parser.add_argument("email", metavar="EMAIL")
    parser.set_defaults(run=_export)
    parser = verbs.add_parser("erase", help="erase a person, in backups of the database, too")
    parser.add_argument("email", metavar="EMAIL")
    parser.set_defaults(run=_erase)
    parser = verbs.add_parser("purge", help="erase what was last used more than REFUND_DESK_RETENTION_DAYS ago")
    parser.add_argument("--dry-run", action="store_true", help="only say how much would be erased")
    parser.set_defaults(run=_purge)


def _export(args: argparse.Namespace) -> int:
    from bot.cases.privacy.personal_data import UnknownPerson, export
    from bot.policy.parsing import order_to_json

    try:
        person = export(open_services(), args.email)
    except UnknownPerson:
        raise CommandError("no_customer", email=args.email) from None
    data = {
        "customer": person.customer and {"email": person.customer.email},
        "orders": [
            {**order_to_json(order), "customer": vars(person.contacts[order.number])}
            if order.number in person.contacts
            else order_to_json(order)
            for order in person.orders
        ],
        "cases": [details(file) for file in person.cases],
        "conversations": [{"id": key, "transcript": turns} for key, turns in person.conversations.items()],
        "verifications": [
            {"conversation_id": key, "valid_until": until.isoformat()} for key, until in person.verifications
        ],
    }
    print(harmless(json.dumps(data, indent=2, ensure_ascii=False)))
    return 0


def _erase(args: argparse.Namespace) -> int:
    from bot.cases.privacy.personal_data import CaseInFlight, UnknownPerson, erase

    try:
        done = erase(open_services(), args.email)
    except UnknownPerson:
        raise CommandError("no_customer", email=args.email) from None
    except CaseInFlight as error:
        raise CommandError.of(error) from None
    print(say("privacy_erased", conversations=done.conversations, orders=done.orders, cases=done.cases))
    return 0


def _purge(args: argparse.Namespace) -> int:
    from bot.cases.privacy.personal_data import purge
    from bot.settings import load_settings
    from bot.store.settings import StoreSettings

    services = open_services()
    days = load_settings()[StoreSettings].retention_days
    if not days:
        print(say("privacy_kept_for_ever"))
        return 0
    done = purge(services, days=days, dry_run=args.dry_run)
    told = {"customers": done.customers, "conversations": done.conversations, "days": days, "dry_run": args.dry_run}
    print(say("privacy_purged", **told))
    return 0

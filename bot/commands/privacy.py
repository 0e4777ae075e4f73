"""``refund-desk privacy``: a person's data, its erasure, and the end of the time for which data is kept."""

from __future__ import annotations

import argparse
import json

from bot.commands import CommandError, open_services
from bot.commands.cases import details, harmless


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
        raise CommandError(f"there is no customer with the address {args.email}") from None
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
        raise CommandError(f"there is no customer with the address {args.email}") from None
    except CaseInFlight as error:
        raise CommandError(error.text()) from None
    print(
        f"Erased: the customer, {_counted(done.conversations, 'conversation')} with transcripts, words and "
        f"verifications. Kept without the person: {_counted(done.orders, 'order')}, {_counted(done.cases, 'case')} "
        "with decisions and log."
    )
    return 0


def _purge(args: argparse.Namespace) -> int:
    from bot.cases.privacy.personal_data import purge
    from bot.settings import load_settings
    from bot.store.settings import StoreSettings

    services = open_services()
    days = load_settings()[StoreSettings].retention_days
    if not days:
        print("Nothing is purged: REFUND_DESK_RETENTION_DAYS is 0, data is kept for ever.")
        return 0
    done = purge(services, days=days, dry_run=args.dry_run)
    verb = "Would erase" if args.dry_run else "Erased"
    what = f"{_counted(done.customers, 'customer')} and {_counted(done.conversations, 'conversation')}"
    print(f"{verb}: {what} unused for {days} days.")
    return 0


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"

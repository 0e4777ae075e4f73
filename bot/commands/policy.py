"""``refund-desk policy``: decide cases, show and check the terms, replay stored decisions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import IO, Any

from bot.commands import CommandError, open_services
from bot.policy import NoTermsInForce, Policy, PolicyFileError, Terms, decide
from bot.policy.parsing import InvalidInput, parse_request
from bot.wording import say
from bot.wording.decisions import with_sentences


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``policy`` and its verbs."""
    policy = subparsers.add_parser("policy", help="decide cases; show, check and replay the policy")
    verbs = policy.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("decide", help="decide cases: JSON lines in, JSON lines out, in the same order")
    parser.add_argument("file", nargs="?", default="-", help="a file of JSON lines, or - for standard input")
    parser.set_defaults(run=_decide)

    parser = verbs.add_parser("show", help="show the terms in force")
    parser.add_argument("--on", metavar="DATE", help="a day, YYYY-MM-DD (default: today)")
    parser.set_defaults(run=_show)

    parser = verbs.add_parser("check", help="say whether a policy file can be used")
    parser.add_argument("file", type=Path)
    parser.set_defaults(run=_check)

    parser = verbs.add_parser("replay", help="decide every stored decision again and report any difference")
    parser.set_defaults(run=_replay)


def _decide(args: argparse.Namespace) -> int:
    policy = _policy_in_use()
    status = 0
    with _opened(args.file) as lines:
        for line in _lines(lines):
            answer = decide_line(line, policy)
            status = 2 if "error" in answer else status
            print(json.dumps(answer))
    return status


def decide_line(line: str, policy: Policy) -> dict[str, Any]:
    """The answer to one line: the decision with the case's ``id``, or its ``id`` (if it has one) and an ``error``."""
    try:
        data = json.loads(line)
    except RecursionError:
        return {"id": None, "error": say("json_too_deep")}
    except ValueError as error:  # a JSONDecodeError, or a whole number of thousands of digits
        return {"id": None, "error": say("json_broken", problem=str(error))}
    case_id = data.get("id") if isinstance(data, dict) else None
    try:
        if not isinstance(case_id, str):
            raise InvalidInput("id", "must be a text")
        return {"id": case_id, **with_sentences(decide(parse_request(data), policy).to_json())}
    except (InvalidInput, NoTermsInForce) as error:
        return {"id": case_id, "error": str(error)}


def _show(args: argparse.Namespace) -> int:
    policy = _policy_in_use()
    zone = policy.versions[-1].time_zone
    try:
        moment = (
            datetime.combine(datetime.fromisoformat(args.on).date(), time(12), zone) if args.on else datetime.now(zone)
        )
    except ValueError:
        raise CommandError("bad_date", text=args.on) from None
    try:
        print(_described(policy.terms_for(moment)))
    except NoTermsInForce as error:
        raise CommandError("no_terms", on=moment.date(), problem=str(error)) from None
    return 0


def _described(terms: Terms) -> str:
    return say(
        "policy_terms",
        version=terms.version,
        starts_on=terms.starts_on,
        time_zone=terms.time_zone.key,
        holidays=terms.calendar.holidays,
        cycle_day=terms.calendar.cycle_day,
        window_days=terms.window_working_days,
        channels=tuple(sorted(terms.accepted_channels)),
        reasons=tuple(sorted(reason.value for reason in terms.automatic_reasons)),
        processing_days=terms.processing_working_days,
        fee_rate=terms.default_fee_rate,
        fee_rows=len(terms.fee_table),
        fault_fee_rate=terms.confirmed_fault_fee_rate,
        minimum_ratio=terms.minimum_ratio,
        minimum_measured=terms.minimum_measured.value,
        card_worth=terms.card_worth.value,
        has_wallet_only=bool(terms.wallet_only_methods),
        wallet_only=tuple(sorted(terms.wallet_only_methods)),
        has_limits=bool(terms.automatic_limits),
        limits=tuple(f"{amount} {currency}" for currency, amount in terms.automatic_limits.items()),
        velocity_refunds=terms.velocity_refunds,
        velocity_days=terms.velocity_days,
    )


def _check(args: argparse.Namespace) -> int:
    policy = _parsed(_text_of(args.file), str(args.file))
    versions = tuple(
        say("policy_version_from", version=terms.version, starts_on=terms.starts_on) for terms in policy.versions
    )
    print(say("policy_valid", file=str(args.file), versions=versions))
    return 0


def _replay(args: argparse.Namespace) -> int:
    from bot.cases.case.replay import differences, stored_decisions

    services = open_services()
    total = different = 0
    for stored in stored_decisions(services):
        total += 1
        if stored.policy_digest != services.policy.digest:
            print(say("replay_other_policy", decision=stored.id), file=sys.stderr)
        differs_in = differences(services.policy, stored)
        if differs_in:
            different += 1
            print(say("replay_differs", decision=stored.id, fields=tuple(differs_in)))
    print(say("replay_done", decisions=total, different=different))
    return 1 if different else 0


def _policy_in_use() -> Policy:
    # Not through bootstrap(): deciding needs no database.
    from bot.settings import SettingsError, load_policy, load_settings

    try:
        return load_policy(load_settings())
    except SettingsError as error:
        raise CommandError.of(error) from None


def _parsed(text: str, name: str) -> Policy:
    try:
        return Policy.parse(text)
    except PolicyFileError as error:
        raise CommandError("unusable", what=name, problem=str(error)) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CommandError("not_text", file=str(path)) from None
    except OSError as error:
        raise CommandError.of_file(path, error) from None


def _opened(name: str) -> IO[bytes]:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError.of_file(name, error) from None


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """The lines that hold something; bytes that are no UTF-8 become a replacement character, which no field accepts."""
    for raw in stream:
        line = raw.decode("utf-8-sig", errors="replace").strip()
        if line:
            yield line

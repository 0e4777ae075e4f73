"""The connectors that are switched on: do they take our credentials, and do they fit this desk?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bot.bootstrap import open_helpdesk
from bot.cases.ports.helpdesk import DeskRejected, HelpDeskError
from bot.commands.doctor import Check
from bot.connectors.choices import billing_of, help_desk_of, switched_on
from bot.connectors.registry import CONNECTORS, MAIL, MESSAGES, MONEY, Connector
from bot.connectors.shared.checks import CheckResult
from bot.setting_groups.base import variable_of
from bot.setting_groups.server import ServerSettings
from bot.settings import Settings, SettingsError


def _billing(settings: Settings) -> Iterator[CheckResult]:
    yield CheckResult("billing", f"money moves through: {billing_of(settings)}")


def _connector(row: Connector, settings: Settings) -> Iterator[CheckResult]:
    if row not in switched_on(settings):
        return
    about = "billing" if MONEY in row.delivers else "messaging"
    pays = {"pays": row.billing == billing_of(settings)} if MONEY in row.delivers else {}
    try:
        yield from row.part("check").check(settings, **pays)
    except SettingsError as error:
        yield CheckResult(about, str(error), f"correct {str(error).partition(':')[0]}")


def _links(settings: Settings) -> Iterator[CheckResult]:
    if any(MESSAGES in row.delivers for row in switched_on(settings)) and not settings[ServerSettings].public_url:
        fix = "set REFUND_DESK_PUBLIC_URL to where customers and providers reach this desk"
        yield CheckResult("messaging", "messages have no links to the rules and receipts", fix)


def _help_desk(settings: Settings) -> Iterator[CheckResult]:
    row = help_desk_of(settings)
    try:
        desk = open_helpdesk(settings)
    except SettingsError as error:
        yield CheckResult("help desk", str(error), f"correct {str(error).partition(':')[0]}")
        return
    if row is None or row.needs is None or desk is None:
        yield CheckResult("help desk", "people answer at our own desk")
        return
    try:
        says = desk.check()
    except HelpDeskError as error:
        variables = " and ".join(map(variable_of, row.needs.settings))
        what = "correct" if isinstance(error, DeskRejected) else "is it reachable from here? Else correct"
        yield CheckResult("help desk", str(error), f"{what} {variables}; docs/connect/{row.page}.md says what they are")
        return
    yield CheckResult("help desk", says)
    if not settings[ServerSettings].public_url:
        fix = f"set {variable_of('public_url')}: money is decided at our desk, and tickets have no link to it"
        yield CheckResult("help desk", "tickets have no links", fix)


def _checks(*kinds: str) -> list[tuple[str, Check]]:
    found = [row for row in CONNECTORS if row.checks and any(kind in row.delivers for kind in kinds)]
    return [(row.name, partial(_connector, row)) for row in found]


CHECKS: tuple[tuple[str, Check], ...] = (
    *_checks(MAIL),
    ("billing", _billing),
    *_checks(MONEY),
    *_checks(MESSAGES),
    ("messaging", _links),
    ("help desk", _help_desk),
)

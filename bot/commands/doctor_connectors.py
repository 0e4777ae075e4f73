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
from bot.setting_groups.base import all_of, variable_of
from bot.setting_groups.server import ServerSettings
from bot.settings import Settings, SettingsError
from bot.wording import say


def _billing(settings: Settings) -> Iterator[CheckResult]:
    yield CheckResult("billing", say("doctor_billing", billing=billing_of(settings)))


def _connector(row: Connector, settings: Settings) -> Iterator[CheckResult]:
    if row not in switched_on(settings):
        return
    about = "billing" if MONEY in row.delivers else "messaging"
    pays = {"pays": row.billing == billing_of(settings)} if MONEY in row.delivers else {}
    try:
        yield from row.part("check").check(settings, **pays)
    except SettingsError as error:
        yield CheckResult(about, str(error), say("doctor_correct", what=error.variable))


def _links(settings: Settings) -> Iterator[CheckResult]:
    if any(MESSAGES in row.delivers for row in switched_on(settings)) and not settings[ServerSettings].public_url:
        yield CheckResult("messaging", say("doctor_no_links"), say("doctor_fix_no_links"))


def _help_desk(settings: Settings) -> Iterator[CheckResult]:
    row = help_desk_of(settings)
    try:
        desk = open_helpdesk(settings)
    except SettingsError as error:
        yield CheckResult("help_desk", str(error), say("doctor_correct", what=error.variable))
        return
    if row is None or row.needs is None or desk is None:
        yield CheckResult("help_desk", say("doctor_own_desk"))
        return
    try:
        says = desk.check()
    except HelpDeskError as error:
        fix = say(
            "doctor_fix_help_desk",
            answered=isinstance(error, DeskRejected),
            variables=all_of(map(variable_of, error.settings or row.needs.settings)),
            page=f"docs/connect/{row.page}.md",
        )
        yield CheckResult("help_desk", str(error), fix)
        return
    yield CheckResult("help_desk", says)
    if not settings[ServerSettings].public_url:
        fix = say("doctor_fix_ticket_links", variable=variable_of("public_url"))
        yield CheckResult("help_desk", say("doctor_ticket_links"), fix)


def _checks(*kinds: str) -> list[tuple[str, Check]]:
    found = [row for row in CONNECTORS if row.checks and any(kind in row.delivers for kind in kinds)]
    return [(row.name, partial(_connector, row)) for row in found]


CHECKS: tuple[tuple[str, Check], ...] = (
    *_checks(MAIL),
    ("billing", _billing),
    *_checks(MONEY),
    *_checks(MESSAGES),
    ("messaging", _links),
    ("help_desk", _help_desk),
)

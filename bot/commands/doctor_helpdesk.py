"""Where people answer, if not at our own desk alone."""

from __future__ import annotations

from collections.abc import Iterator

from bot.bootstrap import open_helpdesk
from bot.cases.ports.helpdesk import DeskRejected, HelpDeskError
from bot.commands.doctor import Check, Finding
from bot.settings import HELPDESK_NEEDS, PREFIX, Settings, SettingsError

_PAGES = {"slack": "slack-desk", "email": "email-desk", "webhook": "helpdesk-webhook"}


def _helpdesk(settings: Settings) -> Iterator[Finding]:
    name = settings.helpdesk
    try:
        desk = open_helpdesk(settings)
    except SettingsError as error:
        yield Finding("help desk", str(error), f"correct {str(error).partition(':')[0]}")
        return
    if desk is None:
        yield Finding("help desk", "people answer at our own desk")
        return
    page = f"docs/connect/{_PAGES.get(name, name)}.md"
    try:
        says = desk.check()
    except HelpDeskError as error:
        variables = " and ".join(PREFIX + variable.upper() for variable in HELPDESK_NEEDS[name])
        what = "correct" if isinstance(error, DeskRejected) else "is it reachable from here? Else correct"
        yield Finding("help desk", str(error), f"{what} {variables}; {page} says what they are")
        return
    yield Finding("help desk", says)
    if not settings.public_url:
        fix = f"set {PREFIX}PUBLIC_URL: money is decided at our desk, and tickets have no link to it"
        yield Finding("help desk", "tickets have no links", fix)


CHECKS: tuple[tuple[str, Check], ...] = (("help desk", _helpdesk),)

"""The verbs of ``refund-desk``, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cases.services import Services


class CommandError(Exception):
    """Bad input to a command: one line that says what was wrong and what to do; exit status 2."""


def open_services() -> Services:
    """The services of the settings; a setting that can't be used is bad input."""
    from bot.bootstrap import bootstrap  # heavy: only for the verbs that need the store
    from bot.settings import SettingsError

    try:
        return bootstrap()
    except SettingsError as error:
        raise CommandError(str(error)) from None

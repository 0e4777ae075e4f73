"""The verbs of ``refund-desk``, a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.wording import CodedError

if TYPE_CHECKING:
    from bot.cases.services import Services


class CommandError(CodedError):
    """Bad input to a command: one line that says what was wrong and what to do; exit status 2."""

    group = "command_error"

    @classmethod
    def of(cls, error: Exception) -> CommandError:
        """Bad input because of another error, which says what was wrong."""
        return cls("refused", problem=str(error))

    @classmethod
    def of_file(cls, what: object, error: OSError) -> CommandError:
        """A file, or a setting or an option with one, that can't be used."""
        return cls("unusable", what=str(what), problem=str(error.strerror))


def open_services() -> Services:
    """The services of the settings; a setting that can't be used is bad input."""
    from bot.bootstrap import bootstrap  # heavy: only for the verbs that need the store
    from bot.settings import SettingsError

    try:
        return bootstrap()
    except SettingsError as error:
        raise CommandError.of(error) from None

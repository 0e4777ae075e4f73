"""What a help desk has to be given before it can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.setting_groups.base import all_of, variable_of
from bot.wording import say


@dataclass(frozen=True)
class Needs:
    """The settings without which a help desk can't be used, by their names. Of ``numbers`` each has to be a number, of
    ``addresses`` an e-mail address."""

    settings: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def problem(self, desk: str, known: Mapping[str, Any]) -> str | None:
        """What is wrong, in words that begin with the name of the ``desk``; ``known`` as in Group.problems."""
        missing = [variable_of(name) for name in self.settings if not known.get(name, True)]
        if missing:
            return say("setting_desk_needs", desk=desk, variables=all_of(missing))
        for name in self.numbers:
            if not str(known.get(name, "1")).isdigit():
                return say("setting_desk_needs_number", desk=desk, variable=variable_of(name))
        for name in self.addresses:
            if "@" not in str(known.get(name, "@")):
                return say("setting_desk_needs_address", desk=desk, variable=variable_of(name))
        return None

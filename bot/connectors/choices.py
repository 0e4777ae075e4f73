"""Which of the connectors are switched on, and which of those that do the same does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, validator

from bot.connectors.registry import CONNECTORS, MONEY, Connector
from bot.setting_groups.base import Group, GroupedSettings, variable_of
from bot.wording import say

_PAYERS = {row.billing: row for row in CONNECTORS if row.billing}
_DESKS = {row.help_desk: row for row in CONNECTORS if row.help_desk}


def _one_of(value: str, permitted: list[str]) -> str:
    if value not in permitted:
        raise ValueError(say("setting_unexpected", permitted=tuple(map(repr, permitted))))
    return value


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


class BillingChoice(Group):
    """Who moves the money."""

    part = "money"
    harmless = frozenset({"billing"})  # it can only choose among systems that are set up

    billing: str = Field(
        "",
        description="Who moves the money: "
        + _listed(
            [
                "`ledger`",
                *(f"`{name}`{' (the billing gateway)' if row.beside else ''}" for name, row in _PAYERS.items()),
            ]
        )
        + ". Needed where more than one of them is set up beside the billing gateway.",
        shown="the one that is set up",
    )

    @validator("billing")
    def _is_known(cls, billing: str) -> str:
        return _one_of(billing, ["", "ledger", *_PAYERS])

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """See Group."""
        shops = [name for name, row in _PAYERS.items() if not row.beside and known.get(row.switch)]
        if self.billing in _PAYERS:
            switch = _PAYERS[self.billing].switch
            if not known.get(switch, True):
                yield "billing", say("setting_payer_needs", payer=self.billing, variable=variable_of(switch))
        elif not self.billing and len(shops) > 1:
            yield "billing", say("setting_which_pays", first=shops[0], second=shops[1])


class HelpdeskChoice(Group):
    """Where people answer."""

    part = "helpdesk"
    stands_for = "help_desk"

    helpdesk: str = Field(
        "own",
        description="Where people answer: "
        + _listed(["`own` (our desk alone)", *(f"`{name}`" for name in _DESKS)])
        + ". The page of each says which of the five above it needs.",
        page="connect/index.md",
    )

    @validator("helpdesk")
    def _is_known(cls, helpdesk: str) -> str:
        return _one_of(helpdesk, ["own", *_DESKS])

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """See Group."""
        row = _DESKS.get(self.helpdesk)
        problem = row.needs.problem(self.helpdesk, known) if row and row.needs else None
        if problem:
            yield "helpdesk", problem


def switched_on(settings: GroupedSettings) -> list[Connector]:
    """The connectors that are switched on."""
    return [row for row in CONNECTORS if _is_on(row, settings)]


def help_desk_of(settings: GroupedSettings) -> Connector | None:
    """The help desk that is switched on; None for our own."""
    return _DESKS.get(settings[HelpdeskChoice].helpdesk)


def billing_of(settings: GroupedSettings) -> str:
    """Who moves the money, as the setting ``billing`` calls it: whom that names, or else whoever is set up."""
    on = [row for row in switched_on(settings) if MONEY in row.delivers]
    first = sorted(on, key=lambda row: row.beside)
    return settings[BillingChoice].billing or (first[0].billing if first else "ledger")


def _is_on(row: Connector, settings: GroupedSettings) -> bool:
    if row.help_desk:
        return row.help_desk == settings[HelpdeskChoice].helpdesk
    return settings[row.settings].is_on

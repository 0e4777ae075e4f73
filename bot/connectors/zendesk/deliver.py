"""Zendesk Support: tickets over the Ticketing API, answers by event webhook (docs/connect/zendesk.md)."""

from __future__ import annotations

from bot.cases.ports.helpdesk import DeskEvent, Line, TicketFile
from bot.connectors.shared.helpdesks import Api
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_CLOSED = frozenset({404, 410, 422})
"""A closed ticket can't be changed any more: 422."""


def help_desk(settings: GroupedSettings) -> Zendesk:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours = settings[HelpdeskSettings]
    return Zendesk(ours.url, ours.account, ours.token.get_secret_value())


class Zendesk:
    """``user`` is the e-mail address of the agent whose API token this is. Every comment of ours is private: a public
    one would be mailed to somebody."""

    name = "zendesk"
    channel = None

    def __init__(self, url: str, user: str, token: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = Api("Zendesk", url, {}, (f"{user}/token", token))

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk. Zendesk knows a repeat by its key."""
        ticket = {
            "subject": file.title,
            "comment": {"body": file.text(), "public": False},
            "external_id": file.reference,
            "tags": ["refund_desk"],
        }
        answer = self._api.object(
            "POST", "/api/v2/tickets.json", json={"ticket": ticket}, headers={"Idempotency-Key": file.key}
        )
        found = (answer.get("ticket") or {}).get("id")
        if not isinstance(found, int):
            raise self._api.senseless()
        return str(found)

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self._change(ticket, {"status": "open", "comment": {"body": file.text(), "public": False}})

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk. What the customer writes opens a ticket that waited for them."""
        status = {"status": "open"} if line.by_customer else {}
        self._change(ticket, {"comment": {"body": f"{line.who}: {line.text}", "public": False}, **status})

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk."""
        return []

    def check(self) -> str:
        """See HelpDesk."""
        answer = self._api.object("GET", "/api/v2/users/me.json")
        role = (answer.get("user") or {}).get("role")
        return say("check_zendesk", role=role) if role in ("admin", "agent") else say("check_zendesk_no_agent")

    def _change(self, ticket: str, values: dict[str, object]) -> None:
        self._api.call("PUT", f"/api/v2/tickets/{ticket}.json", gone=_CLOSED, json={"ticket": values})

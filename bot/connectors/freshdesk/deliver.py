"""Freshdesk: tickets and private notes over API v2; its webhook only says that something happened
(docs/connect/freshdesk.md)."""

from __future__ import annotations

import html
import re
from typing import Any

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Line, Person, TicketFile
from bot.connectors.shared.helpdesks import Api, parse_time
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_OPEN, _RESOLVED, _CLOSED = 2, 4, 5
_LOW_PRIORITY, _SOURCE_CHAT = 1, 7
_PAGE, _MOST_PAGES = 30, 10


def help_desk(settings: GroupedSettings) -> Freshdesk:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours = settings[HelpdeskSettings]
    return Freshdesk(ours.url, ours.token.get_secret_value())


class Freshdesk:
    """``key`` is the API key of an agent. Freshdesk signs no webhook and names no reply in one: what happened is read
    over the API, where every reply has an id and a time."""

    name = "freshdesk"
    channel = None

    def __init__(self, url: str, key: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = Api("Freshdesk", url, {}, (key, "X"))
        self._names: dict[int, str] = {}

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk. The requester has no address: Freshdesk would mail them what they get from us. Freshdesk knows
        no repeats: an answer that is lost on its way leaves two tickets."""
        ticket = {
            "subject": file.title,
            "description": _html(file.text()),
            "name": file.customer,
            "unique_external_id": f"refund-desk-{file.reference}",
            "status": _OPEN,
            "priority": _LOW_PRIORITY,
            "source": _SOURCE_CHAT,
            "tags": ["refund-desk", file.reference],
        }
        found = self._api.object("POST", "/api/v2/tickets", json=ticket).get("id")
        if not isinstance(found, int):
            raise self._api.senseless()
        return str(found)

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self._api.call("PUT", f"/api/v2/tickets/{ticket}", json={"status": _OPEN})
        self._note(ticket, file.text())

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk."""
        self._note(ticket, f"{line.who}: {line.text}")

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk: who has it, the public replies of agents, and at last whether it is solved."""
        seen = self._api.object("GET", f"/api/v2/tickets/{ticket}")
        changed_at = parse_time(seen.get("updated_at"))
        events = [event for said in self._said(ticket) for event in self._reply(ticket, said)]
        agent = seen.get("responder_id")
        if seen.get("status") in (_RESOLVED, _CLOSED):
            return [*events, DeskEvent(EventKind.SOLVED, ticket, at=changed_at)]
        if isinstance(agent, int):
            events.insert(0, DeskEvent(EventKind.TAKEN, ticket, self._person(agent), changed_at))
        return events

    def check(self) -> str:
        """See HelpDesk."""
        self._api.object("GET", "/api/v2/agents/me")
        return say("check_freshdesk")

    def _said(self, ticket: str) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            params = {"page": page, "per_page": _PAGE}
            found = self._api.call("GET", f"/api/v2/tickets/{ticket}/conversations", params=params)
            if not isinstance(found, list):
                raise self._api.senseless()
            said += [each for each in found if isinstance(each, dict)]
            if len(found) < _PAGE:
                break
        return said

    def _reply(self, ticket: str, said: dict[str, Any]) -> list[DeskEvent]:
        number, agent = said.get("id"), said.get("user_id")
        if said.get("private") is not False or said.get("incoming") is not False:
            return []
        if not isinstance(number, int) or not isinstance(agent, int):
            return []
        at, text = parse_time(said.get("created_at")), str(said.get("body_text") or "")
        is_file = bool(said.get("attachments"))
        return [DeskEvent(EventKind.ANSWER, ticket, self._person(agent), at, str(number), text, has_file=is_file)]

    def _person(self, agent: int) -> Person:
        if agent not in self._names:
            known = self._api.object("GET", f"/api/v2/agents/{agent}")
            self._names[agent] = str((known.get("contact") or {}).get("name") or "")
        return Person(str(agent), self._names[agent])

    def _note(self, ticket: str, text: str) -> None:
        self._api.call("POST", f"/api/v2/tickets/{ticket}/notes", json={"body": _html(text), "private": True})


def _html(text: str) -> str:
    return re.sub(r"\n", "<br>", html.escape(text))

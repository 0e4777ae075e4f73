"""Chatwoot, both ways: the help desk for the customers of our other channels, over an inbox of the kind API; and the
channel of its own inboxes, as their agent bot (docs/connect/chatwoot.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cases.conversation.choices import Choice
from bot.cases.model import MessageKind
from bot.cases.outbound.delivery import Address, Courier, Undeliverable, Undelivered
from bot.cases.outbound.outgoing import Outgoing, as_text, split
from bot.cases.ports.helpdesk import DeskEvent, DeskRejected, DeskUnavailable, Line, TicketFile
from bot.connectors.chatwoot.credentials import Credentials, look_over
from bot.connectors.shared.helpdesks import Api
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings, blamed_on

CHANNEL = "chatwoot"
"""The channel of conversations in Chatwoot's own inboxes."""
LONGEST = 10_000
"""Characters of a message."""
_PREFIX = "cw-"
_DIGITS, _LETTERS = "0123456789", "abcdefghij"


def account_of(conversation: str) -> str:
    """What we call a conversation of Chatwoot, which has a number. In letters: a long number would be taken for that of
    a phone."""
    return _PREFIX + conversation.translate(str.maketrans(_DIGITS, _LETTERS))


def conversation_of(account: str) -> str:
    """The number of the conversation."""
    return account[len(_PREFIX) :].translate(str.maketrans(_LETTERS, _DIGITS))


def help_desk(settings: GroupedSettings) -> Chatwoot:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours = settings[HelpdeskSettings]
    token, agent_token = ours.token.get_secret_value(), ours.agent_token.get_secret_value()
    secret, inbox_secret = ours.secret.get_secret_value(), ours.inbox_secret.get_secret_value()
    given = Credentials(token, agent_token, secret, inbox_secret or secret)
    return Chatwoot(ours.url, int(ours.account), int(ours.inbox), given)


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who brings messages to Chatwoot's own inboxes. Raises SettingsError."""
    with blamed_on("helpdesk_url"):
        return [ChatwootCourier(help_desk(settings))]


class Chatwoot:
    """``inbox`` is the number of an inbox of the kind API. Chatwoot refuses contacts and conversations to an agent bot,
    and what is written with a person's token is that person's: the bot writes, and a person's token asks."""

    name = "chatwoot"
    channel = CHANNEL

    def __init__(self, url: str, account: int, inbox: int, given: Credentials) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._given = given
        self._account = account
        self._bot = Api("Chatwoot", url, {"api_access_token": given.token})
        self._agent = Api("Chatwoot", url, {"api_access_token": given.agent_token})
        self._base = f"/api/v1/accounts/{account}"
        self._inbox = inbox

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk. A conversation of Chatwoot's own is opened for its agents; any other customer gets one in our
        inbox. The file is a private note."""
        conversation = self._conversation(file) if file.place is None else conversation_of(file.place)
        self._hand_over(conversation, file, with_transcript=file.place is None)
        return conversation

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self._hand_over(ticket, file, with_transcript=False)

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk: the customer's words as theirs, all others as a private note."""
        if line.by_customer:
            self._post(ticket, {"content": line.text, "message_type": "incoming"})
        else:
            self._note(ticket, f"{line.who}: {line.text}")

    def say(self, conversation: str, text: str, choices: Sequence[Choice]) -> str | None:
        """The bot's words for a customer of Chatwoot's own inboxes; choices are a list to choose from. What Chatwoot
        calls the message. Raises DeskUnavailable or DeskRejected."""
        values: dict[str, Any] = {"content": text, "message_type": "outgoing"}
        if choices:
            items = [{"title": choice.title, "value": choice.id} for choice in choices]
            values |= {"content_type": "input_select", "content_attributes": {"items": items}}
        return self._post(conversation, values)

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk."""
        return []

    def check(self) -> str:
        """See HelpDesk."""
        return look_over(self._bot, self._agent, self._account, self._inbox, self._given)

    def _conversation(self, file: TicketFile) -> str:
        contact, source, is_new = self._contact(file)
        known = None if is_new else self._conversation_with(contact)
        if known is not None:
            return known
        values = {"source_id": source, "inbox_id": self._inbox, "contact_id": contact, "status": "open"}
        found = self._agent.object("POST", f"{self._base}/conversations", json=values).get("id")
        if not isinstance(found, int):
            raise self._agent.senseless()
        return str(found)

    def _conversation_with(self, contact: int) -> str | None:
        answer = self._agent.object("GET", f"{self._base}/contacts/{contact}/conversations")
        for row in answer.get("payload") or []:
            if row.get("inbox_id") == self._inbox and isinstance(row.get("id"), int):
                return str(row["id"])
        return None

    def _contact(self, file: TicketFile) -> tuple[int, str, bool]:
        """The contact of a case, its place in our inbox, and whether it is new; it is not where an answer to us was
        lost on its way. It has no address: Chatwoot would write to it."""
        name, is_new = file.key, True
        values = {"inbox_id": self._inbox, "name": file.customer, "identifier": name}
        try:
            answer = self._agent.object("POST", f"{self._base}/contacts", json=values)
            found = (answer.get("payload") or {}).get("contact")
        except DeskRejected:
            is_new = False
            answer = self._agent.object("GET", f"{self._base}/contacts/search", params={"q": name})
            known = answer.get("payload")
            rows = known if isinstance(known, list) else []
            found = next((row for row in rows if isinstance(row, dict) and row.get("identifier") == name), None)
        if not isinstance(found, dict) or not isinstance(found.get("id"), int):
            raise self._agent.senseless()
        for place in found.get("contact_inboxes") or []:
            if (place.get("inbox") or {}).get("id") == self._inbox and isinstance(place.get("source_id"), str):
                return found["id"], place["source_id"], is_new
        raise self._agent.senseless()

    def _hand_over(self, conversation: str, file: TicketFile, *, with_transcript: bool) -> None:
        self._note(conversation, file.text() if with_transcript else file.summary())
        path = f"{self._base}/conversations/{conversation}/toggle_status"
        self._bot.call("POST", path, json={"status": "open"})

    def _note(self, conversation: str, text: str) -> None:
        self._post(conversation, {"content": text, "message_type": "outgoing", "private": True})

    def _post(self, conversation: str, values: dict[str, Any]) -> str | None:
        answer = self._bot.call("POST", f"{self._base}/conversations/{conversation}/messages", json=values)
        number = answer.get("id") if isinstance(answer, dict) else None
        return str(number) if isinstance(number, int) else None


class ChatwootCourier:
    """Brings messages to Chatwoot's own inboxes. The address has the number of the ``conversation``, and whether the
    customer ``can_choose`` from a list: only Chatwoot's own website chat is sure to show one."""

    channel = CHANNEL

    def __init__(self, desk: Chatwoot) -> None:
        self._desk = desk

    def parts(self, what: Outgoing, address: Address) -> list[dict[str, Any]]:
        """See Courier. Who has joined or left, Chatwoot says itself."""
        if what.kind in (MessageKind.JOINED, MessageKind.LEFT):
            return []
        can_choose = address["can_choose"]
        parts: list[dict[str, Any]] = [
            {"text": text, "choices": ()} for text in split(as_text(what, numbered=not can_choose), LONGEST)
        ]
        if can_choose:
            parts[-1]["choices"] = what.choices
        return parts

    def send(self, address: Address, part: Any) -> str | None:
        """See Courier. By this name we know our own words, which Chatwoot tells us, too."""
        try:
            return self._desk.say(address["conversation"], **part)
        except DeskRejected as error:
            raise Undeliverable(error.code, **error.values) from None
        except DeskUnavailable as error:
            raise Undelivered(error.code, retry_after=error.retry_after, **error.values) from None

    def check(self) -> None:
        """Nothing: the help desk's own check says it all."""

"""Meta's Graph API: WhatsApp's cloud API and the Messenger platform (developers.facebook.com/documentation).

WhatsApp: a text of 4,096 characters; up to three reply buttons of 20 below 1,024; lists of ten rows of 24 below 4,096.
Messenger: a text of 2,000; up to 13 quick replies of 20. Longer labels are shortened there, and all of them are written
out in the text. Errors have a numeric ``code``; some of them mean too much, whatever their status.
"""

from __future__ import annotations

from typing import Any

from bot.cases.outbound.delivery import Address, Courier, Undelivered
from bot.cases.outbound.outgoing import Outgoing, as_text, shortened, split
from bot.connectors.meta.settings import MetaSettings
from bot.connectors.shared.couriers import ProviderApi, name_of
from bot.setting_groups.base import GroupedSettings, blamed_on
from bot.wording import say

_BUSY = {4, 17, 32, 613, 80007, 130429, 131048, 131056}
"""Too many calls: of the app, the page, the account, or to one customer."""
_AGAIN = {1, 2, 131000, 131016, 133004, 190}
"""Something of theirs does not work right now; 190: the token does not, until the operator sets another."""


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who brings messages there; nothing is connected yet. Raises SettingsError."""
    ours = settings[MetaSettings]
    found: list[Courier] = []
    with blamed_on("meta_url"):
        if ours.whatsapp_token:
            found.append(WhatsAppCourier(ours.meta_url, ours.whatsapp_token.get_secret_value(), ours.whatsapp_phone_id))
        if ours.messenger_token:
            found.append(MessengerCourier(ours.meta_url, ours.messenger_token.get_secret_value()))
    return found


class MetaApi:
    """What both share."""

    def __init__(self, name: str, url: str, headers: dict[str, str]) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = ProviderApi(name, url, headers=headers)

    def call(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        """What was answered. Raises DeliveryError."""
        answer = self._api.call(method, path, **what)
        error = answer.body.get("error")
        if error is None and answer.status < 300:
            body: dict[str, Any] = answer.body
            return body
        code = error.get("code") if isinstance(error, dict) else None
        if code in _BUSY:
            raise self._api.busy(answer)
        if code in _AGAIN:
            raise Undelivered("answered_code", retry_after=answer.retry_after, system=self._api.name, word=str(code))
        raise self._api.refused(code)


class WhatsAppCourier:
    """Brings messages from one phone number of a business. The address has the customer's number as ``to``, or, where
    WhatsApp shows us none, the id that it knows them by as ``user``."""

    channel = "whatsapp"

    def __init__(self, url: str, token: str, phone_id: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = MetaApi("WhatsApp", url, {"Authorization": f"Bearer {token}"})
        self._phone_id = phone_id

    def parts(self, what: Outgoing, address: Address) -> list[dict[str, Any]]:
        """See Courier."""
        buttons = len(what.choices) <= 3
        written_out = any(len(choice.title) > (20 if buttons else 24) for choice in what.choices)
        texts = split(as_text(what, numbered=written_out or len(what.choices) > 10), 1_000 if what.choices else 4_000)
        bodies: list[dict[str, Any]] = [{"type": "text", "text": {"body": text}} for text in texts]
        if what.choices and len(what.choices) <= 10:
            bodies[-1] = {"type": "interactive", "interactive": _interactive(texts[-1], what, buttons)}
        return bodies

    def send(self, address: Address, part: Any) -> str | None:
        """See Courier."""
        whom = {"to": address["to"]} if "to" in address else {"recipient": address["user"]}
        head = {"messaging_product": "whatsapp", "recipient_type": "individual", **whom}
        body = self._api.call("POST", f"/{self._phone_id}/messages", json={**head, **part})
        named = body.get("messages")
        return name_of(named[0].get("id")) if isinstance(named, list) and named and isinstance(named[0], dict) else None

    def check(self) -> None:
        """That the token may use the number. Raises DeliveryError."""
        self._api.call("GET", f"/{self._phone_id}", params={"fields": "id"})


def _interactive(text: str, what: Outgoing, buttons: bool) -> dict[str, Any]:
    if buttons:
        replies = [{"type": "reply", "reply": {"id": c.id, "title": shortened(c.title, 20)}} for c in what.choices]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}
    rows = [{"id": choice.id, "title": shortened(choice.title, 24)} for choice in what.choices]
    return {"type": "list", "body": {"text": text}, "action": {"button": say("choose"), "sections": [{"rows": rows}]}}


class MessengerCourier:
    """Brings messages of one page. The address has the customer's page-scoped id as ``to``."""

    channel = "messenger"

    def __init__(self, url: str, token: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = MetaApi("Messenger", url, {})
        self._token = {"access_token": token}

    def parts(self, what: Outgoing, address: Address) -> list[dict[str, Any]]:
        """See Courier."""
        written_out = any(len(choice.title) > 20 for choice in what.choices) or len(what.choices) > 13
        bodies: list[dict[str, Any]] = [{"text": text} for text in split(as_text(what, numbered=written_out), 1_900)]
        if 0 < len(what.choices) <= 13:
            bodies[-1]["quick_replies"] = [
                {"content_type": "text", "title": shortened(choice.title, 20), "payload": choice.id}
                for choice in what.choices
            ]
        return bodies

    def send(self, address: Address, part: Any) -> None:
        """See Courier."""
        body = {"recipient": {"id": address["to"]}, "messaging_type": "RESPONSE", "message": part}
        self._api.call("POST", "/me/messages", params=self._token, json=body)

    def check(self) -> None:
        """That the token is of a page. Raises DeliveryError."""
        self._api.call("GET", "/me", params={**self._token, "fields": "id"})

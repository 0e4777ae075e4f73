"""Telegram: ``sendMessage`` with an inline keyboard (core.telegram.org/bots/api).

A text has at most 4,096 characters after its entities are parsed, ``callback_data`` 1 to 64 bytes. Telegram answers
``"ok": false`` with ``error_code`` to what it refuses, and with ``parameters.retry_after`` to too much.
"""

from __future__ import annotations

import html
from typing import Any

from bot.cases.outbound.delivery import Address, Courier
from bot.cases.outbound.outgoing import Outgoing, shortened, split
from bot.connectors.shared.couriers import ProviderApi
from bot.connectors.telegram.settings import TelegramSettings
from bot.setting_groups.base import GroupedSettings, blamed_on

LONGEST = 4_000
LONGEST_LABEL = 60


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who brings messages there; nothing is connected yet. Raises SettingsError."""
    return [courier(settings)]


def courier(settings: GroupedSettings) -> TelegramCourier:
    """The one who does. Raises SettingsError."""
    ours = settings[TelegramSettings]
    with blamed_on("telegram_url"):
        return TelegramCourier(ours.url, ours.token.get_secret_value())


class TelegramCourier:
    """Brings messages to private chats with the bot. The address has the ``chat``."""

    channel = "telegram"

    def __init__(self, url: str, token: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = ProviderApi("Telegram", url)
        self._path = f"/bot{token}"

    def parts(self, what: Outgoing, address: Address) -> list[dict[str, Any]]:
        """See Courier."""
        texts = [html.escape(piece, quote=False) for piece in split(what.text, LONGEST)] if what.text else []
        if what.heading or what.lines:
            heading = [f"<b>{html.escape(what.heading, quote=False)}</b>"] if what.heading else []
            lines = "\n".join([*heading, *(html.escape(line, quote=False) for line in what.lines)])
            # A card is short: only a text that leaves no room for it goes alone.
            if texts and len(texts[-1]) + len(lines) < LONGEST:
                texts[-1] += f"\n\n{lines}"
            else:
                texts.append(lines)
        bodies: list[dict[str, Any]] = [
            {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}} for text in texts
        ]
        if what.choices and bodies:
            rows = [[{"text": shortened(c.title, LONGEST_LABEL), "callback_data": c.id}] for c in what.choices]
            bodies[-1]["reply_markup"] = {"inline_keyboard": rows}
        return bodies

    def send(self, address: Address, part: Any) -> None:
        """See Courier."""
        self._do("sendMessage", {"chat_id": address["chat"], **part})

    def check(self) -> None:
        """That the token is taken. Raises DeliveryError."""
        self._do("getMe", {})

    def webhook(self) -> str:
        """Where Telegram sends updates to; empty where it sends none. Raises DeliveryError."""
        return str(self._do("getWebhookInfo", {}).get("url") or "")

    def _do(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = self._api.call("POST", f"{self._path}/{method}", json=values)
        if answer.body.get("ok") is True:
            result = answer.body.get("result")
            return result if isinstance(result, dict) else {}
        wait = (answer.body.get("parameters") or {}).get("retry_after")
        if wait is not None:
            raise self._api.busy(answer, wait)
        raise self._api.refused(answer.body.get("error_code"))

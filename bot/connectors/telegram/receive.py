"""Telegram: updates of a webhook with a secret token (core.telegram.org/bots/api#setwebhook)."""

from __future__ import annotations

import json
from typing import Any

from sanic import response
from sanic.request import Request

from bot.cases.services import Services
from bot.connectors.shared.incoming import (
    GREETING,
    Incoming,
    NotReadable,
    Reading,
    Receiver,
    moment,
    same_text,
    text_of,
)
from bot.connectors.telegram.settings import TelegramSettings
from bot.setting_groups.base import GroupedSettings

_FILES = (
    "animation audio document photo sticker story video video_note voice contact location venue poll dice game "
    "paid_media checklist"
).split()


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    return [Telegram(settings[TelegramSettings].secret.get_secret_value())]


class Telegram:
    """Private chats with the bot."""

    name = "telegram"
    longest = 65_536

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        return same_text(request.headers.get("x-telegram-bot-api-secret-token"), self._secret)

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        update = json.loads(request.body)
        if not isinstance(update, dict):
            raise NotReadable
        if "message" in update:
            return Reading(_said(update, update["message"]))
        if "callback_query" in update:
            query = update["callback_query"]
            # The answer stops the button's waiting sign; a method in the webhook's answer is carried out by Telegram.
            answer = response.json({"method": "answerCallbackQuery", "callback_query_id": text_of(query["id"])})
            return Reading(_pressed(update, query), answer=answer)
        return Reading()


def _said(update: dict[str, Any], message: dict[str, Any]) -> list[Incoming]:
    if message["chat"]["type"] != "private" or message["from"].get("is_bot"):
        return []
    text = text_of(message.get("text") or message.get("caption")) or _own_number(message)
    attachment = any(message.get(kind) is not None for kind in _FILES)
    if message.get("contact") is not None and text:
        attachment = False
    if not text and not attachment:
        return []  # what Telegram itself says in a chat
    incoming = Incoming(
        channel="telegram",
        account=f"chat {message['chat']['id']}",
        message_id=f"update {update['update_id']}",
        # The button that opens a chat with a bot sends /start.
        text=GREETING if text.split(maxsplit=1)[:1] == ["/start"] else text,
        address={"chat": message["chat"]["id"]},
        attachment=attachment,
        written_at=moment(message.get("date")),
        album=f"album {message['media_group_id']}" if message.get("media_group_id") else None,
    )
    return [incoming]


def _own_number(message: dict[str, Any]) -> str:
    """The phone number of a contact that is the sender's own; empty for anybody else's. It proves nothing."""
    contact = message.get("contact") or {}
    number = text_of(contact.get("phone_number")) if contact.get("user_id") == message["from"]["id"] else ""
    return f"+{number.lstrip('+')}" if number else ""


def _pressed(update: dict[str, Any], query: dict[str, Any]) -> list[Incoming]:
    message = query.get("message") or {}
    if (message.get("chat") or {}).get("type") != "private":
        return []
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    titles = [
        text_of(button.get("text")) for row in rows for button in row if button.get("callback_data") == query["data"]
    ]
    incoming = Incoming(
        channel="telegram",
        account=f"chat {message['chat']['id']}",
        message_id=f"update {update['update_id']}",
        text=titles[0] if titles else "",
        address={"chat": message["chat"]["id"]},
        pressed=text_of(query["data"]),
    )
    return [incoming]

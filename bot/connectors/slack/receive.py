"""Slack: the Events API and block actions (docs.slack.dev), signed with ``v0`` over timestamp and body."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from sanic import response
from sanic.request import Request

from bot.cases.services import Services
from bot.connectors.shared.incoming import (
    Incoming,
    NotReadable,
    Reading,
    Receiver,
    moment,
    read_each,
    text_of,
)
from bot.connectors.shared.slack_signature import is_from_slack
from bot.connectors.slack.settings import SlackSettings
from bot.setting_groups.base import GroupedSettings

_SAID = (None, "file_share", "me_message", "thread_broadcast")
"""The subtypes of messages in which somebody says something new."""
_LABELLED = re.compile(r"<[^<>|]*\|([^<>]*)>")
_LINK = re.compile(r"<(?:mailto:|tel:)?((?:https?://)?[^<>|@#!][^<>|]*)>")
_MENTION = re.compile(r"<[@#!][^<>]*>")


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    return [Slack(settings[SlackSettings].signing_secret.get_secret_value())]


class Slack:
    """Direct messages with the app, and the buttons in them."""

    name = "slack"
    longest = 65_536

    def __init__(self, signing_secret: str) -> None:
        self._secret = signing_secret

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        return is_from_slack(self._secret, request.headers, request.body, now)

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            payload = parse_qs(request.body.decode()).get("payload")
            data = json.loads(payload[0]) if payload else {}
            actions = data.get("actions") if data.get("type") == "block_actions" else None
            found = read_each(actions, lambda action: _pressed(data, action))
            return replace(found, answer=response.empty(200))
        data = json.loads(request.body)
        if not isinstance(data, dict):
            raise NotReadable
        if data.get("type") == "url_verification":
            return Reading(answer=response.json({"challenge": text_of(data.get("challenge"))}))
        return Reading(_said(data))


def _said(data: dict[str, Any]) -> list[Incoming]:
    event = data.get("event") or {}
    is_message = data.get("type") == "event_callback" and event.get("type") == "message"
    if not is_message or event.get("channel_type") != "im" or event.get("subtype") not in _SAID:
        return []
    if event.get("bot_id") or event.get("hidden") or not event.get("user"):
        return []
    message = Incoming(
        channel="slack",
        account=f"{data['team_id']}.{event['channel']}",
        message_id=event["ts"],
        text=plain(text_of(event.get("text"))),
        address=_place(event["channel"], event),
        attachment=bool(event.get("files")),
        written_at=moment(event["ts"]),
    )
    return [message]


def _pressed(data: dict[str, Any], action: dict[str, Any]) -> Reading:
    # Of an app that an organisation has installed as a whole, Slack names the team of the user only.
    team = (data.get("team") or {}).get("id") or data["user"]["team_id"]
    message = Incoming(
        channel="slack",
        account=f"{team}.{data['channel']['id']}",
        message_id=f"action {action['action_ts']}",
        text=plain(text_of((action.get("text") or {}).get("text"))),
        address=_place(data["channel"]["id"], data.get("message") or {}),
        pressed=text_of(action.get("value")),
    )
    return Reading([message])


def _place(channel: str, message: dict[str, Any]) -> dict[str, str]:
    """Where a message is answered: in its thread, if it is in one."""
    thread = text_of(message.get("thread_ts"))
    return {"channel": channel, "thread": thread} if thread else {"channel": channel}


def plain(text: str) -> str:
    """A text as it was typed: Slack makes links of addresses and numbers, and escapes three characters."""
    return html.unescape(_LINK.sub(r"\1", _LABELLED.sub(r"\1", _MENTION.sub("", text)))).strip()

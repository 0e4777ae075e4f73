"""What Slack posts about the channel of the desk: what is written, and which buttons are pressed."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import parse_qs

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.incoming import moment
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.shared.slack_signature import is_from_slack
from bot.connectors.slack_desk.deliver import CLAIM, HAND_BACK, SOLVE
from bot.setting_groups.base import GroupedSettings

_WORDS = (None, "thread_broadcast", "file_share", "me_message")
"""The subtypes of messages that somebody has written."""


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    ours = settings[HelpdeskSettings]
    return SlackHook(services, ours.secret.get_secret_value(), ours.account)


class SlackHook:
    """Events and interactivity of the app; both come here."""

    def __init__(self, services: Services, secret: str, place: str) -> None:
        """``place`` is the id of the channel."""
        self._services = services
        self._secret = secret
        self._place = place

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        return is_from_slack(self._secret, headers, body, time.time())

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """See Hook."""
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return DeskReading(self._pressed(json.loads(parse_qs(body.decode())["payload"][0])))
        data = json.loads(body)
        if data.get("type") == "url_verification":
            return DeskReading(answer={"challenge": str(data["challenge"])})
        event = data.get("event") or {}
        if data.get("type") != "event_callback" or event.get("type") != "message":
            return DeskReading()
        return DeskReading(self._said(event))

    def _pressed(self, data: dict[str, Any]) -> list[DeskEvent]:
        if data.get("type") != "block_actions" or (data.get("channel") or {}).get("id") != self._place:
            return []
        kinds = {CLAIM: EventKind.TAKEN, HAND_BACK: EventKind.HANDED_BACK, SOLVE: EventKind.SOLVED}
        user = data["user"]
        who = Person(str(user["id"]), str(user.get("name") or user.get("username") or ""))
        ticket = f"{self._place}:{(data.get('container') or {}).get('message_ts') or data['message']['ts']}"
        return [
            DeskEvent(kinds[action["action_id"]], ticket, who, moment(action.get("action_ts")))
            for action in data["actions"]
            if action.get("action_id") in kinds
        ]

    def _said(self, event: dict[str, Any]) -> list[DeskEvent]:
        """The words of whoever has claimed the case. All else in the thread stays among colleagues."""
        ours = event.get("channel") == self._place and event.get("thread_ts") and event.get("user")
        if not ours or event.get("bot_id") or event.get("subtype") not in _WORDS:
            return []
        ticket, user = f"{self._place}:{event['thread_ts']}", str(event["user"])
        name = self._claimed_by(ticket, user)
        lines = [line for line in str(event.get("text") or "").split("\n") if not line.startswith("//")]
        if name is None:
            return []
        text, at = _slack_text("\n".join(lines)), moment(event["ts"])
        is_file = bool(event.get("files"))
        return [DeskEvent(EventKind.ANSWER, ticket, Person(user, name), at, str(event["ts"]), text, has_file=is_file)]

    def _claimed_by(self, ticket: str, user: str) -> str | None:
        """The name of the user, if they have the conversation."""
        with self._services.unit_of_work() as uow:
            known = uow.tickets.named("slack", ticket)
            talk = uow.conversations.find(known.conversation_id) if known else None
            agent = uow.agents.get(talk.agent_id) if talk and talk.agent_id is not None else None
        return agent.name if agent is not None and agent.login == f"slack:{user}" else None


def _slack_text(text: str) -> str:
    """The words without Slack's marks for links and mentions."""
    text = re.sub(r"<(?:https?|mailto):[^>|]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<[@#!][^>|]*\|?([^>]*)>", r"\1", text)
    text = re.sub(r"<((?:https?|mailto):[^>]*)>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

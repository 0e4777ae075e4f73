"""A Slack channel as help desk: a message with buttons for each case, and its thread (docs/connect/slack-desk.md)."""

from __future__ import annotations

from typing import Any

from bot.cases.ports.helpdesk import DeskEvent, DeskRejected, DeskUnavailable, Line, TicketFile
from bot.connectors.shared.helpdesks import Api
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

CLAIM, HAND_BACK, SOLVE = "refund_desk_claim", "refund_desk_hand_back", "refund_desk_solve"
"""The ``action_id`` of each button."""

_NAME = "Slack"
_PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_TO_CORRECT = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "account_inactive", "missing_scope", "channel_not_found"}
    | {"not_in_channel", "is_archived"}
)
"""Errors that go once somebody has corrected the app or a setting."""
_GONE = frozenset({"thread_not_found", "message_not_found"})
_LONGEST_SECTION = 2_900
_LONGEST_TEXT = 11_000


def help_desk(settings: GroupedSettings) -> SlackDesk:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours = settings[HelpdeskSettings]
    return SlackDesk(ours.url or "https://slack.com/api", ours.token.get_secret_value(), ours.account)


class SlackDesk:
    """``place`` is the id of the channel. Slack knows no repeats: what is sent again, since an answer was lost, stands
    there twice."""

    name = "slack"
    channel = None

    def __init__(self, url: str, token: str, place: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = Api(_NAME, url, {"Authorization": f"Bearer {token}"})
        self._place = place

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk."""
        answer = self._call("chat.postMessage", channel=self._place, text=file.title, blocks=_blocks(file))
        place, ts = answer.get("channel"), answer.get("ts")
        if not isinstance(place, str) or not isinstance(ts, str):
            raise self._api.senseless()
        return f"{place}:{ts}"

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self._say(ticket, f"{say('slack_desk_back')}\n{_plain(file.summary())}", broadcast=True)

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk."""
        self._say(ticket, f"*{_plain(line.who)}*: {_plain(line.text)}")

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk."""
        return []

    def check(self) -> str:
        """See HelpDesk."""
        self._call("auth.test")
        return say("check_slack_desk")

    def _say(self, ticket: str, text: str, *, broadcast: bool = False) -> None:
        place, _, ts = ticket.partition(":")
        more = {"reply_broadcast": True} if broadcast else {}
        self._call("chat.postMessage", channel=place, thread_ts=ts, text=text[-_LONGEST_TEXT:], **more)

    def _call(self, method: str, **values: Any) -> dict[str, Any]:
        answer = self._api.object("POST", f"/{method}", json=values)
        if answer.get("ok") is True:
            return answer
        error = answer.get("error")
        if not (isinstance(error, str) and error.replace("_", "").isalnum() and len(error) < 50):
            raise DeskRejected("answered_an_error", system=_NAME)
        if error in _PASSING or error in _TO_CORRECT:
            raise DeskUnavailable("answered", system=_NAME, status=error)
        raise DeskRejected("answered", gone=error in _GONE, system=_NAME, status=error)


def _blocks(file: TicketFile) -> list[dict[str, Any]]:
    buttons = [
        _button(say("slack_desk_claim"), CLAIM, file.reference, style="primary"),
        _button(say("slack_desk_hand_back"), HAND_BACK, file.reference),
        _button(say("slack_desk_solve"), SOLVE, file.reference),
    ]
    if file.link:
        label = _label(say("slack_desk_open"))
        buttons.append({"type": "button", "text": label, "url": file.link, "action_id": "open"})
    return [
        {"type": "header", "text": _label(file.title[:150])},
        _section(_plain(file.summary())[:_LONGEST_SECTION]),
        _section(_plain(file.conversation())[-_LONGEST_SECTION:] or say("slack_desk_nothing_said")),
        {"type": "actions", "elements": buttons},
        _section(say("slack_desk_how")),
    ]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _button(label: str, action: str, value: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "text": _label(label), "action_id": action, "value": value, **more}


def _label(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _plain(text: str) -> str:
    """Words of customers as words: no mentions, no links under other names."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

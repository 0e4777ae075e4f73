"""Slack: ``chat.postMessage`` with Block Kit (docs.slack.dev/reference/methods/chat.postMessage).

A section holds 3,000 characters, an actions block 25 buttons of 75 characters; ``&``, ``<`` and ``>`` are escaped.
Slack answers 200 with ``"ok": false`` to what it refuses, and 429 with Retry-After to too much.
"""

from __future__ import annotations

from typing import Any

from bot.cases.outbound.delivery import Address, Courier, Undelivered
from bot.cases.outbound.outgoing import Outgoing, shortened, split
from bot.connectors.shared.couriers import ProviderApi
from bot.connectors.slack.settings import SlackSettings
from bot.setting_groups.base import GroupedSettings, blamed_on

LONGEST = 3_000
"""Characters of a section, after escaping."""
MOST_BUTTONS = 25
_TOKEN = {"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "missing_scope"}
"""The operator has to do something: messages wait for that as long as they can."""
_AGAIN = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


def couriers(settings: GroupedSettings) -> list[Courier]:
    """Who brings messages there; nothing is connected yet. Raises SettingsError."""
    ours = settings[SlackSettings]
    with blamed_on("slack_url"):
        return [SlackCourier(ours.url, ours.bot_token.get_secret_value())]


class SlackCourier:
    """Brings messages to direct messages with the app. The address has the ``channel`` of the direct message, and
    perhaps the ``thread`` in it."""

    channel = "slack"

    def __init__(self, url: str, token: str) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = ProviderApi("Slack", url, headers={"Authorization": f"Bearer {token}"})

    def parts(self, what: Outgoing, address: Address) -> list[dict[str, Any]]:
        """See Courier."""
        texts = _sections(what.text)
        if what.heading or what.lines:
            heading = [f"*{escaped(what.heading)}*"] if what.heading else []
            texts.append("\n".join([*heading, *map(escaped, what.lines)]))
        bodies: list[dict[str, Any]] = [{"text": text, "blocks": [_section(text)]} for text in texts]
        if what.choices and bodies:
            buttons = [
                {
                    "type": "button",
                    "action_id": f"choice-{place}",
                    "text": {"type": "plain_text", "text": shortened(choice.title, 75)},
                    "value": choice.id,
                }
                for place, choice in enumerate(what.choices[:MOST_BUTTONS], 1)
            ]
            bodies[-1]["blocks"].append({"type": "actions", "elements": buttons})
        return bodies

    def send(self, address: Address, part: Any) -> None:
        """See Courier."""
        place = {"channel": address["channel"]}
        if "thread" in address:
            place["thread_ts"] = address["thread"]
        answer = self._api.call("POST", "/chat.postMessage", json={**place, **part})
        if answer.body.get("ok") is True:
            return
        error = answer.body.get("error")
        if error in _AGAIN | _TOKEN:
            raise Undelivered("answered", retry_after=answer.retry_after, system=self._api.name, status=error)
        raise self._api.refused(error)

    def check(self) -> None:
        """That the token is taken. Raises DeliveryError."""
        answer = self._api.call("POST", "/auth.test")
        if answer.body.get("ok") is not True:
            raise self._api.refused(answer.body.get("error"))


def escaped(text: str) -> str:
    """Slack's three characters of control, as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sections(text: str) -> list[str]:
    pieces = [escaped(piece) for piece in split(text, LONGEST)] if text else []
    if all(len(piece) <= LONGEST for piece in pieces):
        return pieces
    return [escaped(piece) for piece in split(text, LONGEST // len("&amp;"))]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}

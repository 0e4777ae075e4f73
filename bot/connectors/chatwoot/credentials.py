"""Whether Chatwoot takes what we were given, and else which of it is wrong. Nothing is changed there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.cases.ports.helpdesk import DeskRejected, HelpDeskError
from bot.connectors.shared.helpdesks import Api
from bot.wording import say

_NOT_TAKEN = (401, 403)
_NOT_THERE = 404


@dataclass(frozen=True, repr=False)
class Credentials:
    """The tokens of the agent bot and of a person, and what the webhooks of the bot and of the inbox are signed with,
    which are two secrets since Chatwoot 4.13.0."""

    token: str
    agent_token: str
    secret: str
    inbox_secret: str


def look_over(bot: Api, agent: Api, account: int, inbox: int, given: Credentials) -> str:
    """What was found, in a few words. ``bot`` and ``agent`` show a token each. Raises DeskUnavailable, and DeskRejected
    with the settings that are wrong."""
    base = f"/api/v1/accounts/{account}"
    _is_a_person_of(agent, account)
    place = _inbox(agent, f"{base}/inboxes/{inbox}")
    _is_a_bot(bot, base)
    secrets = [
        _same_secret(_secret_of_inbox(place), given.inbox_secret, "inbox_secret"),
        _same_secret(_secret_of_bot(agent, f"{base}/agent_bots", given.token), given.secret, "secret"),
    ]
    return say("check_chatwoot", secrets=all(secrets))


def _is_a_person_of(agent: Api, account: int) -> None:
    try:
        accounts = agent.object("GET", "/api/v1/profile").get("accounts")
    except HelpDeskError as error:
        if _status(error) in _NOT_TAKEN:
            raise DeskRejected("chatwoot_agent_token", settings=("helpdesk_agent_token",)) from None
        raise
    rows = accounts if isinstance(accounts, list) else []
    if not any(isinstance(row, dict) and row.get("id") == account for row in rows):
        raise DeskRejected("chatwoot_account", settings=("helpdesk_account",))


def _inbox(agent: Api, path: str) -> dict[str, Any]:
    try:
        found = agent.object("GET", path)
    except HelpDeskError as error:
        if _status(error) in _NOT_TAKEN:
            raise DeskRejected("chatwoot_not_in_inbox", settings=("helpdesk_agent_token",)) from None
        if _status(error) == _NOT_THERE:
            raise DeskRejected("chatwoot_no_inbox", settings=("helpdesk_inbox",)) from None
        raise
    if found.get("channel_type") != "Channel::Api":
        raise DeskRejected("chatwoot_inbox_kind", settings=("helpdesk_inbox",))
    return found


def _is_a_bot(bot: Api, base: str) -> None:
    """A bot may not ask for lists, and a person may; a bot may change a conversation, of which there is no number 0."""
    try:
        bot.call("GET", f"{base}/conversations", params={"status": "open", "page": 1})
    except HelpDeskError as error:
        if _status(error) not in _NOT_TAKEN:
            raise
    else:
        raise DeskRejected("chatwoot_token_of_person", settings=("helpdesk_token",))
    try:
        bot.call("POST", f"{base}/conversations/0/toggle_status", json={"status": "open"})
    except HelpDeskError as error:
        if _status(error) in _NOT_TAKEN:
            raise DeskRejected("chatwoot_token", settings=("helpdesk_token",)) from None
        if _status(error) != _NOT_THERE:
            raise


def _secret_of_inbox(inbox: dict[str, Any]) -> object:
    return inbox.get("secret") if inbox.get("webhook_url") else None


def _secret_of_bot(agent: Api, path: str, token: str) -> object:
    try:
        found = agent.call("GET", path)
    except DeskRejected:
        return None
    bots = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return next((each.get("secret") for each in bots if each.get("access_token") == token), None)


def _same_secret(theirs: object, ours: str, name: str) -> bool:
    """Whether Chatwoot showed the secret, which it does to administrators."""
    if not isinstance(theirs, str) or not theirs:
        return False
    if theirs != ours:
        raise DeskRejected("chatwoot_secret", of=name, settings=(f"helpdesk_{name}",))
    return True


def _status(error: HelpDeskError) -> object:
    return error.values.get("status")

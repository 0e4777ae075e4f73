"""Chatwoot's own inboxes, whose customers the bot answers as their agent bot (docs/connect/chatwoot.md)."""

from __future__ import annotations

from typing import Any

from bot.cases.model import MessageKind
from bot.cases.outbound.delivery import Address, Undeliverable, Undelivered
from bot.cases.outbound.outgoing import Outgoing, as_text, split
from bot.cases.ports.helpdesk import DeskRejected, DeskUnavailable
from bot.gateways.helpdesks.chatwoot import CHANNEL, Chatwoot

LONGEST = 10_000


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

    def send(self, address: Address, part: Any) -> None:
        """See Courier."""
        try:
            self._desk.say(address["conversation"], **part)
        except DeskRejected as error:
            raise Undeliverable(str(error)) from None
        except DeskUnavailable as error:
            raise Undelivered(str(error), error.retry_after) from None

    def check(self) -> None:
        """Nothing: the help desk's own check says it all."""

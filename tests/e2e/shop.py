"""What the shop around the bot has: a secret that it signs with, and customers who get mail."""

from __future__ import annotations

from aiosmtpd.smtp import Envelope

TOKEN_SECRET = "the shop signs with a secret of thirty-two bytes"


class Inbox:
    """Mails, by whom they went to."""

    def __init__(self) -> None:
        self.by_address: dict[str, list[str]] = {}

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        for address in envelope.rcpt_tos:
            self.by_address.setdefault(address, []).append(str(envelope.content, "utf-8"))  # type: ignore[arg-type]
        return "250 taken"

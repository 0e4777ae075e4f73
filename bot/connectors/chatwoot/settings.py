"""What Chatwoot has to be given."""

from __future__ import annotations

from bot.connectors.shared.helpdesk_needs import Needs

NEEDS = Needs(
    (
        "helpdesk_url",
        "helpdesk_account",
        "helpdesk_inbox",
        "helpdesk_token",
        "helpdesk_agent_token",
        "helpdesk_secret",
    ),
    numbers=("helpdesk_account", "helpdesk_inbox"),
)

"""What a mailbox has to be given."""

from __future__ import annotations

from bot.connectors.shared.helpdesk_needs import Needs

NEEDS = Needs(
    ("helpdesk_account", "helpdesk_inbox", "helpdesk_secret", "smtp_url", "mail_from"),
    addresses=("helpdesk_account", "helpdesk_inbox"),
)

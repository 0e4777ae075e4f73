"""What Freshdesk has to be given."""

from __future__ import annotations

from bot.connectors.shared.helpdesk_needs import Needs

NEEDS = Needs(("helpdesk_url", "helpdesk_token", "helpdesk_secret"))

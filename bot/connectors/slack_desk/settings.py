"""What a Slack channel has to be given."""

from __future__ import annotations

from bot.connectors.shared.helpdesk_needs import Needs

NEEDS = Needs(("helpdesk_account", "helpdesk_token", "helpdesk_secret"))

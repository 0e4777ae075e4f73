"""Does Telegram take our token, and does it know where this desk is?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.shared.checks import CheckResult, credentials
from bot.connectors.telegram.deliver import courier
from bot.setting_groups.base import GroupedSettings
from bot.setting_groups.server import ServerSettings
from bot.wording import say


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    bot, site = courier(settings), settings[ServerSettings].public_url

    def webhook() -> CheckResult | None:
        if not site or bot.webhook() == f"{site}/webhooks/telegram":
            return None
        return CheckResult(bot.channel, say("check_telegram_elsewhere"), say("check_fix_telegram_webhook"))

    yield credentials(bot, say("check_fix_telegram"), webhook)

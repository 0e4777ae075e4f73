"""Does Telegram take our token, and does it know where this desk is?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.shared.checks import CheckResult, credentials
from bot.connectors.telegram.deliver import courier
from bot.setting_groups.base import GroupedSettings
from bot.setting_groups.server import ServerSettings

_FIX = "set REFUND_DESK_TELEGRAM_TOKEN to what @BotFather says (docs/connect/telegram.md)"


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    bot, site = courier(settings), settings[ServerSettings].public_url

    def webhook() -> CheckResult | None:
        if not site or bot.webhook() == f"{site}/webhooks/telegram":
            return None
        fix = "call setWebhook with this desk's address and the secret (docs/connect/telegram.md)"
        return CheckResult(bot.channel, "Telegram sends updates somewhere else, or nowhere", fix)

    yield credentials(bot, _FIX, webhook)

"""Does Meta take our tokens?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.meta.deliver import couriers
from bot.connectors.shared.checks import CheckResult, credentials
from bot.setting_groups.base import GroupedSettings

_FIX = {
    "whatsapp": "set REFUND_DESK_WHATSAPP_TOKEN and _PHONE_ID to those of one app (docs/connect/whatsapp.md)",
    "messenger": "set REFUND_DESK_MESSENGER_TOKEN to the page's token (docs/connect/messenger.md)",
}


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    for courier in couriers(settings):
        yield credentials(courier, _FIX[courier.channel])

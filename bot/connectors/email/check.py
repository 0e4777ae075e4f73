"""Does the mail server take what answers go out by?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.email.deliver import couriers
from bot.connectors.shared.checks import CheckResult, credentials
from bot.setting_groups.base import GroupedSettings

_FIX = "correct REFUND_DESK_SMTP_URL, or start the mail server (docs/connect/email.md)"


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    for courier in couriers(settings):
        yield credentials(courier, _FIX)

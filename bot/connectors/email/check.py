"""Does the mail server take what answers go out by?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.email.deliver import couriers
from bot.connectors.shared.checks import CheckResult, credentials
from bot.setting_groups.base import GroupedSettings
from bot.wording import say


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    for courier in couriers(settings):
        yield credentials(courier, say("check_fix_email"))

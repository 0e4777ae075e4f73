"""Does Twilio take our account?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.connectors.shared.checks import CheckResult, credentials
from bot.connectors.twilio.deliver import couriers
from bot.setting_groups.base import GroupedSettings
from bot.wording import say


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Look at what is switched on. Raises SettingsError."""
    for courier in couriers(settings):
        yield credentials(courier, say("check_fix_twilio"))

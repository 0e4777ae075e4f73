"""Does the mail server let us in?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.cases.errors import MailNotSent
from bot.connectors.shared.checks import CheckResult
from bot.connectors.smtp.deliver import SmtpMailer
from bot.connectors.smtp.settings import SmtpSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Connect and log in; nothing is sent."""
    ours = settings[SmtpSettings]
    if not ours.smtp_url:
        yield CheckResult("mail", say("check_no_mail"))
        return
    try:
        SmtpMailer(ours.smtp_url.get_secret_value(), ours.mail_from).check()
    except MailNotSent as error:
        yield CheckResult("mail", say("fault_mail_server_unusable", error=str(error)), say("check_fix_mail"))
    else:
        yield CheckResult("mail", say("check_mail"))

"""Does the mail server let us in?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.cases.errors import MailNotSent
from bot.connectors.shared.checks import CheckResult
from bot.connectors.smtp.deliver import SmtpMailer
from bot.connectors.smtp.settings import SmtpSettings
from bot.setting_groups.base import GroupedSettings


def check(settings: GroupedSettings) -> Iterator[CheckResult]:
    """Connect and log in; nothing is sent."""
    ours = settings[SmtpSettings]
    if not ours.smtp_url:
        yield CheckResult("mail", "not set up: no mail is sent")
        return
    try:
        SmtpMailer(ours.smtp_url.get_secret_value(), ours.mail_from).check()
    except MailNotSent as error:
        yield CheckResult(
            "mail", f"the mail server can't be used: {error}", "correct host, user and password in REFUND_DESK_SMTP_URL"
        )
    else:
        yield CheckResult("mail", "the mail server lets us in")

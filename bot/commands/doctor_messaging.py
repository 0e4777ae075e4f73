"""The messaging channels that are switched on: do their providers take our credentials, and do they know this desk?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.bootstrap import open_couriers
from bot.cases.outbound.delivery import Courier, DeliveryError, Undeliverable
from bot.commands.doctor import Check, Finding
from bot.gateways.messaging.telegram import TelegramCourier
from bot.settings import Settings, SettingsError

_FIX = {
    "slack": "set REFUND_DESK_SLACK_BOT_TOKEN to the bot token of the installed app (docs/connect/slack.md)",
    "telegram": "set REFUND_DESK_TELEGRAM_TOKEN to what @BotFather says (docs/connect/telegram.md)",
    "sms": "set REFUND_DESK_TWILIO_ACCOUNT_SID and _AUTH_TOKEN to those of the console (docs/connect/twilio.md)",
    "twilio-whatsapp": "set REFUND_DESK_TWILIO_ACCOUNT_SID and _AUTH_TOKEN to the console's (docs/connect/twilio.md)",
    "whatsapp": "set REFUND_DESK_WHATSAPP_TOKEN and _PHONE_ID to those of one app (docs/connect/whatsapp.md)",
    "messenger": "set REFUND_DESK_MESSENGER_TOKEN to the page's token (docs/connect/messenger.md)",
    "email": "correct REFUND_DESK_SMTP_URL, or start the mail server (docs/connect/email.md)",
}


def _messaging(settings: Settings) -> Iterator[Finding]:
    try:
        couriers = open_couriers(settings)
    except SettingsError as error:
        yield Finding("messaging", str(error), f"correct {str(error).partition(':')[0]}")
        return
    for courier in couriers:
        if courier.channel in _FIX:  # a help desk's own channel is looked at with the help desk
            yield from _courier(settings, courier)
    if couriers and not settings.public_url:
        fix = "set REFUND_DESK_PUBLIC_URL to where customers and providers reach this desk"
        yield Finding("messaging", "messages have no links to the rules and receipts", fix)


def _courier(settings: Settings, courier: Courier) -> Iterator[Finding]:
    about = courier.channel
    try:
        courier.check()
        expected = f"{settings.public_url}/webhooks/telegram"
        if isinstance(courier, TelegramCourier) and settings.public_url and courier.webhook() != expected:
            fix = "call setWebhook with this desk's address and the secret (docs/connect/telegram.md)"
            yield Finding(about, "Telegram sends updates somewhere else, or nowhere", fix)
            return
    except Undeliverable as refused:
        yield Finding(about, str(refused), _FIX[about])
        return
    except DeliveryError as error:
        yield Finding(about, str(error), f"is the provider reachable from here? If so, {_FIX[about]}")
        return
    yield Finding(about, "our credentials are taken; that what customers write arrives, only a message can show")


CHECKS: tuple[tuple[str, Check], ...] = (("messaging", _messaging),)

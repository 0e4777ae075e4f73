"""One running site with every messaging channel switched on, and the providers around it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.running import running_site
from tests.messaging.mail_provider import MailProvider
from tests.messaging.messaging_world import World
from tests.messaging.meta_servers import MessengerServer, MetaServer, WhatsAppServer
from tests.messaging.provider_servers import Provider, SlackServer, TelegramServer, TwilioServer, TwilioWhatsAppServer

PUBLIC_URL = "https://desk.example"


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All of it, started once."""
    sms, whatsapp, messenger = TwilioServer(PUBLIC_URL), WhatsAppServer(), MessengerServer()
    slack, telegram, mail = SlackServer(), TelegramServer(), MailProvider()
    twilio_whatsapp = TwilioWhatsAppServer(PUBLIC_URL)
    # One server of Meta's and one of Twilio's answers for both of their channels.
    meta = MetaServer(whatsapp, messenger)
    servers = [slack, telegram, sms, meta, mail]
    for server in servers:
        server.start()
    twilio_whatsapp.got, twilio_whatsapp.blocked = sms.got, sms.blocked
    twilio_whatsapp.violations, twilio_whatsapp._faults = sms.violations, sms._faults
    twilio_whatsapp.start, twilio_whatsapp.stop = sms.start, sms.stop  # type: ignore[method-assign]
    providers: dict[str, Provider] = {
        "slack": slack,
        "telegram": telegram,
        "sms": sms,
        "twilio-whatsapp": twilio_whatsapp,
        "whatsapp": whatsapp,
        "messenger": messenger,
        "email": mail,
    }
    settings = {
        "public_url": PUBLIC_URL,
        "delivery_attempts": "3",
        "slack_bot_token": slack.token,
        "slack_signing_secret": slack.secret,
        "slack_url": slack.url,
        "telegram_token": telegram.token,
        "telegram_secret": telegram.secret,
        "telegram_url": telegram.url,
        "twilio_account_sid": sms.user,
        "twilio_auth_token": sms.password,
        "twilio_sms_from": sms.ours,
        "twilio_whatsapp_from": sms.ours,
        "twilio_url": sms.url,
        "whatsapp_token": whatsapp.token,
        "whatsapp_app_secret": whatsapp.secret,
        "whatsapp_verify_token": whatsapp.verify_token,
        "whatsapp_phone_id": whatsapp.phone_id,
        "messenger_token": messenger.token,
        "messenger_app_secret": messenger.secret,
        "messenger_verify_token": messenger.verify_token,
        "meta_url": f"{meta.url}/v25.0",
        "smtp_url": f"smtp://127.0.0.1:{mail.port}",
        "mail_from": mail.ours,
        "email_secret": mail.secret,
        "email_address": mail.ours,
        "messages_per_minute": "30",
    }
    with running_site(tmp_path_factory.mktemp("messaging"), **settings) as site:
        for provider in providers.values():
            provider.site = site.url
        yield World(site, providers)
    for server in servers:
        server.stop()

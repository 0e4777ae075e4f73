"""A channel is on when all of its settings are there, and half of them are named at the start; the doctor says what is
wrong with one that is on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.bootstrap import open_couriers
from bot.commands import doctor_basics
from bot.settings import Settings, SettingsError, load_settings
from tests.messaging.mail_provider import MailProvider
from tests.messaging.meta_servers import MessengerServer, MetaServer, WhatsAppServer
from tests.messaging.provider_servers import SlackServer, TelegramServer, TwilioServer
from tests.ports import free_port

SID, LONG = "AC" + "a1" * 16, "a secret that is long enough"
MESSAGING = {"messaging", "slack", "telegram", "sms", "whatsapp", "messenger", "email"}
TWILIO = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": LONG, "PUBLIC_URL": "https://desk.example"}


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Settings:
    for name, value in settings.items():
        monkeypatch.setenv(f"REFUND_DESK_{name}", value)
    return load_settings()


def test_without_settings_no_channel_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_couriers(given(monkeypatch)) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"SLACK_BOT_TOKEN": LONG}, "SLACK_SIGNING_SECRET: is missing, though REFUND_DESK_SLACK_BOT_TOKEN is set"),
        ({"SLACK_SIGNING_SECRET": LONG}, "SLACK_SIGNING_SECRET: needs REFUND_DESK_SLACK_BOT_TOKEN (or …_FILE)"),
        ({"TELEGRAM_TOKEN": LONG}, "TELEGRAM_SECRET: is missing"),
        ({"TELEGRAM_TOKEN": LONG, "TELEGRAM_SECRET": LONG}, "TELEGRAM_SECRET: may have letters, digits"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_ACCOUNT_SID: string does not match"),
        ({"TWILIO_ACCOUNT_SID": SID}, "TWILIO_AUTH_TOKEN: is missing"),
        (TWILIO, "TWILIO_WHATSAPP_FROM: set it or REFUND_DESK_TWILIO_SMS_FROM"),
        ({"TWILIO_SMS_FROM": "+15005550006"}, "TWILIO_WHATSAPP_FROM: needs REFUND_DESK_TWILIO_ACCOUNT_SID"),
        ({**TWILIO, "PUBLIC_URL": "", "TWILIO_SMS_FROM": "+15005550006"}, "TWILIO_URL: needs REFUND_DESK_PUBLIC_URL"),
        ({"WHATSAPP_TOKEN": LONG}, "WHATSAPP_PHONE_ID: is missing"),
        ({"WHATSAPP_PHONE_ID": "123"}, "WHATSAPP_PHONE_ID: needs REFUND_DESK_WHATSAPP_TOKEN"),
        ({"MESSENGER_TOKEN": LONG, "MESSENGER_APP_SECRET": LONG}, "MESSENGER_VERIFY_TOKEN: is missing"),
        ({"EMAIL_SECRET": LONG}, "EMAIL_ADDRESS: is missing"),
        ({"EMAIL_SECRET": LONG, "EMAIL_ADDRESS": "a@b.example"}, "EMAIL_ADDRESS: needs REFUND_DESK_SMTP_URL"),
        ({"EMAIL_SECRET": "short"}, "EMAIL_SECRET: must have at least 16 characters"),
    ],
)
def test_half_of_a_channel_is_named_at_the_start(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        given(monkeypatch, **settings)
    assert f"REFUND_DESK_{told}" in str(refused.value) and LONG not in str(refused.value)


def test_an_api_in_the_clear_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, SLACK_BOT_TOKEN=LONG, SLACK_SIGNING_SECRET=LONG, SLACK_URL="http://slack.example/api")
    with pytest.raises(SettingsError, match=r"REFUND_DESK_SLACK_URL: .* must begin with https"):
        open_couriers(settings)


# The doctor


@pytest.fixture
def servers() -> Iterator[dict[str, Any]]:
    whatsapp, messenger = WhatsAppServer(), MessengerServer()
    found: dict[str, Any] = {
        "slack": SlackServer(),
        "telegram": TelegramServer(),
        "twilio": TwilioServer("https://desk.example"),
        "meta": MetaServer(whatsapp, messenger),
        "mail": MailProvider(),
    }
    for server in found.values():
        server.start()
    found["telegram"].site = "https://desk.example"
    yield {**found, "whatsapp": whatsapp, "messenger": messenger}
    for server in found.values():
        server.stop()


@pytest.fixture
def all_on(servers: dict[str, Any]) -> dict[str, str]:
    slack, telegram, twilio = servers["slack"], servers["telegram"], servers["twilio"]
    whatsapp, messenger, mail = servers["whatsapp"], servers["messenger"], servers["mail"]
    return {
        "PUBLIC_URL": "https://desk.example",
        "META_URL": f"{servers['meta'].url}/v25.0",
        "SLACK_BOT_TOKEN": slack.token,
        "SLACK_SIGNING_SECRET": slack.secret,
        "SLACK_URL": slack.url,
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_SECRET": telegram.secret,
        "TELEGRAM_URL": telegram.url,
        "TWILIO_ACCOUNT_SID": twilio.user,
        "TWILIO_AUTH_TOKEN": twilio.password,
        "TWILIO_URL": twilio.url,
        "TWILIO_SMS_FROM": twilio.ours,
        "WHATSAPP_TOKEN": whatsapp.token,
        "WHATSAPP_APP_SECRET": whatsapp.secret,
        "WHATSAPP_VERIFY_TOKEN": whatsapp.verify_token,
        "WHATSAPP_PHONE_ID": whatsapp.phone_id,
        "MESSENGER_TOKEN": messenger.token,
        "MESSENGER_APP_SECRET": messenger.secret,
        "MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        "EMAIL_SECRET": mail.secret,
        "EMAIL_ADDRESS": mail.ours,
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
        "MAIL_FROM": mail.ours,
    }


@pytest.mark.parametrize(
    ("changes", "about", "says", "fix"),
    [
        ({}, "", "", ""),
        ({"SLACK_BOT_TOKEN": LONG}, "slack", "invalid_auth", "SLACK_BOT_TOKEN"),
        ({"SLACK_URL": "http://127.0.0.1:9"}, "slack", "no answer from Slack", "reachable"),
        ({"SLACK_URL": "http://slack.example"}, "messaging", "must begin with https://", "REFUND_DESK_SLACK_URL"),
        ({"TELEGRAM_TOKEN": "1:wrong-token-of-somebody"}, "telegram", "does not take our token", "TELEGRAM_TOKEN"),
        ({"PUBLIC_URL": "https://other.example"}, "telegram", "somewhere else", "setWebhook"),
        ({"TWILIO_AUTH_TOKEN": LONG}, "sms", "does not take our token", "TWILIO_ACCOUNT_SID"),
        ({"WHATSAPP_TOKEN": LONG}, "whatsapp", "does not take our token", "WHATSAPP_TOKEN"),
        ({"WHATSAPP_PHONE_ID": "1"}, "whatsapp", "refused: 100", "PHONE_ID"),
        ({"MESSENGER_TOKEN": LONG}, "messenger", "does not take our token", "MESSENGER_TOKEN"),
        ({"SMTP_URL": f"smtp://127.0.0.1:{free_port()}"}, "email", "can't be used", "SMTP_URL"),
    ],
)
def test_the_doctor_says_what_is_wrong(
    all_on: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    about: str,
    says: str,
    fix: str,
) -> None:
    monkeypatch.setattr(doctor_basics, "is_current", lambda: True)
    given(monkeypatch, HOME=str(tmp_path / "home"), **{**all_on, **changes})
    main(["doctor", "--json"])
    shown = capsys.readouterr().out
    found = [row for row in json.loads(shown) if row["about"] in MESSAGING]
    problems = [row for row in found if not row["ok"]]
    assert LONG not in shown
    if not about:
        assert problems == [] and len(found) == 6
        return
    assert [row["about"] for row in problems] == [about], problems
    assert says in problems[0]["says"] and fix in problems[0]["fix"]

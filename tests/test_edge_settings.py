"""A broken setting of the HTTP edge is named in one clear line, and no secret is shown."""

from __future__ import annotations

import pytest

from bot.setting_groups.identity import IdentitySettings
from bot.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "localhost"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://*.example.com"),
        ("ALLOWED_ORIGINS", "https://shop.example/path"),
        ("ALLOWED_ORIGINS", "shop.example"),
        ("ALLOWED_ORIGINS", "null"),
        ("MESSAGES_PER_MINUTE", "0"),
        ("ADDRESS_MESSAGES_PER_MINUTE", "many"),
        ("CONVERSATIONS_PER_ADDRESS", "-1"),
        ("REDIS_URL", "memcached://secret@host"),
        ("TOKEN_SECRET", "secret"),
        ("TOKEN_PUBLIC_KEY", "secret"),
        ("TOKEN_AUDIENCE", ""),
        ("EMAIL_CODE", "on"),
        ("SMTP_URL", "http://secret@host"),
        ("MAIL_FROM", "nobody"),
        ("TOKEN_SECRET_FILE", "missing-file"),
        ("MISSPELT", "1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"REFUND_DESK_{name}", value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    said = str(error.value)
    assert (
        said.startswith(f"REFUND_DESK_{name}")
        and "\n" not in said
        and "secret" not in said.lower().replace("token_secret", "")
    )


def test_codes_by_mail_need_a_way_to_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUND_DESK_EMAIL_CODE", "required")
    with pytest.raises(SettingsError, match="needs REFUND_DESK_SMTP_URL"):
        load_settings()
    monkeypatch.setenv("REFUND_DESK_SMTP_URL", "smtps://user:p%40ss@mail.example:465")
    monkeypatch.setenv("REFUND_DESK_MAIL_FROM", "desk@example.com")
    settings = load_settings()
    assert settings[IdentitySettings].email_code == "required" and "p%40ss" not in repr(settings)

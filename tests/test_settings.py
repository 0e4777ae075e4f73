"""A broken setting is named in one clear line, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, hash_key_of, load_settings


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
        ("HASH_KEY", "secret"),
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
    assert settings.email_code == "required" and "p%40ss" not in repr(settings)


def test_a_secret_may_stand_in_a_file_but_not_in_both_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x" * 32 + "\n")
    monkeypatch.setenv("REFUND_DESK_TOKEN_SECRET_FILE", str(tmp_path / "token"))
    assert load_settings().token_secret.get_secret_value() == "x" * 32
    monkeypatch.setenv("REFUND_DESK_TOKEN_SECRET", "y" * 32)
    with pytest.raises(SettingsError, match="set one of them"):
        load_settings()


def test_the_key_of_the_hashes_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    key = hash_key_of(settings)
    assert len(key) == 64 and hash_key_of(settings) == key
    assert (tmp_path / "new" / "hash.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["hash.key"]
    assert hash_key_of(Settings(home=tmp_path / "new", hash_key="k" * 32)) == b"k" * 32

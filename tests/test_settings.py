"""Secrets from variables or files, and what a gateway needs: a broken setting is one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.settings import Settings, SettingsError, load_settings

VARIABLE = "REFUND_DESK_GATEWAY_SECRET"
FILE = "REFUND_DESK_GATEWAY_SECRET_FILE"
HIDDEN = "hidden-word-of-the-tests"


def refused() -> str:
    """Why the settings are refused: one line."""
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "\n" not in str(error.value) and error.value.__cause__ is None
    return str(error.value)


def test_without_a_url_there_is_no_gateway_and_no_secret_is_needed() -> None:
    settings = load_settings()
    assert settings[BillingRestSettings].url == "" and not settings[BillingRestSettings].secret


def test_a_secret_may_be_given_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, HIDDEN)
    monkeypatch.setenv("REFUND_DESK_GATEWAY_URL", "https://billing.example")
    settings = load_settings()
    assert settings[BillingRestSettings].secret.get_secret_value() == HIDDEN
    assert settings[BillingRestSettings].url == "https://billing.example"


def test_a_secret_may_be_the_stripped_content_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"\n  {HIDDEN}\n")
    monkeypatch.setenv(FILE, str(tmp_path / "secret"))
    monkeypatch.setenv("REFUND_DESK_GATEWAY_URL", "https://billing.example")
    assert load_settings()[BillingRestSettings].secret.get_secret_value() == HIDDEN


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(HIDDEN)
    monkeypatch.setenv(FILE, str(tmp_path / "secret"))
    monkeypatch.setenv(VARIABLE, HIDDEN)
    told = refused()
    assert FILE in told and f"{VARIABLE} is set as well" in told and HIDDEN not in told


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(HIDDEN)
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv(FILE, "")
    assert not load_settings()[BillingRestSettings].secret
    monkeypatch.setenv(FILE, str(tmp_path / "secret"))
    assert load_settings()[BillingRestSettings].secret.get_secret_value() == HIDDEN


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xff" * 9, b"fifteen-letters"])
def test_a_file_without_a_usable_secret_names_its_variable(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / HIDDEN
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(FILE, str(path))
    told = refused()
    assert told.startswith(f"{FILE}: ") and HIDDEN not in told and "fifteen" not in told


def test_a_folder_in_place_of_a_file_names_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FILE, str(tmp_path))
    assert refused().startswith(f"{FILE}: ")


def test_the_secret_itself_in_place_of_a_file_name_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE, HIDDEN)
    assert HIDDEN not in refused()
    monkeypatch.setenv(FILE, HIDDEN * 200)
    assert HIDDEN not in refused()
    monkeypatch.setenv(FILE, f"{HIDDEN}/x")
    assert HIDDEN not in refused()


@pytest.mark.parametrize(("length", "is_enough"), [(1, False), (15, False), (16, True)])
def test_a_secret_has_sixteen_characters_or_more(length: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, HIDDEN[:length].ljust(length))
    if is_enough:
        assert len(load_settings()[BillingRestSettings].secret) == 16
    else:
        assert refused() == f"{VARIABLE}: must have at least 16 characters"


def test_a_gateway_without_a_secret_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUND_DESK_GATEWAY_URL", "https://billing.example")
    told = refused()
    assert told.startswith("REFUND_DESK_GATEWAY_URL: ") and VARIABLE in told and FILE in told
    with pytest.raises(SettingsError):
        Settings(gateway_url="https://billing.example")


def test_a_gateway_with_a_short_secret_is_told_about_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUND_DESK_GATEWAY_URL", "https://billing.example")
    monkeypatch.setenv(VARIABLE, "short")
    assert refused().startswith(f"{VARIABLE}: must have at least")


@pytest.mark.parametrize("url", ["ftp://billing.example", "billing.example", HIDDEN])
def test_a_gateway_url_of_no_known_kind_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "x" * 16)
    monkeypatch.setenv("REFUND_DESK_GATEWAY_URL", url)
    told = refused()
    assert told.startswith("REFUND_DESK_GATEWAY_URL: must start with https://") and url not in told


def test_a_file_is_no_setting_where_there_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUND_DESK_CONTACT_FILE", "x")
    assert refused().startswith("REFUND_DESK_CONTACT_FILE is not a setting")


def test_no_secret_shows_in_a_description_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, HIDDEN)
    settings = load_settings()
    gateway = settings[BillingRestSettings]
    for shown in (repr(settings), str(settings), gateway.json(), str(gateway.dict())):
        assert HIDDEN not in shown


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AGENT_LIMIT", "1.001", "must be amounts with their currencies"),
        ("AGENT_LIMIT", "XYZ 1.00", "must be amounts with their currencies"),
        ("AGENT_LIMIT", "JPY 100.50", "must be amounts with their currencies"),
        ("AGENT_LIMIT", "EUR 1.00, EUR 2.00", "must be amounts with their currencies"),
        ("ORDER_NUMBERS", r"CC-\d{6} CC-1", "an example that fits"),
        ("ORDER_NUMBERS", "CC-", "digits or letters that change"),
        ("ORDER_NUMBERS", "CC-(1) CC-1", "nothing in its pattern but"),
        ("ORDER_NUMBERS", "one two three", "must be an example of an order number"),
        ("ORDER_NUMBERS", "1234567890123", "1 to 12 digits"),
        ("ORDER_NUMBERS", f"{'X' * 40}1", "at most 40 characters"),
        ("AGENT_LIMIT", "-1", "must be amounts with their currencies"),
        ("AGENT_LIMIT", "NaN", ""),
        ("LEAD_LIMIT", "EUR 1000.00", "must not be lower than REFUND_DESK_AGENT_LIMIT"),
        ("LEAD_LIMIT", "99.99", "must not be lower than REFUND_DESK_AGENT_LIMIT"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"REFUND_DESK_{name}", value)
    told = refused()
    assert told.startswith(f"REFUND_DESK_{name}: ") and said in told

"""Settings: environment variables with the prefix ``REFUND_DESK_``, checked before anything starts."""

from __future__ import annotations

import importlib.resources
import os
from pathlib import Path

from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator

from bot.policy import Policy, PolicyFileError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "REFUND_DESK_"


class SettingsError(Exception):
    """A setting is missing or broken: one line that names the variable and says what to do."""


class Settings(BaseSettings):
    """Every setting with its default.

    ``home`` is the data folder; ``database_url`` an SQLAlchemy URL (default: SQLite in ``home``); ``policy`` a
    policy file instead of the embedded one. ``verification_minutes`` is how long a customer stays verified in a
    conversation, and how long a lock-out lasts after ``verification_tries`` wrong answers. ``answer_working_days``
    is how soon a person is promised to answer; ``contact`` is how to reach one when nothing else works. A confirmed
    refund can be taken back for ``take_back_minutes``, then it is carried out; ``gateway_attempts`` is how often a call
    that the billing gateway does not answer is made before a person has the case.
    ``keys_url`` is where the keys of personal data are kept (default: SQLite in ``home``), apart from the database;
    ``secret``, or what ``secret_file`` holds, wraps them (default: made once, in ``home``). ``retention_days`` is how
    long personal data is kept after its last use; 0 for ever.
    """

    home: Path = PROJECT / "var"
    database_url: str = ""
    policy: Path | None = None
    verification_minutes: int = Field(default=60, ge=1, le=1440)
    verification_tries: int = Field(default=3, ge=1, le=10)
    answer_working_days: int = Field(default=1, ge=1, le=30)
    take_back_minutes: int = Field(default=10, ge=0, le=10_080)
    gateway_attempts: int = Field(default=10, ge=1, le=50)
    contact: str = "+1 888-582-6840"
    keys_url: str = ""
    secret: SecretStr | None = None
    secret_file: Path | None = None
    retention_days: int = Field(default=730, ge=0)

    class Config:
        """Where the values come from."""

        env_prefix = PREFIX

    @validator("database_url", always=True)
    def _database_in_home(cls, url: str, values: dict[str, object]) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg2://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return url or f"sqlite:///{values.get('home')}/refund-desk.db"

    @validator("keys_url", always=True)
    def _keys_apart(cls, url: str, values: dict[str, object]) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg2://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        url = url or f"sqlite:///{values.get('home')}/keys.db"
        if url == values.get("database_url"):
            raise ValueError("must be another database than that of REFUND_DESK_DATABASE_URL")
        return url

    @validator("secret")
    def _secret_is_long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return secret

    @validator("policy")
    def _policy_is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"{path} is not a file; name a policy file, or unset it to use the embedded one")
        return path


def load_settings() -> Settings:
    """The settings of the environment. Raises SettingsError, also for a variable that nothing reads."""
    known = {PREFIX + name.upper() for name in Settings.__fields__}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; the README lists those that are")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from None


def load_policy(settings: Settings) -> Policy:
    """The policy file of the settings, or the embedded one. Raises SettingsError."""
    if settings.policy is None:
        return Policy.parse(importlib.resources.files("bot.policy").joinpath("terms/policy.yml").read_text("utf-8"))
    try:
        return Policy.parse(settings.policy.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy} is not a text file in UTF-8") from None
    except (OSError, PolicyFileError) as error:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy}: {error}") from None

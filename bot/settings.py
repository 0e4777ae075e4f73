"""Settings: environment variables with the prefix ``REFUND_DESK_``, checked before anything starts."""

from __future__ import annotations

import importlib.resources
import os
from pathlib import Path
from typing import Any

from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator

from bot.policy import Policy, PolicyFileError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "REFUND_DESK_"
_SHORTEST_SECRET = 16
_SHORTEST_MASTER = 32


class SettingsError(Exception):
    """A setting is missing or broken: one line that names the variable and says what to do."""


class Secret(SecretStr):
    """A setting that is never shown: empty, or at least 16 characters. It may come from a file that
    ``REFUND_DESK_…_FILE`` names."""

    @classmethod
    def validate(cls, value: Any) -> SecretStr:
        """The value as a secret. Raises ValueError, which does not show it."""
        secret = super().validate(value)
        if 0 < len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"must have at least {_SHORTEST_SECRET} characters")
        return secret


class Settings(BaseSettings):
    """Every setting with its default.

    ``home`` is the data folder; ``database_url`` an SQLAlchemy URL (default: SQLite in ``home``); ``policy`` a
    policy file instead of the embedded one. ``verification_minutes`` is how long a customer stays verified in a
    conversation, and how long a lock-out lasts after ``verification_tries`` wrong answers. ``answer_working_days``
    is how soon a person is promised to answer; ``contact`` is how to reach one when nothing else works. A confirmed
    refund can be taken back for ``take_back_minutes``, then it is carried out; ``gateway_attempts`` is how often a call
    that the billing gateway does not answer is made before a person has the case.
    ``keys_url`` is where the keys of personal data are kept (default: SQLite in ``home``), apart from the database;
    ``secret`` wraps them (default: made once, in ``home``). ``retention_days`` is how
    long personal data is kept after its last use; 0 for ever.
    ``gateway_url`` is where the billing gateway is (empty: the embedded ledger takes its place), ``gateway_secret``
    what requests to it are signed with.
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
    secret: Secret = Secret("")
    retention_days: int = Field(default=730, ge=0)
    gateway_secret: Secret = Secret("")
    gateway_url: str = ""

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
    def _secret_is_long(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret) < _SHORTEST_MASTER:
            raise ValueError(f"must have at least {_SHORTEST_MASTER} characters")
        return secret

    @validator("policy")
    def _policy_is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"{path} is not a file; name a policy file, or unset it to use the embedded one")
        return path

    @validator("gateway_url")
    def _gateway_can_be_called(cls, url: str, values: dict[str, Any]) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://, or with http:// for a gateway on this machine")
        if url and not values.get("gateway_secret", True):
            raise ValueError("needs REFUND_DESK_GATEWAY_SECRET, or REFUND_DESK_GATEWAY_SECRET_FILE with a file's name")
        return url


def load_settings() -> Settings:
    """The settings of the environment. Raises SettingsError, also for a variable that nothing reads."""
    files = {name: f"{PREFIX}{name.upper()}_FILE" for name in _secret_fields()}
    known = {PREFIX + name.upper() for name in Settings.__fields__} | set(files.values())
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; the README lists those that are")
    from_files = {name: _secret_of(name, variable) for name, variable in files.items() if os.environ.get(variable)}
    try:
        return Settings(**from_files)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = files[name] if name in from_files else PREFIX + name.upper()
        raise SettingsError(f"{variable}: {first['msg']}") from None


def _secret_fields() -> list[str]:
    return [name for name, field in Settings.__fields__.items() if issubclass(field.type_, SecretStr)]


def _secret_of(name: str, variable: str) -> Any:
    """What the file of a secret holds. Its path stays untold: somebody may have set the secret itself there."""
    if os.environ.get(PREFIX + name.upper()):
        raise SettingsError(f"{variable}: {PREFIX}{name.upper()} is set as well; set one of them")
    try:
        value = Path(os.environ[variable]).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable}: the file can't be read: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"{variable}: the file is not a text file in UTF-8") from None
    if not value:
        raise SettingsError(f"{variable}: the file is empty")
    return value


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

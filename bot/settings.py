"""Settings: environment variables with the prefix ``REFUND_DESK_``, checked before anything starts."""

from __future__ import annotations

import importlib.resources
import ipaddress
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator

from bot.cases.hours import BusinessHours
from bot.policy import Policy, PolicyFileError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "REFUND_DESK_"
_SHORTEST_SECRET = 16


_SIGNED = ("helpdesk_secret",)
HELPDESK_NEEDS: dict[str, tuple[str, ...]] = {
    "own": (),
    "chatwoot": ("helpdesk_url", "helpdesk_account", "helpdesk_inbox", "helpdesk_token", *_SIGNED),
    "zendesk": ("helpdesk_url", "helpdesk_account", "helpdesk_token", *_SIGNED),
    "freshdesk": ("helpdesk_url", "helpdesk_token", *_SIGNED),
    "slack": ("helpdesk_account", "helpdesk_token", *_SIGNED),
    "email": ("helpdesk_account", "helpdesk_inbox", *_SIGNED, "smtp_url", "mail_from"),
    "webhook": ("helpdesk_url", *_SIGNED),
}
"""The settings without which a help desk can't be used."""


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
    is how soon a person is promised to answer, ``business_hours`` when people are at the desk (``Mon-Fri 09:00-17:00,
    Sat 10:00-12:00``, or ``always``, in the business time zone); ``contact`` is how to reach one when nothing else
    works. A confirmed refund can be taken back for ``take_back_minutes``, then it is carried out; ``gateway_attempts``
    is how often a call that the billing gateway does not answer is made before a person has the case. ``gateway_url``
    is where that is (empty: the embedded ledger takes its place), ``gateway_secret`` what its requests are signed with.

    ``keys_url`` is where the keys of personal data are kept (default: SQLite in ``home``), apart from the database;
    ``secret`` wraps them (default: made once, in ``home``), chains the audit and keys the hashes. ``retention_days`` is
    how long personal data is kept after its last use; 0 for ever. ``agent_limit`` and ``lead_limit`` are the highest
    refunds, in USD, that an agent and a lead may decide without a second person.

    The rest is the HTTP edge: whom to believe about addresses and origins, how much one may send, how signed tokens of
    the shop are checked, and how codes and receipts are mailed; then where people answer, if not at our own desk alone.
    The README has them all.
    """

    home: Path = PROJECT / "var"
    database_url: str = ""
    policy: Path | None = None
    verification_minutes: int = Field(default=60, ge=1, le=1440)
    verification_tries: int = Field(default=3, ge=1, le=10)
    answer_working_days: int = Field(default=1, ge=1, le=30)
    take_back_minutes: int = Field(default=10, ge=0, le=10_080)
    gateway_attempts: int = Field(default=12, ge=1, le=50)
    contact: str = "+1 888-582-6840"
    business_hours: str = "Mon-Fri 09:00-17:00"
    keys_url: str = ""
    secret: Secret = Secret("")
    retention_days: int = Field(default=730, ge=0)
    agent_limit: Decimal = Field(default=Decimal("100.00"), ge=0, le=1_000_000)
    lead_limit: Decimal = Field(default=Decimal("500.00"), ge=0, le=1_000_000)
    gateway_secret: Secret = Secret("")
    gateway_url: str = ""

    trusted_proxies: str = "127.0.0.1/32,::1/128"
    allowed_origins: str = ""
    messages_per_minute: int = Field(default=60, ge=1, le=100_000)
    address_messages_per_minute: int = Field(default=300, ge=1, le=100_000)
    conversations_per_address: int = Field(default=100, ge=1, le=100_000)
    redis_url: SecretStr = SecretStr("")
    token_secret: SecretStr = SecretStr("")
    token_public_key: SecretStr = SecretStr("")
    token_audience: str = Field(default="refund-desk", min_length=1)
    email_code: Literal["off", "required"] = "off"
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    public_url: str = ""

    helpdesk_url: str = ""
    helpdesk_token: Secret = Secret("")
    helpdesk_secret: Secret = Secret("")
    helpdesk_account: str = Field(default="", regex=r"^[A-Za-z0-9._%+-]*(@[A-Za-z0-9.-]+)?$")
    helpdesk_inbox: str = Field(default="", regex=r"^[A-Za-z0-9._%-]*(@[A-Za-z0-9.-]+)?$")
    helpdesk: Literal["own", "chatwoot", "zendesk", "freshdesk", "slack", "email", "webhook"] = "own"

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

    @validator("policy")
    def _policy_is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(f"{path} is not a file; name a policy file, or unset it to use the embedded one")
        return path

    @validator("agent_limit", "lead_limit")
    def _whole_cents(cls, limit: Decimal, values: dict[str, Any]) -> Decimal:
        if limit != round(limit, 2):
            raise ValueError("must be an amount in USD, such as 100.00")
        if limit < values.get("agent_limit", limit):
            raise ValueError("must not be lower than REFUND_DESK_AGENT_LIMIT")
        return limit

    @validator("gateway_url")
    def _gateway_can_be_called(cls, url: str, values: dict[str, Any]) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://, or with http:// for a gateway on this machine")
        if url and not values.get("gateway_secret", True):
            raise ValueError("needs REFUND_DESK_GATEWAY_SECRET, or REFUND_DESK_GATEWAY_SECRET_FILE with a file's name")
        return url

    @validator("secret", "token_secret")
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if secret and len(secret.get_secret_value().encode()) < 32:
            raise ValueError("must have at least 32 bytes")
        return secret

    @validator("business_hours")
    def _opening_times(cls, text: str) -> str:
        BusinessHours.parse(text)
        return text

    @validator("trusted_proxies")
    def _networks(cls, text: str) -> str:
        parse_networks(text)
        return text

    @validator("allowed_origins")
    def _exact_origins(cls, text: str) -> str:
        for origin in parse_origins(text):
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                raise ValueError(f"{origin} is no origin; write https://shop.example, without a path, and no *")
        return text

    @validator("redis_url")
    def _redis(cls, url: SecretStr) -> SecretStr:
        if url and not url.get_secret_value().startswith(("redis://", "rediss://", "redis+unix://")):
            raise ValueError("must start with redis://, rediss:// or redis+unix://")
        return url

    @validator("token_public_key")
    def _rsa_key(cls, pem: SecretStr) -> SecretStr:
        if pem:
            try:
                key = load_pem_public_key(pem.get_secret_value().encode())
            except ValueError:
                raise ValueError("must be a public key in PEM") from None
            if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
                raise ValueError("must be an RSA key of 2048 bits or more")
        return pem

    @validator("smtp_url")
    def _smtp(cls, url: SecretStr) -> SecretStr:
        if url and not re.fullmatch(r"smtps?://([^@/\s]+@)?[^@/\s:]+(:\d{1,5})?/?", url.get_secret_value()):
            raise ValueError("must look like smtp://user:password@host:587 or smtps://…")
        return url

    @validator("mail_from", always=True)
    def _mail_can_be_sent(cls, sender: str, values: dict[str, object]) -> str:
        if sender and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
            raise ValueError("must be an e-mail address")
        if values.get("email_code") == "required" and not (sender and values.get("smtp_url")):
            raise ValueError("REFUND_DESK_EMAIL_CODE=required needs REFUND_DESK_SMTP_URL and REFUND_DESK_MAIL_FROM")
        return sender

    @validator("helpdesk_url")
    def _helpdesk_can_be_called(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://")
        return url.rstrip("/")

    @validator("helpdesk", always=True)
    def _helpdesk_is_set_up(cls, desk: str, values: dict[str, Any]) -> str:
        missing = [PREFIX + name.upper() for name in HELPDESK_NEEDS[desk] if not values.get(name, True)]
        if missing:
            raise ValueError(f"{desk} needs {' and '.join(missing)} (secrets also as …_FILE)")
        for name in ("helpdesk_account", "helpdesk_inbox"):
            if desk == "chatwoot" and not str(values.get(name, "1")).isdigit():
                raise ValueError(f"chatwoot needs a number as {PREFIX}{name.upper()}")
            if desk == "email" and "@" not in str(values.get(name, "@")):
                raise ValueError(f"email needs an address as {PREFIX}{name.upper()}")
        return desk

    @validator("public_url")
    def _public(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", url):
            raise ValueError("must look like https://desk.example")
        return url.rstrip("/")


def parse_networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks of a comma list. Raises ValueError."""
    return [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]


def parse_origins(text: str) -> list[str]:
    """The origins of a comma list."""
    return [part.strip().lower() for part in text.split(",") if part.strip()]


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
    fields = Settings.__fields__.items()
    return [name for name, field in fields if isinstance(field.type_, type) and issubclass(field.type_, SecretStr)]


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

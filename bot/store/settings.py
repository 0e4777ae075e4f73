"""Where the data is, and what seals it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import PROJECT, Group, Secret, variable_of
from bot.wording import say

_LEAST_BYTES = 32
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg2://")


class StoreSettings(Group):
    """The data folder, the two databases, the secret, and how long data is kept."""

    part = "data"
    harmless = frozenset({"home", "database_url", "keys_url", "secret", "retention_days"})

    home: Path = Field(
        PROJECT / "var", description="The data folder: database, keys, secret and logs.", shown="`var` in the project"
    )
    database_url: str = Field(
        "", description="`sqlite:///…` or `postgresql://…`.", shown="SQLite in the data folder", page="run.md"
    )
    keys_url: str = Field(
        "",
        description="`sqlite:///…` or `postgresql://…`, another database than the one above: the keys of "
        "personal data.",
        shown="`keys.db` in the data folder",
        page="security.md",
    )
    secret: Secret = Field(
        Secret(""),
        description="Wraps the keys, chains the audit and keys the hashes of addresses; at least 32 bytes. Without it "
        "all personal data is lost.",
        shown="`secret` in the data folder, made once",
    )
    retention_days: int = Field(
        730, ge=0, description="`privacy purge` erases what was last used longer ago; 0 keeps it for ever."
    )

    @validator("database_url", always=True)
    def _database_in_home(cls, url: str, values: dict[str, object]) -> str:
        if url and not url.startswith(_DATABASES):
            raise ValueError(say("setting_no_database"))
        return url or f"sqlite:///{values.get('home')}/refund-desk.db"

    @validator("keys_url", always=True)
    def _keys_apart(cls, url: str, values: dict[str, object]) -> str:
        if url and not url.startswith(_DATABASES):
            raise ValueError(say("setting_no_database"))
        url = url or f"sqlite:///{values.get('home')}/keys.db"
        if url == values.get("database_url"):
            raise ValueError(say("setting_same_database", variable=variable_of("database_url")))
        return url

    @validator("secret")
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if secret and len(secret.get_secret_value().encode()) < _LEAST_BYTES:
            raise ValueError(say("setting_short_key", least=_LEAST_BYTES))
        return secret

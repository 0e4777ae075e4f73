"""How customers show who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field, SecretStr, validator

from bot.setting_groups.base import PREFIX, Group
from bot.wording import say

_LEAST_BYTES, _LEAST_BITS = 32, 2048


class IdentitySettings(Group):
    """What proves that an order is a customer's."""

    part = "identity"
    harmless = frozenset({"verification_minutes", "verification_tries", "email_code"})

    verification_minutes: int = Field(
        60,
        ge=1,
        le=1440,
        description="How long a customer stays verified in a conversation, and how long a lock-out lasts.",
    )
    verification_tries: int = Field(
        3, ge=1, le=10, description="Wrong pairs of order and address before a person takes over."
    )
    email_code: Literal["off", "required"] = Field(
        "off",
        description="`required`: order number and address are not enough, a code mailed to the order's address is "
        "asked for, too.",
    )

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """See Group."""
        if self.email_code == "required" and not (known.get("mail_from", True) and known.get("smtp_url", True)):
            yield "mail_from", say("setting_email_code_needs")


class TokenSettings(Group):
    """The signed tokens by which a shop tells who is signed in there."""

    part = "identity"
    stands_for = "signed_in_customers"

    class Config:
        """Where the values come from."""

        env_prefix = f"{PREFIX}TOKEN_"

    secret: SecretStr = Field(
        SecretStr(""),
        description="HS256 secret of the shop's signed tokens, at least 32 bytes.",
        page="reference/identity.md",
    )
    public_key: SecretStr = Field(
        SecretStr(""), description="RS256 public key of the shop's signed tokens, PEM, at least 2048 bits."
    )
    audience: str = Field("refund-desk", min_length=1, description="The `aud` that a token must have.")

    @validator("secret")
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if secret and len(secret.get_secret_value().encode()) < _LEAST_BYTES:
            raise ValueError(say("setting_short_key", least=_LEAST_BYTES))
        return secret

    @validator("public_key")
    def _rsa_key(cls, pem: SecretStr) -> SecretStr:
        if pem:
            try:
                key = load_pem_public_key(pem.get_secret_value().encode())
            except ValueError:
                raise ValueError(say("setting_no_pem")) from None
            if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
                raise ValueError(say("setting_no_rsa", least=_LEAST_BITS))
        return pem

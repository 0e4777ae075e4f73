"""Signed tokens of the shop's site: who is logged in there is known here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt

from bot.setting_groups.identity import TokenSettings
from bot.settings import Settings

LEEWAY = timedelta(seconds=30)
"""How far the clock of the shop may be ahead."""
LONGEST = timedelta(hours=24)
"""For how long a token may be good."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


class BadToken(Exception):
    """A token that proves nothing; the text is a short reason without anything of its content."""


@dataclass(frozen=True)
class Claims:
    """Whom a token names, and until when."""

    subject: str
    email: str
    expires_at: datetime


@dataclass(frozen=True)
class TokenKeys:
    """The keys by algorithm. A token names its algorithm, but each algorithm has its own key and no other, so that a
    public key is never taken for a secret, and what is not configured does not exist."""

    keys: dict[str, str] = field(repr=False)
    audience: str = "refund-desk"

    @classmethod
    def of(cls, settings: Settings) -> TokenKeys:
        """Those of the settings."""
        ours = settings[TokenSettings]
        keys = {"HS256": ours.secret.get_secret_value(), "RS256": ours.public_key.get_secret_value()}
        return cls({name: key for name, key in keys.items() if key}, ours.audience)

    def check(self, token: str, now: datetime) -> Claims:
        """What a token says, if it is good at this moment. Raises BadToken."""
        if not self.keys:
            raise BadToken("no tokens are taken here")
        claims = self._verified(token)
        issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
        if expires_at is None:
            raise BadToken("the token has no exp")
        if expires_at <= now:
            raise BadToken("the token has expired")
        if (_moment(claims, "nbf") or now) > now + LEEWAY or (issued_at or now) > now + LEEWAY:
            raise BadToken("the token is not valid yet")
        if expires_at - (issued_at or now) > LONGEST:
            raise BadToken("the token is valid for longer than 24 hours")
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise BadToken("the token has no sub")
        if not isinstance(email, str) or not _EMAIL.fullmatch(email.strip()):
            raise BadToken("the token has no email")
        if claims.get("email_verified", True) is not True:
            raise BadToken("the email of the token is not verified")
        return Claims(subject, email.strip().lower(), expires_at)

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if not isinstance(algorithm, str) or algorithm not in self.keys or "crit" in header:
                raise BadToken("the token is signed in a way that is not taken here")
            # The times are checked above, by the clock of the services.
            options: Any = {
                "require": ["exp", "aud", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            }
            claims: dict[str, Any] = jwt.decode(
                token, self.keys[algorithm], algorithms=[algorithm], audience=self.audience, options=options
            )
            return claims
        except jwt.InvalidAudienceError:
            raise BadToken("the token is for somebody else") from None
        except jwt.MissingRequiredClaimError as error:
            raise BadToken(f"the token has no {error.claim}") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise BadToken("the token can't be verified") from None


def _moment(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadToken(f"the token has an {name} that is no time")
    try:
        return datetime.fromtimestamp(value, timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise BadToken(f"the token has an {name} that is no time") from None

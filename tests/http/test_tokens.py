"""A token proves who is logged in at the shop, or nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.http.tokens import BadToken, TokenKeys

NOW = datetime(2026, 5, 6, 16, 0, tzinfo=timezone.utc)
SECRET = "a secret of thirty-two bytes or more"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
BOTH = TokenKeys({"HS256": SECRET, "RS256": PUBLIC})
SHARED = TokenKeys({"HS256": SECRET})
SIGNED = TokenKeys({"RS256": PUBLIC})


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token; None leaves one out."""
    values = {
        "sub": "user-17",
        "aud": "refund-desk",
        "email": "Alex@Example.com",
        "iat": NOW.timestamp(),
        "exp": (NOW + timedelta(minutes=5)).timestamp(),
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def token(key: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """A token."""
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def by_hand(header: dict[str, Any], body: dict[str, Any], key: bytes | None) -> str:
    """A token as no library would make it; without a key, without a signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body)]
    signature = b"" if key is None else hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.mark.parametrize("keys", [BOTH, SHARED])
def test_a_good_token_names_who_it_is_and_until_when(keys: TokenKeys) -> None:
    found = keys.check(token(), NOW)
    assert (found.subject, found.email) == ("user-17", "alex@example.com")
    assert found.expires_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("keys", [BOTH, SIGNED])
def test_a_token_signed_with_the_private_key_is_as_good(keys: TokenKeys) -> None:
    assert keys.check(token(PRIVATE, "RS256"), NOW).subject == "user-17"


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": None},
        {"iat": (NOW + timedelta(seconds=29)).timestamp()},
        {"exp": (NOW + timedelta(seconds=1)).timestamp()},
        {"exp": (NOW + timedelta(hours=24)).timestamp()},
        {"aud": ["elsewhere", "refund-desk"]},
        {"email_verified": True},
    ],
)
def test_what_is_still_good(changes: dict[str, Any]) -> None:
    assert BOTH.check(token(**changes), NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": None}, "no exp"),
        ({"exp": NOW.timestamp()}, "expired"),
        ({"exp": "soon"}, "no time"),
        ({"exp": 1e30}, "no time"),
        ({"exp": True}, "no time"),
        ({"exp": (NOW + timedelta(hours=24, seconds=1)).timestamp()}, "24 hours"),
        ({"exp": (NOW + timedelta(hours=25)).timestamp(), "iat": None}, "24 hours"),
        ({"iat": (NOW + timedelta(seconds=31)).timestamp()}, "not valid yet"),
        ({"nbf": (NOW + timedelta(seconds=31)).timestamp()}, "not valid yet"),
        ({"aud": None}, "no aud"),
        ({"aud": "elsewhere"}, "somebody else"),
        ({"sub": None}, "no sub"),
        ({"sub": ""}, "no sub"),
        ({"sub": "x" * 256}, "no sub"),
        ({"email": None}, "no email"),
        ({"email": "alex"}, "no email"),
        ({"email": ["alex@example.com"]}, "no email"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "false"}, "not verified"),
    ],
)
def test_what_is_not_good_and_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadToken) as refused:
        BOTH.check(token(**changes), NOW)
    assert reason in str(refused.value) and "alex" not in str(refused.value)


def test_a_number_for_a_subject_is_refused() -> None:
    with pytest.raises(BadToken):
        BOTH.check(by_hand({"alg": "HS256"}, claims(sub=17), SECRET.encode()), NOW)


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(by_hand({"alg": "none"}, claims(), None), id="none"),
        pytest.param(by_hand({"alg": "None"}, claims(), None), id="None"),
        pytest.param(by_hand({"alg": "HS256"}, claims(), None), id="no signature"),
        pytest.param(by_hand({"alg": "HS256"}, claims(), b""), id="empty key"),
        pytest.param(by_hand({"alg": "HS256"}, claims(), PUBLIC.encode()), id="public key as secret"),
        pytest.param(by_hand({"alg": "HS256"}, claims(), PUBLIC.strip().encode()), id="the same, trimmed"),
        pytest.param(by_hand({"alg": "HS512"}, claims(), SECRET.encode()), id="another algorithm"),
        pytest.param(by_hand({"alg": ["HS256"]}, claims(), SECRET.encode()), id="a list"),
        pytest.param(by_hand({}, claims(), SECRET.encode()), id="no algorithm"),
        pytest.param(
            by_hand({"alg": "HS256", "crit": ["x"], "x": 1}, claims(), SECRET.encode()), id="critical extension"
        ),
        pytest.param(token("another secret of thirty-two bytes"), id="another secret"),
        pytest.param(token()[:-2], id="cut"),
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="garbage"),
        pytest.param("." * 5_000, id="dots"),
        pytest.param("é.ü.ö", id="not ASCII"),
    ],
)
@pytest.mark.parametrize("keys", [BOTH, SHARED, SIGNED], ids=["both", "HS256", "RS256"])
def test_a_forged_token_proves_nothing(keys: TokenKeys, forged: str) -> None:
    with pytest.raises(BadToken):
        keys.check(forged, NOW)


def test_an_algorithm_that_is_not_configured_does_not_exist() -> None:
    with pytest.raises(BadToken):
        SIGNED.check(token(), NOW)
    with pytest.raises(BadToken):
        SHARED.check(token(PRIVATE, "RS256"), NOW)
    with pytest.raises(BadToken, match="no tokens are taken here"):
        TokenKeys({}).check(token(), NOW)


def test_keys_are_not_shown() -> None:
    assert SECRET not in repr(BOTH)

"""Passwords of the people at the desk: scrypt, with the costs beside each hash."""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata

from bot.cases.errors import BadAgent
from bot.cases.hashes import same

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
_LOG_N, _R, _P = 14, 8, 5  # 16 MB and some tenth of a second
_MEMORY = 64 * 1024 * 1024


def checked(password: str, login: str) -> str:
    """The password, if it may be one. Raises BadAgent."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadAgent("password_length", least=SHORTEST, most=LONGEST)
    if len(set(password)) < 5 or login in password.lower():
        raise BadAgent("weak_password")
    return password


def hashed(password: str) -> str:
    """The text that is stored of a password."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_LOG_N}${_R}${_P}${_text(salt)}${_text(_scrypt(password, salt, _LOG_N, _R, _P))}"


def fits(password: str, stored: str) -> bool:
    """Whether it is the password of that text."""
    _, log_n, r, p, salt, expected = stored.split("$")
    return same(_text(_scrypt(password, base64.b64decode(salt), int(log_n), int(r), int(p))), expected)


NOBODY = f"scrypt${_LOG_N}${_R}${_P}${'A' * 22}==${'A' * 43}="
"""What is compared where there is no such login, so that it takes as long: no password's hash."""


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    text = unicodedata.normalize("NFC", password).encode("utf-8", "replace")
    return hashlib.scrypt(text, salt=salt, n=2**log_n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

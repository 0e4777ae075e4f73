"""How Twilio signs what it posts: over the address and the sorted form, in base64.

With the account's token and SHA-1 (twilio.com/docs/usage/security); or, where a webhook rule names a shared key, with
that key and SHA-256, said in a second header (twilio.com/docs/usage/webhooks/webhook-shared-keys, a public beta).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlparse

from twilio.request_validator import add_port, remove_port

from bot.connectors.shared.incoming import same_text

_SETTINGS = "x-twilio-webhooks-signature-settings"
_ALGORITHM = re.compile(r"\s*algorithm\s*=\s*([A-Za-z0-9_-]+)\s*", re.ASCII)
_SHARED_KEY_ALGORITHM = "HMAC_SHA256"


@dataclass(frozen=True, repr=False)
class TwilioKeys:
    """What signatures are made with: the account's token, and the secret of a shared key, empty where there is none."""

    token: str
    shared: str = ""


def is_from_twilio(keys: TwilioKeys, headers: Mapping[str, str], url: str, body: bytes) -> bool:
    """Whether Twilio has signed this form for the address ``url``. The header that names a shared key is not signed: so
    it only says with which key to look, and that key is good for SHA-256 alone."""
    said = headers.get(_SETTINGS)
    if said is None:
        return _is_signed(keys.token, "sha1", headers, url, body)
    named = [found[1] for part in said.split(",") if (found := _ALGORITHM.fullmatch(part))]
    if named != [_SHARED_KEY_ALGORITHM] or not keys.shared:
        return False
    return _is_signed(keys.shared, "sha256", headers, url, body)


def _is_signed(key: str, digest: str, headers: Mapping[str, str], url: str, body: bytes) -> bool:
    given, address = headers.get("x-twilio-signature"), urlparse(url)
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    values = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    # Twilio signs some addresses with their port, and some without.
    expected = [
        base64.b64encode(hmac.new(key.encode(), (at + values).encode(), digest).digest()).decode()
        for at in (add_port(address), remove_port(address))
    ]
    return any(same_text(given, one) for one in expected)

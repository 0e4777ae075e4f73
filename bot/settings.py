"""Settings: environment variables with the prefix ``REFUND_DESK_``, checked before anything starts."""

from __future__ import annotations

import importlib.resources
import ipaddress
import os
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator
from pydantic.fields import ModelField

from bot.cases.business_hours import BusinessHours
from bot.policy import Policy, PolicyFileError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "REFUND_DESK_"
ACTION_SECRET_HEADER = "X-Refund-Desk-Action-Secret"  # noqa: S105
"""In which the Rasa server shows the action server the ``action_secret``."""
_SHORTEST_SECRET = 16
MESSAGING_NEEDS: dict[str, tuple[str, ...]] = {
    "slack": ("slack_bot_token", "slack_signing_secret"),
    "telegram": ("telegram_token", "telegram_secret"),
    "twilio": ("twilio_account_sid", "twilio_auth_token"),
    "whatsapp": ("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token", "whatsapp_phone_id"),
    "messenger": ("messenger_token", "messenger_app_secret", "messenger_verify_token"),
    "email": ("email_secret", "email_address"),
}
"""The settings that switch a messaging channel on: all of them, or none. The last one is asked about the others."""


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

REAL_SYSTEMS: dict[str, str] = {
    "public_url": "customers reach this server",
    "allowed_origins": "pages of a shop have the chat",
    "token_": "a shop signs its customers in",
    "gateway_": "a billing gateway",
    "stripe_": "Stripe",
    "woocommerce_": "WooCommerce",
    "slack_": "Slack",
    "telegram_": "Telegram",
    "twilio_": "Twilio",
    "whatsapp_": "WhatsApp",
    "messenger_": "Messenger",
    "meta_": "WhatsApp and Messenger",
    "email_secret": "e-mail as a channel",
    "email_address": "e-mail as a channel",
    "helpdesk": "a help desk",
}
"""What stands for a real system, by how its settings begin: beside none of them is there a demo."""
HARMLESS: frozenset[str] = frozenset(
    "home database_url keys_url secret retention_days policy verification_minutes verification_tries "
    "answer_working_days business_hours contact take_back_minutes agent_limit lead_limit trusted_proxies "
    "messages_per_minute address_messages_per_minute conversations_per_address address_requests_per_minute "
    "address_handoffs_per_hour address_connections connections redis_url action_secret second_factor email_code "
    "smtp_url mail_from billing "
    "delivery_attempts".split()
)
"""The settings that a demo may have: what they name holds no customer, and moves no money. Mail of the demo says what
it is from; `billing` can only choose among systems that are set up."""


class SettingsError(Exception):
    """A setting is missing or broken: one line that names the variable and says what to do. ``others`` are such lines
    about other settings."""

    def __init__(self, line: str, others: Sequence[str] = ()) -> None:
        super().__init__(line)
        self.others = tuple(others)


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
    """Every setting with its default. Each is described where it is declared: the page of the settings is made of this.

    A field may say more to that page: ``part`` is the heading that begins there, ``shown`` a default in words, ``page``
    the page under docs/ that tells how to use it.
    """

    home: Path = Field(
        PROJECT / "var",
        part="Data",
        description="The data folder: database, keys, secret and logs.",
        shown="`var` in the project",
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

    policy: Path | None = Field(
        None,
        part="Policy and people",
        description="The policy file.",
        shown="the embedded one",
        page="policy.md",
    )
    verification_minutes: int = Field(
        60,
        ge=1,
        le=1440,
        description="How long a customer stays verified in a conversation, and how long a lock-out lasts.",
    )
    verification_tries: int = Field(
        3, ge=1, le=10, description="Wrong pairs of order and address before a person takes over."
    )
    answer_working_days: int = Field(1, ge=1, le=30, description="By when a person is promised to answer.")
    business_hours: str = Field(
        "Mon-Fri 09:00-17:00",
        description="When people are at the desk, in the business time zone; several parts with commas, such as "
        "`Mon-Fri 09:00-17:00, Sat 10:00-12:00`, or `always`. Public holidays are closed.",
    )
    contact: str = Field("+1 888-582-6840", description="What customers are told when nothing else works.")
    take_back_minutes: int = Field(
        10,
        ge=0,
        le=10_080,
        description="How long a confirmed refund can be taken back; then the service is stopped and the money sent.",
    )
    agent_limit: Decimal = Field(
        Decimal("100.00"),
        ge=0,
        le=1_000_000,
        description="The highest refund, in USD, that an agent decides without a second person. In other currencies a "
        "second person is always asked.",
    )
    lead_limit: Decimal = Field(
        Decimal("500.00"), ge=0, le=1_000_000, description="The same for a lead. An admin has no limit."
    )
    second_factor: Literal["optional", "leads", "all"] = Field(
        "optional",
        description="Who at the desk must have a second factor, a code of an app at each sign-in, and can do nothing "
        "but set it up before: nobody, leads and admins (`leads`), or everybody (`all`).",
        page="operate.md",
    )

    trusted_proxies: str = Field(
        "127.0.0.1/32,::1/128",
        part="Web and limits",
        description="Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
        page="run.md",
    )
    allowed_origins: str = Field(
        "",
        description="Other pages whose scripts may ask: `https://shop.example,…`, exact, never `*`.",
        page="shop.md",
    )
    public_url: str = Field(
        "",
        description="Where customers reach this server, such as `https://desk.example`: what links in mails and "
        "tickets begin with. Without it they have no links.",
    )
    messages_per_minute: int = Field(60, ge=1, le=100_000, description="Messages a minute of one conversation.")
    address_messages_per_minute: int = Field(
        300, ge=1, le=100_000, description="Messages a minute of one address (of a /64 for IPv6)."
    )
    conversations_per_address: int = Field(
        100, ge=1, le=100_000, description="Conversations of one address that are active within the hour."
    )
    address_requests_per_minute: int = Field(
        600,
        ge=1,
        le=100_000,
        description="Pages and reads a minute of one address, and so many typing signals, ratings and health checks; "
        "files five times, and pages of the desk ten times as many.",
    )
    address_connections: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Open connections of one address that is no trusted proxy; streams and long polls of one address: "
        "half of it.",
    )
    connections: int = Field(
        2_000,
        ge=16,
        le=100_000,
        description="Open connections in all, at most half of the file descriptors that the process may have; streams "
        "and long polls: half of it.",
    )
    address_handoffs_per_hour: int = Field(
        6,
        ge=1,
        le=10_000,
        description="Requests for a person within the hour from one address, or account, of people who have proven no "
        "order; more are kept and shown at the desk, but don't come into its queue.",
        page="operate.md",
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        description="`redis://…`: several servers count messages together. While it is down each counts for itself.",
    )

    action_secret: Secret = Field(
        Secret(""),
        description="What the Rasa server shows the action server. `run` makes one at each start; set it where the two "
        "are started apart.",
    )
    token_secret: SecretStr = Field(
        SecretStr(""),
        part="Identity and mail",
        description="HS256 secret of the shop's signed tokens, at least 32 bytes.",
        page="reference/identity.md",
    )
    token_public_key: SecretStr = Field(
        SecretStr(""), description="RS256 public key of the shop's signed tokens, PEM, at least 2048 bits."
    )
    token_audience: str = Field("refund-desk", min_length=1, description="The `aud` that a token must have.")
    email_code: Literal["off", "required"] = Field(
        "off",
        description="`required`: order number and address are not enough, a code mailed to the order's address is "
        "asked for, too.",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."
    )
    mail_from: str = Field("", description="The sender of codes, receipts and answers by mail.")

    gateway_secret: Secret = Field(
        Secret(""),
        part="Who moves the money",
        description="At least 16 characters; signs the requests to the billing gateway and proves its answers.",
        page="connect/billing-gateway.md",
    )
    gateway_url: str = Field(
        "",
        description="Where the billing gateway is: `https://…`, or `http://…` on this machine.",
        shown="none: the embedded ledger",
        page="connect/billing-gateway.md",
    )
    gateway_attempts: int = Field(
        12,
        ge=1,
        le=50,
        description="How often a call that the billing gateway does not answer is made, within about 45 minutes, "
        "before a person has the case.",
    )
    stripe_key: Secret = Field(Secret(""), description="`rk_…` or `sk_…`.", page="connect/stripe.md")
    stripe_webhook_secret: Secret = Field(
        Secret(""), description="`whsec_…` of `/webhooks/stripe`.", shown="none: no events are taken"
    )
    stripe_url: str = Field("https://api.stripe.com", description="Where Stripe's API is; another one for tests.")
    stripe_order_field: str = Field(
        "order_number", regex=r"^[A-Za-z0-9_.-]{1,40}$", description="The metadata field with the order number."
    )
    woocommerce_key: Secret = Field(Secret(""), description="Consumer key, Read/Write.", page="connect/woocommerce.md")
    woocommerce_secret: Secret = Field(Secret(""), description="Consumer secret of that key.")
    woocommerce_webhook_secret: Secret = Field(
        Secret(""), description="Secret of `/webhooks/woocommerce`.", shown="none: no events are taken"
    )
    woocommerce_url: str = Field(
        "", description="The shop's address; its orders are read live.", page="connect/woocommerce.md"
    )
    woocommerce_numbers: Literal["id", "number"] = Field(
        "id", description="What the digits of an order number are: the order's `id`, or its own `number`."
    )
    woocommerce_stop_status: str = Field(
        "",
        regex=r"^[a-z0-9-]{0,20}$",
        description="The order status at which the shop's card system blocks a card.",
        shown="none: a person stops cards",
    )
    woocommerce_balance_field: str = Field(
        "card_balance",
        regex=r"^[A-Za-z0-9_.-]{1,100}$",
        description="The order's meta data with a card's balance.",
    )
    woocommerce_wallet: Literal["none", "terawallet"] = Field(
        "none", description="`terawallet`: where refunds to the wallet are credited."
    )
    billing: Literal["", "ledger", "rest", "stripe", "woocommerce"] = Field(
        "",
        description="Who moves the money: `ledger`, `rest` (the billing gateway), `stripe` or `woocommerce`. Needed "
        "where both Stripe and WooCommerce are set up.",
        shown="the one that is set up",
    )

    slack_bot_token: Secret = Field(
        Secret(""),
        part="Messaging channels",
        description="`xoxb-…`. With the next one it switches Slack on.",
        page="connect/slack.md",
    )
    slack_signing_secret: Secret = Field(Secret(""), description="What Slack signs its requests with.")
    slack_url: str = Field("https://slack.com/api", description="Where Slack's API is.")
    telegram_token: Secret = Field(
        Secret(""),
        description="The bot's token. With the next one it switches Telegram on.",
        page="connect/telegram.md",
    )
    telegram_secret: Secret = Field(
        Secret(""), description="What Telegram shows with every update: letters, digits, `_` and `-`."
    )
    telegram_url: str = Field("https://api.telegram.org", description="Where Telegram's API is.")
    twilio_account_sid: str = Field(
        "",
        regex=r"^(AC[0-9a-fA-F]{32})?$",
        description="`AC…`. With the token and one of the two numbers it switches Twilio on.",
        page="connect/twilio.md",
    )
    twilio_auth_token: Secret = Field(Secret(""), description="The token of that account.")
    twilio_sms_from: str = Field(
        "", regex=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})?$", description="`+…` or `MG…`: SMS."
    )
    twilio_whatsapp_from: str = Field("", regex=r"^(\+[1-9][0-9]{6,14})?$", description="`+…`: WhatsApp by Twilio.")
    twilio_url: str = Field("https://api.twilio.com", description="Where Twilio's API is.")
    whatsapp_token: Secret = Field(
        Secret(""),
        description="The access token. All four switch WhatsApp by Meta on.",
        page="connect/whatsapp.md",
    )
    whatsapp_app_secret: Secret = Field(Secret(""), description="What Meta signs its requests with.")
    whatsapp_verify_token: Secret = Field(Secret(""), description="What Meta asks back when the webhook is set up.")
    whatsapp_phone_id: str = Field("", regex=r"^[0-9]{0,30}$", description="The id of the phone number.")
    messenger_token: Secret = Field(
        Secret(""), description="The page's token. All three switch Messenger on.", page="connect/messenger.md"
    )
    messenger_app_secret: Secret = Field(Secret(""), description="What Meta signs its requests with.")
    messenger_verify_token: Secret = Field(Secret(""), description="What Meta asks back when the webhook is set up.")
    meta_url: str = Field(
        "https://graph.facebook.com/v25.0", description="Where Meta's API is, with its version: WhatsApp and Messenger."
    )
    email_secret: Secret = Field(
        Secret(""),
        description="What mail that is posted here is signed with. With the next one it switches e-mail on; answers "
        "need `REFUND_DESK_SMTP_URL`.",
        page="connect/email.md",
    )
    email_address: str = Field("", description="The address that customers write to.")
    delivery_attempts: int = Field(
        12,
        ge=1,
        le=50,
        description="How often a message that a provider does not take is brought, within about an hour, before a "
        "person has to reach the customer.",
    )

    helpdesk_url: str = Field(
        "",
        part="Help desks",
        description="Where the help desk is: `https://…`.",
        shown="none; for Slack its own",
    )
    helpdesk_token: Secret = Field(Secret(""), description="What our calls there show.")
    helpdesk_secret: Secret = Field(
        Secret(""), description="At least 16 characters; what its webhooks are signed with."
    )
    helpdesk_account: str = Field(
        "",
        regex=r"^[A-Za-z0-9._%+-]*(@[A-Za-z0-9.-]+)?$",
        description="Chatwoot: number of the account. Zendesk: e-mail address of the agent. Slack: id of the channel. "
        "E-mail: address of the team.",
    )
    helpdesk_inbox: str = Field(
        "",
        regex=r"^[A-Za-z0-9._%-]*(@[A-Za-z0-9.-]+)?$",
        description="Chatwoot: number of the inbox. E-mail: address that answers go to.",
    )
    helpdesk: Literal["own", "chatwoot", "zendesk", "freshdesk", "slack", "email", "webhook"] = Field(
        "own",
        description="Where people answer: `own` (our desk alone), `chatwoot`, `zendesk`, `freshdesk`, `slack`, `email` "
        "or `webhook`. The page of each says which of the five above it needs.",
        page="connect/index.md",
    )

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

    @validator("stripe_key", "stripe_webhook_secret")
    def _stripe_s_kinds_of_secrets(cls, secret: SecretStr, field: ModelField) -> SecretStr:
        kinds = ("whsec_",) if field.name == "stripe_webhook_secret" else ("sk_", "rk_")
        if secret and not secret.get_secret_value().startswith(kinds):
            raise ValueError(f"must start with {' or '.join(kinds)}")
        return secret

    @validator("stripe_webhook_secret")
    def _stripe_events_are_read(cls, secret: SecretStr, values: dict[str, Any]) -> SecretStr:
        if secret and not values.get("stripe_key", True):
            raise ValueError(f"needs {_either('stripe_key')}: what an event says is read from Stripe")
        return secret

    @validator("stripe_url")
    def _stripe_can_be_called(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://")
        return url

    @validator("woocommerce_url", always=True)
    def _shop_can_be_called(cls, url: str, values: dict[str, Any]) -> str:
        names = ("woocommerce_key", "woocommerce_secret", "woocommerce_webhook_secret")
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://")
        if url:
            missing = [_either(name) for name in names[:2] if not values.get(name, True)]
            if missing:
                raise ValueError(f"needs {' and '.join(missing)}")
        given = [PREFIX + name.upper() for name in names if values.get(name)]
        if given and not url:
            raise ValueError(f"is missing, though {given[0]} is set")
        return url

    @validator("billing", always=True)
    def _billing_is_set_up(cls, billing: str, values: dict[str, Any]) -> str:
        needed = {"rest": "gateway_url", "stripe": "stripe_key", "woocommerce": "woocommerce_url"}
        if billing in needed and not values.get(needed[billing], True):
            raise ValueError(f"{billing} needs {PREFIX}{needed[billing].upper()}")
        if billing:
            return billing
        shops = [name for name in ("stripe", "woocommerce") if values.get(needed[name])]
        if len(shops) > 1:
            raise ValueError("say which pays refunds, stripe or woocommerce: both are set up")
        return shops[0] if shops else "rest" if values.get("gateway_url") else "ledger"

    @validator("telegram_secret")
    def _telegram_takes_it(cls, secret: SecretStr) -> SecretStr:
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError("may have letters, digits, _ and - only, at most 256")
        return secret

    @validator("email_address")
    def _email_can_be_sent(cls, address: str) -> str:
        if address and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):
            raise ValueError("must be an e-mail address")
        return address

    @validator(*(names[-1] for names in MESSAGING_NEEDS.values()), always=True)
    def _messaging_is_whole(cls, value: Any, values: dict[str, Any], field: ModelField) -> Any:
        names = next(names for names in MESSAGING_NEEDS.values() if names[-1] == field.name)
        given = [name for name in names[:-1] if values.get(name)]
        if value:
            missing = [_either(name) for name in names[:-1] if not values.get(name, True)]
            if missing:
                raise ValueError(f"needs {' and '.join(missing)}")
        elif given:
            raise ValueError(f"is missing, though {PREFIX}{given[0].upper()} is set")
        return value

    @validator("twilio_whatsapp_from", always=True)
    def _twilio_has_a_number(cls, number: str, values: dict[str, Any]) -> str:
        numbers = number or values.get("twilio_sms_from", "?")
        if values.get("twilio_account_sid") and not numbers:
            raise ValueError(f"set it or {PREFIX}TWILIO_SMS_FROM: Twilio has to know which number sends")
        if numbers and numbers != "?" and not values.get("twilio_account_sid", True):
            raise ValueError(f"needs {PREFIX}TWILIO_ACCOUNT_SID and {_either('twilio_auth_token')}")
        return number

    @validator("twilio_url", always=True)
    def _twilio_signs_our_address(cls, url: str, values: dict[str, Any]) -> str:
        if values.get("twilio_account_sid") and not values.get("public_url", True):
            raise ValueError(f"needs {PREFIX}PUBLIC_URL: Twilio signs the address that it asks")
        return url

    @validator("email_address", always=True)
    def _email_can_be_answered(cls, address: str, values: dict[str, Any]) -> str:
        if address and not values.get("smtp_url", True):
            raise ValueError(f"needs {_either('smtp_url')} to answer")
        return address

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


def _either(name: str) -> str:
    """How to give a secret: its variable, or that of its file."""
    return f"{PREFIX}{name.upper()} (or …_FILE)"


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
        raise SettingsError(
            f"{unknown[0]} is not a setting; docs/reference/settings.md and `make docs` list those that are"
        )
    from_files = {name: _secret_of(name, variable) for name, variable in files.items() if os.environ.get(variable)}
    try:
        return Settings(**from_files)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0])
            lines.append(f"{files[name] if name in from_files else PREFIX + name.upper()}: {problem['msg']}")
        raise SettingsError(lines[0], lines[1:]) from None


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


def demo_refusal(settings: Settings) -> str | None:
    """Why there is no demo with these settings: one sentence with the setting and what to do; None if there may be one.
    Whatever is not known to be harmless counts as a real system."""
    for name, field in Settings.__fields__.items():
        if name in HARMLESS or getattr(settings, name) == field.default:
            continue
        variable, file = PREFIX + name.upper(), f"{PREFIX}{name.upper()}_FILE"
        what = next((what for start, what in REAL_SYSTEMS.items() if name.startswith(start)), "a real system")
        return (
            f"{file if file in os.environ else variable} is set ({what}), and the demo runs beside no real system: "
            "unset it, or start without --demo"
        )
    return None


def load_policy(settings: Settings) -> Policy:
    """The policy file of the settings, or the embedded one. Raises SettingsError."""
    if settings.policy is None:
        return _embedded_policy()
    try:
        return Policy.parse(settings.policy.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy} is not a text file in UTF-8") from None
    except (OSError, PolicyFileError) as error:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy}: {error}") from None


@lru_cache(maxsize=1)
def _embedded_policy() -> Policy:
    return Policy.parse(importlib.resources.files("bot.policy").joinpath("terms/policy.yml").read_text("utf-8"))

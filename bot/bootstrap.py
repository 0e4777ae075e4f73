"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from bot.cases.billing import BillingGateway
from bot.cases.helpdesk import HelpDesk
from bot.cases.hours import BusinessHours
from bot.cases.limits import Limits
from bot.cases.ports import Services
from bot.gateways.helpdesks.chatwoot import Chatwoot
from bot.gateways.helpdesks.email import EmailDesk
from bot.gateways.helpdesks.freshdesk import Freshdesk
from bot.gateways.helpdesks.slack import SlackDesk
from bot.gateways.helpdesks.webhook import WebhookDesk
from bot.gateways.helpdesks.zendesk import Zendesk
from bot.gateways.mail import SmtpMailer
from bot.gateways.paper import print_receipt
from bot.gateways.rest import RestGateway
from bot.settings import Settings, SettingsError, load_policy, load_settings
from bot.store.engine import StoreUnavailable, migrate, open_engine
from bot.store.keys import Keys, open_keys, secret_at
from bot.store.ledger import Ledger
from bot.store.unit_of_work import SqlUnitOfWork


def bootstrap(settings: Settings | None = None, clock: Callable[[], datetime] | None = None) -> Services:
    """Services over a migrated database. Raises SettingsError with one line where a setting can't be used."""
    settings = settings or load_settings()
    policy = load_policy(settings)
    keys = keys_of(settings)
    try:
        engine = open_engine(settings.database_url)
        migrate(engine, keys)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_DATABASE_URL: {error}") from error
    with SqlUnitOfWork(engine, keys) as uow:
        if not uow.personal.keys_fit():
            raise SettingsError(
                "REFUND_DESK_KEYS_URL: not the keys of the personal data in the database; bring those back, or name "
                "where they are"
            )
    clock = clock or _now
    try:
        gateway = _rest_gateway(settings) if settings.gateway_url else Ledger(engine, clock)
    except ValueError as error:
        raise SettingsError(f"REFUND_DESK_GATEWAY_URL: {error}") from None
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine, keys),
        policy=policy,
        clock=clock,
        gateway=gateway,
        take_back_minutes=settings.take_back_minutes,
        gateway_attempts=settings.gateway_attempts,
        verification_minutes=settings.verification_minutes,
        verification_tries=settings.verification_tries,
        answer_working_days=settings.answer_working_days,
        hash_key=keys.hash_key,
        conversations_per_address=settings.conversations_per_address,
        business_hours=BusinessHours.parse(settings.business_hours),
        email_code=settings.email_code == "required",
        limits=Limits(settings.agent_limit, settings.lead_limit),
        mailer=SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from) if settings.smtp_url else None,
        print_receipt=print_receipt,
        public_url=settings.public_url,
        helpdesk=open_helpdesk(settings),
    )


def _rest_gateway(settings: Settings) -> BillingGateway:
    return RestGateway(settings.gateway_url, settings.gateway_secret.get_secret_value().encode())


def open_helpdesk(settings: Settings) -> HelpDesk | None:
    """The help desk of the settings; None for our own. Raises SettingsError."""
    url, account, inbox = settings.helpdesk_url, settings.helpdesk_account, settings.helpdesk_inbox
    token, secret = settings.helpdesk_token.get_secret_value(), settings.helpdesk_secret.get_secret_value().encode()
    try:
        if settings.helpdesk == "chatwoot":
            return Chatwoot(url, int(account), int(inbox), token)
        if settings.helpdesk == "zendesk":
            return Zendesk(url, account, token)
        if settings.helpdesk == "freshdesk":
            return Freshdesk(url, token)
        if settings.helpdesk == "slack":
            return SlackDesk(url or "https://slack.com/api", token, account)
        if settings.helpdesk == "email":
            mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
            return EmailDesk(mailer, account, inbox, secret)
        if settings.helpdesk == "webhook":
            return WebhookDesk(url, secret)
    except ValueError as error:
        raise SettingsError(f"REFUND_DESK_HELPDESK_URL: {error}") from None
    return None


def keys_of(settings: Settings) -> Keys:
    """The keys that seal personal data. Raises SettingsError."""
    try:
        secret = settings.secret.get_secret_value() or secret_at(settings.home / "secret")
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_SECRET: {error}") from error
    try:
        return open_keys(settings.keys_url, secret)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_KEYS_URL: {error}") from error


def _now() -> datetime:
    return datetime.now(timezone.utc)

"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from bot.cases.ports import Services
from bot.gateways.mail import SmtpMailer
from bot.settings import Settings, SettingsError, hash_key_of, load_policy, load_settings
from bot.store.engine import StoreUnavailable, migrate, open_engine
from bot.store.unit_of_work import SqlUnitOfWork


def bootstrap(settings: Settings | None = None, clock: Callable[[], datetime] | None = None) -> Services:
    """Services over a migrated database. Raises SettingsError with one line where a setting can't be used."""
    settings = settings or load_settings()
    policy = load_policy(settings)
    try:
        engine = open_engine(settings.database_url)
        migrate(engine)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_DATABASE_URL: {error}") from error
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine),
        policy=policy,
        clock=clock or _now,
        verification_minutes=settings.verification_minutes,
        verification_tries=settings.verification_tries,
        answer_working_days=settings.answer_working_days,
        hash_key=hash_key_of(settings),
        conversations_per_address=settings.conversations_per_address,
        email_code=settings.email_code == "required",
        mailer=SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from) if settings.smtp_url else None,
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)

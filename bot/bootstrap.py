"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from bot.cases.ports import Services
from bot.settings import Settings, SettingsError, load_policy, load_settings
from bot.store.engine import StoreUnavailable, migrate, open_engine
from bot.store.keys import Keys, open_keys, read_secret, secret_at
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
    clock = clock or _now
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine, keys),
        policy=policy,
        clock=clock,
        gateway=Ledger(engine, clock),
        take_back_minutes=settings.take_back_minutes,
        gateway_attempts=settings.gateway_attempts,
        verification_minutes=settings.verification_minutes,
        verification_tries=settings.verification_tries,
        answer_working_days=settings.answer_working_days,
    )


def keys_of(settings: Settings) -> Keys:
    """The keys that seal personal data. Raises SettingsError."""
    try:
        if settings.secret is not None:
            secret = settings.secret.get_secret_value()
        elif settings.secret_file is not None:
            secret = read_secret(settings.secret_file)
        else:
            secret = secret_at(settings.home / "secret")
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_SECRET_FILE: {error}") from error
    try:
        return open_keys(settings.keys_url, secret)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_KEYS_URL: {error}") from error


def _now() -> datetime:
    return datetime.now(timezone.utc)

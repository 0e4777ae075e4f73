"""From settings to services: the only place that constructs things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from bot.cases.ports import Services
from bot.settings import Settings, SettingsError, load_policy, load_settings
from bot.store.engine import StoreUnavailable, migrate, open_engine
from bot.store.ledger import Ledger
from bot.store.unit_of_work import SqlUnitOfWork


def bootstrap(settings: Settings | None = None, clock: Callable[[], datetime] | None = None) -> Services:
    """Services over a migrated database. Raises SettingsError with one line where a setting can't be used."""
    settings = settings or load_settings()
    policy = load_policy(settings)
    try:
        engine = open_engine(settings.database_url)
        audit_key = b"placeholder"
        migrate(engine, audit_key)
    except StoreUnavailable as error:
        raise SettingsError(f"REFUND_DESK_DATABASE_URL: {error}") from error
    clock = clock or _now
    return Services(
        unit_of_work=lambda: SqlUnitOfWork(engine, audit_key),
        policy=policy,
        clock=clock,
        gateway=Ledger(engine, clock),
        take_back_minutes=settings.take_back_minutes,
        gateway_attempts=settings.gateway_attempts,
        verification_minutes=settings.verification_minutes,
        verification_tries=settings.verification_tries,
        answer_working_days=settings.answer_working_days,
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)

"""From settings to services: the only place that constructs things."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from datetime import datetime, timezone

from bot.cases.ports import Services
from bot.policy import Policy, PolicyFileError
from bot.settings import Settings, SettingsError, load_settings
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
    )


def load_policy(settings: Settings) -> Policy:
    """The policy file of the settings, or the embedded one. Raises SettingsError."""
    if settings.policy is None:
        return Policy.parse(importlib.resources.files("bot.policy").joinpath("terms/policy.yml").read_text("utf-8"))
    try:
        return Policy.parse(settings.policy.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy} is not a text file in UTF-8") from None
    except (OSError, PolicyFileError) as error:
        raise SettingsError(f"REFUND_DESK_POLICY: {settings.policy}: {error}") from None


def _now() -> datetime:
    return datetime.now(timezone.utc)

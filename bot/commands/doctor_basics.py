"""What every desk needs: policy, data folder, database, keys, model, and the servers it leans on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from sqlalchemy.engine import Engine

from bot.bootstrap import PROCESS, keys_of
from bot.commands.doctor import Check
from bot.connectors.shared.checks import CheckResult
from bot.policy import NoTermsInForce
from bot.setting_groups.limits import LimitSettings
from bot.setting_groups.returns import ReturnSettings
from bot.settings import Settings, SettingsError, demo_refusal, load_policy
from bot.store.demo import holds_demo, holds_real
from bot.store.engine import StoreUnavailable, is_new, open_engine
from bot.store.settings import StoreSettings
from bot.store.unit_of_work import SqlSnapshot
from bot.store.upgrades import schema_state, told_of_schema
from bot.training import MODEL, is_current
from bot.wording import say

_LATE = timedelta(minutes=2)
_UNREAD_DAYS = 7


def _policy(settings: Settings) -> Iterator[CheckResult]:
    try:
        terms = load_policy(settings).terms_for(datetime.now(timezone.utc))
    except SettingsError as error:
        yield CheckResult("policy", str(error), say("doctor_fix_policy"))
    except NoTermsInForce as error:
        yield CheckResult("policy", str(error), say("doctor_fix_terms"))
    else:
        yield CheckResult("policy", say("doctor_policy", version=terms.version))


def _home(settings: Settings) -> Iterator[CheckResult]:
    folder = home = settings[StoreSettings].home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        yield CheckResult("data_folder", f"{home}")
    else:
        yield CheckResult("data_folder", say("doctor_home", folder=str(home)), say("doctor_fix_home"))


def _database(settings: Settings) -> Iterator[CheckResult]:
    about = "database"
    url = settings[StoreSettings].database_url
    try:
        if is_new(url):
            yield CheckResult(about, say("doctor_database_new"))
            return
        engine = open_engine(url)
        schema = schema_state(engine)
    except StoreUnavailable as error:
        yield CheckResult(about, str(error), say("doctor_fix_database"))
        return
    found, wanted = schema.found, schema.wanted
    if found is None:
        yield CheckResult(about, say("doctor_database_empty"))
    elif not schema.known:
        says = say("doctor_database_newer", found=found, wanted=wanted)
        yield CheckResult(about, says, say("doctor_fix_program"))
    elif schema.wrong:
        says = say("schema_differs", **told_of_schema(found, schema.wrong))
        yield CheckResult(about, says, say("schema_mend"))
    elif found != wanted:
        yield CheckResult(about, say("doctor_database_older", found=found, wanted=wanted))
    else:
        yield CheckResult(about, say("doctor_database", dialect=engine.dialect.name, version=found))
        yield from _keys(settings, engine)


def _keys(settings: Settings, engine: Engine) -> Iterator[CheckResult]:
    try:
        with SqlSnapshot(engine, keys_of(settings, new=False)) as uow:
            fit = uow.personal.keys_fit()
            late = uow.outbox.count_overdue(datetime.now(timezone.utc) - _LATE)
            demo, real = holds_demo(uow), holds_real(uow)
            shipped = uow.orders.any_shipped()
            unread = uow.unread_events.since(datetime.now(timezone.utc) - timedelta(days=_UNREAD_DAYS))
    except SettingsError as error:
        yield CheckResult("keys", str(error), say("doctor_fix_lost_keys"))
        return
    if fit:
        yield CheckResult("keys", say("doctor_keys"))
    else:
        yield CheckResult("keys", say("doctor_other_keys"), say("doctor_fix_other_keys"))
    if late:
        yield CheckResult("outbox", say("doctor_outbox_late", steps=late), say("doctor_fix_outbox"))
    else:
        yield CheckResult("outbox", say("doctor_outbox"))
    for one in unread:
        last = one.last_at.isoformat(" ", "minutes")
        says = say("doctor_unread", number=one.number, days=_UNREAD_DAYS, last=last)
        yield CheckResult(one.source, says, say("doctor_fix_unread", source=one.source))
    if shipped and not settings[ReturnSettings].address:
        yield CheckResult("returns", say("doctor_no_return_address"), say("doctor_fix_no_return_address"))
    if PROCESS.demo and real:
        yield CheckResult("demo", say("doctor_real_orders"), say("doctor_fix_real_orders"))
    elif demo and not PROCESS.demo:
        yield CheckResult("demo", say("doctor_demo_orders"), say("doctor_fix_demo_orders"))


def _demo(settings: Settings) -> Iterator[CheckResult]:
    refusal = demo_refusal(settings) if PROCESS.demo else None
    if refusal is not None:
        says = say("doctor_beside_demo", variable=refusal.variable, system=refusal.values["system"])
        yield CheckResult("demo", says, say("doctor_fix_beside_demo"))


def _model(settings: Settings) -> Iterator[CheckResult]:
    if is_current():
        yield CheckResult("model", say("doctor_model"))
    else:
        found = say("doctor_model_old" if MODEL.is_file() else "doctor_model_missing")
        yield CheckResult("model", found, say("doctor_fix_model"))


def _redis(settings: Settings) -> Iterator[CheckResult]:
    url = settings[LimitSettings].redis_url.get_secret_value()
    if not url:
        yield CheckResult("redis", say("doctor_redis_unset"))
        return
    from limits.storage import RedisStorage

    try:
        works = RedisStorage(url, socket_timeout=2, socket_connect_timeout=2).check()
    except Exception:  # the libraries raise what they like
        works = False
    if works:
        yield CheckResult("redis", say("doctor_redis"))
    else:
        yield CheckResult("redis", say("doctor_redis_silent"), say("doctor_fix_redis"))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("policy", _policy),
    ("data_folder", _home),
    ("demo", _demo),
    ("database", _database),
    ("model", _model),
    ("redis", _redis),
)

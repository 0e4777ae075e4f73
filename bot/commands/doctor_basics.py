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
from bot.settings import Settings, SettingsError, demo_refusal, load_policy
from bot.store.demo import holds_demo, holds_real
from bot.store.engine import StoreUnavailable, is_new, open_engine
from bot.store.settings import StoreSettings
from bot.store.unit_of_work import SqlSnapshot
from bot.store.upgrades import schema_state, told_of_schema
from bot.training import MODEL, is_current
from bot.wording import say

_LATE = timedelta(minutes=2)


def _policy(settings: Settings) -> Iterator[CheckResult]:
    try:
        terms = load_policy(settings).terms_for(datetime.now(timezone.utc))
    except SettingsError as error:
        yield CheckResult("policy", str(error), "`refund-desk policy check FILE` says more")
    except NoTermsInForce as error:
        yield CheckResult("policy", str(error), "add a version to the policy file that is in force today")
    else:
        yield CheckResult("policy", f"version {terms.version} is in force")


def _home(settings: Settings) -> Iterator[CheckResult]:
    folder = home = settings[StoreSettings].home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        yield CheckResult("data folder", f"{home}")
    else:
        yield CheckResult("data folder", f"{home} can't be written to", "correct REFUND_DESK_HOME, or its rights")


def _database(settings: Settings) -> Iterator[CheckResult]:
    about, fix = "database", "correct REFUND_DESK_DATABASE_URL, or start the database"
    url = settings[StoreSettings].database_url
    try:
        if is_new(url):
            yield CheckResult(about, "is made at the first start")
            return
        engine = open_engine(url)
        schema = schema_state(engine)
    except StoreUnavailable as error:
        yield CheckResult(about, str(error), fix)
        return
    found, wanted = schema.found, schema.wanted
    if found is None:
        yield CheckResult(about, "is empty; its tables are made at the first start")
    elif not schema.known:
        yield CheckResult(about, f"is of version {found}, newer than this program ({wanted})", "update the program")
    elif schema.wrong:
        says = say("schema_differs", **told_of_schema(found, schema.wrong))
        yield CheckResult(about, says, say("schema_mend"))
    elif found != wanted:
        yield CheckResult(about, f"is of version {found}; the next start brings it to {wanted}")
    else:
        yield CheckResult(about, f"{engine.dialect.name}, version {found}")
        yield from _keys(settings, engine)


def _keys(settings: Settings, engine: Engine) -> Iterator[CheckResult]:
    try:
        with SqlSnapshot(engine, keys_of(settings, new=False)) as uow:
            fit = uow.personal.keys_fit()
            late = uow.outbox.count_overdue(datetime.now(timezone.utc) - _LATE)
            demo, real = holds_demo(uow), holds_real(uow)
    except SettingsError as error:
        yield CheckResult("keys", str(error), "bring back the keys' database and the secret, or correct where they are")
        return
    if fit:
        yield CheckResult("keys", "open the personal data of this database")
    else:
        fix = "name the keys and the secret that this database was begun with"
        yield CheckResult("keys", "are not those of this database", fix)
    if late:
        yield CheckResult(
            "outbox", f"{late} steps are overdue", "start the worker: `refund-desk run`, or `python -m bot.worker`"
        )
    else:
        yield CheckResult("outbox", "nothing is overdue")
    if PROCESS.demo and real:
        yield CheckResult(
            "demo", "the store holds orders that are not the demo's", "name another REFUND_DESK_HOME for it"
        )
    elif demo and not PROCESS.demo:
        fix = "`refund-desk orders clean-demo` takes them out; for the demo itself ask with --demo"
        yield CheckResult(
            "demo", "the store holds orders of the demo, whose numbers and addresses everybody knows", fix
        )


def _demo(settings: Settings) -> Iterator[CheckResult]:
    refusal = demo_refusal(settings) if PROCESS.demo else None
    if refusal is not None:
        found, _, fix = str(refusal).partition(": ")
        yield CheckResult("demo", found, fix)


def _model(settings: Settings) -> Iterator[CheckResult]:
    if is_current():
        yield CheckResult("model", "is trained from what is on disk")
    else:
        found = "is older than what it is made of" if MODEL.is_file() else "is not there"
        yield CheckResult("model", found, "`refund-desk train`; `refund-desk run` does it, too")


def _redis(settings: Settings) -> Iterator[CheckResult]:
    url = settings[LimitSettings].redis_url.get_secret_value()
    if not url:
        yield CheckResult("redis", "not set up: this server counts messages for itself")
        return
    from limits.storage import RedisStorage

    try:
        works = RedisStorage(url, socket_timeout=2, socket_connect_timeout=2).check()
    except Exception:  # the libraries raise what they like
        works = False
    if works:
        yield CheckResult("redis", "answers")
    else:
        yield CheckResult("redis", "does not answer", "correct REFUND_DESK_REDIS_URL, start Redis, or unset it")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("policy", _policy),
    ("data folder", _home),
    ("demo", _demo),
    ("database", _database),
    ("model", _model),
    ("redis", _redis),
)

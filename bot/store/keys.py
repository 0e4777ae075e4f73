"""Keys of persons and conversations: personal data is sealed with them, and forgetting a key erases what it sealed.

They are kept in a database of their own, wrapped by a master secret, so that no backup of the main database holds
any. What was sealed with a forgotten key can't be read again, wherever a copy of it lies.

KeyStoreError
├── Forgotten   the key is gone: the data has been erased
└── Damaged     the key is there, and does not fit what it is said to have sealed
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, DateTime, MetaData, String, Table, inspect, select, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.cases.identity.phones import OWN, PhoneKeys, phone_keys
from bot.store.engine import StoreUnavailable, connect_to_read, empty_write_ahead_log, is_new, open_engine

PREFIX = 16
"""How many characters of what was sealed name the key."""
CACHED_SECONDS = 5.0
"""How long a process may go on with a key that another one has forgotten."""
SHORTEST_SECRET = 32

_MOST_CACHED = 10_000
_NONCE = 12
_CANARY = "canary"  # found under any secret, and opened by the right one only
_BACKUP = "backup"  # no key, but the time of the last backup
_CREATION_LOCK = 7_310_443  # an advisory lock of PostgreSQL, beside that of the migrations
_metadata = MetaData()
_keys = Table(
    "keys",
    _metadata,
    Column("subject", String(64), primary_key=True),
    Column("key", String(100), nullable=False),
    Column("created_at", DateTime, nullable=False),
)


class KeyStoreError(Exception):
    """Base of what can go wrong with sealed data."""


class Forgotten(KeyStoreError):
    """The key has been forgotten, and the data with it."""


class Damaged(KeyStoreError):
    """The sealed data was changed, or belongs to another subject."""


def customer(customer_id: int) -> str:
    """The subject of a customer's data."""
    return f"customer:{customer_id}"


def conversation(conversation_id: str) -> str:
    """The subject of what was said in a conversation."""
    return f"conversation:{conversation_id}"


def account(agent_id: int) -> str:
    """The subject of an account's second factor."""
    return f"account:{agent_id}"


class Keys:
    """Seals and opens values with a key per subject. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, secret: str, *, new: bool = True, country: str = OWN) -> None:
        """The table is made where it is missing, unless there must have been keys before (not ``new``).
        Phone numbers without a country are read as those of ``country``.
        ``audit_key`` is what the audit chain is keyed with, ``hash_key`` that of bot.cases.hashes; by its
        ``fingerprint`` a database knows its keys. Raises StoreUnavailable, also for another secret than before."""
        self._engine = engine
        self._country = country
        self._wrapping = AESGCM(_derived(secret, "wrapping"))
        self._index = _derived(secret, "blind index")
        self.audit_key = _derived(secret, "audit chain")
        self.hash_key = _derived(secret, "hashes")
        self._cache: dict[str, tuple[float, bytes]] = {}
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATION_LOCK})
                if new:
                    _metadata.create_all(connection)
                elif not inspect(connection).has_table(_keys.name):
                    raise StoreUnavailable("no_keys")
            canary = self._key(_CANARY, create=new)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise StoreUnavailable("unusable_keys", reason=reason) from error
        if canary is None:
            raise StoreUnavailable("no_keys")
        self.fingerprint = _prefix(canary)

    def seal(self, subject: str, value: Any) -> str:
        """A value of JSON as a text that only the subject's key opens; the key is made at the first use."""
        key = self._key(subject, create=True)
        assert key is not None
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, json.dumps(value).encode(), subject.encode())
        return f"{_prefix(key)}{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, subject: str, sealed: str) -> Any:
        """The value. Raises Forgotten, and Damaged."""
        key = self._key(subject)
        if key is not None and not sealed.startswith(_prefix(key)):
            self._cache.pop(subject, None)  # another process may have forgotten the key, and made a new one
            key = self._key(subject)
        if key is None or not sealed.startswith(_prefix(key)):
            raise Forgotten(subject.partition(":")[0])
        try:
            data = base64.urlsafe_b64decode(sealed[len(_prefix(key)) :])
            return json.loads(AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], subject.encode()))
        except (InvalidTag, ValueError):
            raise Damaged(subject.partition(":")[0]) from None

    def load(self, subjects: Sequence[str], *, create: bool = False) -> None:
        """Read the keys of many subjects at once, so that what is sealed and opened next asks for none of them;
        ``create``: those that are missing are made, in one transaction. As many as are kept, at most."""
        missing = [subject for subject in dict.fromkeys(subjects) if not self._is_fresh(subject)]
        if not missing:
            return
        names = {self._name(subject): subject for subject in missing}
        query = select(_keys.c.subject, _keys.c.key).where(_keys.c.subject.in_(list(names)))
        if create:
            with self._engine.begin() as connection:
                found = {row.subject for row in connection.execute(query)}
                self._make(connection, *(subject for name, subject in names.items() if name not in found))
        with connect_to_read(self._engine) as connection:
            for row in connection.execute(query):
                self._keep(names[row.subject], row.key)

    def prefix(self, subject: str) -> str | None:
        """How everything begins that the subject's present key has sealed; None if there is no key."""
        key = self._key(subject)
        return None if key is None else _prefix(key)

    def mark_backup(self, at: datetime) -> None:
        """A backup is begun: keys without this mark, or with an earlier one, are older than its data."""
        with self._engine.begin() as connection:
            connection.execute(_keys.delete().where(_keys.c.subject == _BACKUP))
            connection.execute(_keys.insert().values(subject=_BACKUP, key=at.isoformat(), created_at=at))

    def last_backup(self) -> datetime | None:
        """When the last backup of these keys was begun."""
        with connect_to_read(self._engine) as connection:
            at = connection.execute(select(_keys.c.key).where(_keys.c.subject == _BACKUP)).scalar_one_or_none()
        return None if at is None else datetime.fromisoformat(at)

    def forget(self, *subjects: str) -> None:
        """Delete the keys: what they sealed can't be opened any more, here at once, elsewhere within seconds."""
        names = [self._name(subject) for subject in subjects]
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # overwrites what it deletes
            for start in range(0, len(names), 500):
                connection.execute(_keys.delete().where(_keys.c.subject.in_(names[start : start + 500])))
        for subject in subjects:
            self._cache.pop(subject, None)
        if self._engine.dialect.name == "sqlite":
            empty_write_ahead_log(self._engine)

    def blind(self, kind: str, value: str) -> str:
        """The blind index of a value: equal values have equal ones, and without the secret they say nothing."""
        return hmac.new(self._index, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()

    def email_index(self, email: str) -> str:
        """The blind index of an e-mail address; case and space around it make no difference."""
        return self.blind("email", email.strip().lower())

    def phone_indexes(self, phone: str | None) -> PhoneKeys:
        """The blind indexes of what a phone number is compared by."""
        keys = phone_keys(phone, self._country)
        return PhoneKeys(
            keys.whole and self.blind("phone", keys.whole), keys.national and self.blind("national", keys.national)
        )

    def _name(self, subject: str) -> str:
        # A conversation may be named by whoever writes: its name is not written here in plain.
        return _CANARY if subject == _CANARY else self.blind("subject", subject)

    def _key(self, subject: str, *, create: bool = False) -> bytes | None:
        cached = self._cache.get(subject)
        if cached and time.monotonic() - cached[0] < CACHED_SECONDS:
            return cached[1]
        query = select(_keys.c.key).where(_keys.c.subject == self._name(subject))
        with connect_to_read(self._engine) as connection:
            wrapped = connection.execute(query).scalar_one_or_none()
        if wrapped is None and create:
            with self._engine.begin() as connection:
                self._make(connection, subject)
                wrapped = connection.execute(query).scalar_one()
        if wrapped is None:
            self._cache.pop(subject, None)
            return None
        return self._keep(subject, wrapped)

    def _is_fresh(self, subject: str) -> bool:
        cached = self._cache.get(subject)
        return cached is not None and time.monotonic() - cached[0] < CACHED_SECONDS

    def _keep(self, subject: str, wrapped: str) -> bytes:
        data = base64.urlsafe_b64decode(wrapped)
        try:
            key = self._wrapping.decrypt(data[:_NONCE], data[_NONCE:], self._name(subject).encode())
        except InvalidTag:
            raise StoreUnavailable("other_secret") from None
        if len(self._cache) >= _MOST_CACHED:
            self._cache.clear()
        self._cache[subject] = (time.monotonic(), key)
        return key

    def _make(self, connection: Connection, *subjects: str) -> None:
        rows = []
        for subject in subjects:
            name, nonce = self._name(subject), os.urandom(_NONCE)
            wrapped = nonce + self._wrapping.encrypt(nonce, AESGCM.generate_key(256), name.encode())
            key = base64.urlsafe_b64encode(wrapped).decode()
            rows.append({"subject": name, "key": key, "at": datetime.now(timezone.utc)})
        if rows:
            connection.execute(
                text("INSERT INTO keys (subject, key, created_at) VALUES (:subject, :key, :at) ON CONFLICT DO NOTHING"),
                rows,
            )


def open_keys(url: str, secret: str, *, new: bool = True, country: str = OWN) -> Keys:
    """The keys at a database URL; a file of SQLite is made for its owner only, unless there must have been keys before
    (not ``new``). See Keys for ``country``. Raises StoreUnavailable."""
    if not new and is_new(url):
        raise StoreUnavailable("no_keys")
    return Keys(open_engine(url), secret, new=new, country=country)


def _read_secret(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        raise StoreUnavailable("secret_unreadable", path=str(path), reason=str(error.strerror)) from None
    except UnicodeDecodeError:
        raise StoreUnavailable("secret_no_text", path=str(path)) from None
    if len(secret) < SHORTEST_SECRET:
        raise StoreUnavailable("secret_short", path=str(path), least=SHORTEST_SECRET)
    return secret


def backup_key(secret: str) -> bytes:
    """What the manifests of backups are signed with."""
    return _derived(secret, "backups")


def secret_at(path: Path, *, new: bool = True) -> str:
    """The secret in a file, made there once however many processes start at the same time, unless there must have been
    one before (not ``new``). Raises StoreUnavailable."""
    if not path.exists() and not new:
        raise StoreUnavailable("secret_missing", path=str(path))
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)  # fails where another process was first: its secret counts
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        except OSError as error:
            raise StoreUnavailable("unusable_path", path=str(path), reason=str(error.strerror)) from None
    return _read_secret(path)


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"refund-desk {purpose}".encode(), hashlib.sha256).digest()


def _prefix(key: bytes) -> str:
    return f"v1.{hashlib.sha256(b'refund-desk key name' + key).hexdigest()[:12]}."

"""What the store knows of persons: customers, and what was said in conversations. At rest it is sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

from sqlalchemy import and_, func, inspect, or_, select, union
from sqlalchemy.engine import Connection

from bot.cases.hashes import same
from bot.cases.identity.addresses import plain_address
from bot.cases.identity.phones import PhoneKeys
from bot.cases.model import Contact, Customer
from bot.store import audit
from bot.store import keys as subjects
from bot.store import tables as t
from bot.store.keys import PREFIX, Forgotten, Keys

ERASED = "[erased]"
"""What is shown in place of words that were erased."""
ERASED_FACTS = {"erased": ERASED}

_AT_ONCE = 500
_NO_INDEX = "0" * 64  # equal to no index
_NOBODY = SimpleNamespace(email_index=_NO_INDEX)
_NO_ORDER = SimpleNamespace(phone_index=_NO_INDEX, national_index=_NO_INDEX)


_NAMELESS = {
    "sender": "",
    "address_index": None,
    "secret_hash": "",
    "bound": True,
    "subject_index": None,
    "proven_email_index": None,
    "proven_phone_index": None,
    "proven_national_index": None,
    "proven_until": None,
    "agent_id": None,
    "reply_email": None,
    "reply_address": None,
}
"""What is left of a conversation that was erased."""


class PersonalData:
    """Personal data within the transaction of a connection. Erasing forgets keys, which no rollback brings back."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    # Customers

    def customer(self, customer_id: int) -> Customer | None:
        """The customer; None once erased."""
        query = select(t.customers.c.sealed).where(t.customers.c.id == customer_id)
        known = self._known(customer_id, self._connection.execute(query).scalar_one())
        return None if known is None else Customer(customer_id, known["email"])

    def contact(self, order_id: int) -> Contact | None:
        """What the order says of its buyer; None once erased."""
        query = select(t.orders.c.customer_id, t.orders.c.contact).where(t.orders.c.id == order_id)
        known = self._known(*self._connection.execute(query).one())
        return None if known is None else Contact(**known)

    def contacts_of(self, customer_id: int) -> dict[str, Contact]:
        """What the orders under the customer's address say of their buyers, by their numbers."""
        columns = t.orders.c.number, t.orders.c.customer_id, t.orders.c.contact
        query = select(*columns).where(t.orders.c.customer_id == customer_id).order_by(t.orders.c.id)
        rows = [(row.number, self._known(row.customer_id, row.contact)) for row in self._connection.execute(query)]
        return {number: Contact(**known) for number, known in rows if known is not None}

    def _known(self, customer_id: int, sealed: str | None) -> dict[str, Any] | None:
        try:
            return None if sealed is None else self._keys.open(subjects.customer(customer_id), sealed)
        except Forgotten:
            return None

    def keys_fit(self) -> bool:
        """Whether the keys are those that the database was begun with, and not new or another one's."""
        known: str = self._connection.execute(select(t.key_store.c.fingerprint)).scalar_one()
        return known == self._keys.fingerprint

    def order_columns(self, contact: Contact) -> dict[str, Any]:
        """What an order's row holds of its buyer. The address is added where it is new; what other orders say of
        theirs stays as it is."""
        customer_id = self._customer_id(contact.email)
        indexes = self._keys.phone_indexes(contact.phone)
        return {
            "customer_id": customer_id,
            "contact": self._keys.seal(subjects.customer(customer_id), vars(contact)),
            "phone_index": indexes.whole,
            "national_index": indexes.national,
        }

    def _customer_id(self, email: str) -> int:
        index = self._keys.email_index(email)
        query = select(t.customers.c.id).where(t.customers.c.email_index == index).with_for_update()
        key: int | None = self._connection.execute(query).scalar_one_or_none()
        if key is None:
            key = self._connection.execute(t.customers.insert().values(email_index=index)).inserted_primary_key[0]
            assert key is not None
            sealed = self._keys.seal(subjects.customer(key), {"email": email})
            self._connection.execute(t.customers.update().where(t.customers.c.id == key).values(sealed=sealed))
        return key

    def customer_by_email(self, email: str) -> int | None:
        """The customer with that e-mail address."""
        query = select(t.customers.c.id).where(t.customers.c.email_index == self._keys.email_index(email))
        key: int | None = self._connection.execute(query).scalar_one_or_none()
        return key

    def email_matches(self, customer_id: int | None, email: str) -> bool:
        """Whether somebody who typed this means the customer's address."""
        query = select(t.customers.c.email_index)
        known = self._one(query, t.customers.c.id, customer_id) or _NOBODY
        as_typed = same(known.email_index, self._keys.email_index(email))
        return same(known.email_index, self._keys.email_index(plain_address(email))) or as_typed

    def phone_matches(self, order_id: int | None, phone: str) -> bool:
        """Whether it is the phone number of the order, however it is written."""
        query = select(t.orders.c.phone_index, t.orders.c.national_index)
        known = self._one(query, t.orders.c.id, order_id) or _NO_ORDER
        return PhoneKeys(known.phone_index, known.national_index).agree(self._keys.phone_indexes(phone))

    def _one(self, query: Any, column: Any, key: int | None) -> Any:
        # One query and the same comparisons whether or not there is such a row: the time says nothing.
        return self._connection.execute(query.where(column == (-1 if key is None else key))).one_or_none()

    def lock(self, customer_id: int) -> None:
        """Keep other writers from the customer and the orders until the transaction ends."""
        # Orders first, as everywhere: the other way round two writers could wait for each other.
        for query in (
            select(t.orders.c.id).where(t.orders.c.customer_id == customer_id).order_by(t.orders.c.id),
            select(t.customers.c.id).where(t.customers.c.id == customer_id),
        ):
            self._connection.execute(query.with_for_update()).all()

    def cases_of(self, customer_id: int) -> list[str]:
        """References of the cases of the customer's orders and conversations, oldest first."""
        query = (
            select(t.cases.c.reference)
            .select_from(t.cases.outerjoin(t.orders))
            .where(
                or_(
                    t.orders.c.customer_id == customer_id,
                    and_(
                        t.cases.c.order_id.is_(None), t.cases.c.conversation_id.in_(self.conversations_of(customer_id))
                    ),
                )
            )
            .order_by(t.cases.c.id)
        )
        return list(self._connection.execute(query).scalars())

    # Conversations

    def conversations_of(self, customer_id: int) -> list[str]:
        """The conversations in which the customer was verified, or a case of the customer's orders was opened."""
        query = union(
            select(t.verifications.c.conversation_id).where(t.verifications.c.customer_id == customer_id),
            select(t.cases.c.conversation_id)
            .select_from(t.cases.join(t.orders))
            .where(t.orders.c.customer_id == customer_id),
        )
        return sorted(self._connection.execute(query).scalars())

    def verifications_of(self, customer_id: int) -> list[tuple[str, datetime]]:
        """The conversations in which the customer was verified, and until when."""
        known = t.verifications.c
        query = select(known.conversation_id, known.expires_at).where(known.customer_id == customer_id)
        return [(row.conversation_id, row.expires_at) for row in self._connection.execute(query.order_by(known.id))]

    def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """The events of a conversation as Rasa stored them, without those that were erased."""
        if not self._has_events():
            return []
        query = select(t.events.c.data).where(t.events.c.sender_id == conversation_id).order_by(t.events.c.id)
        opened = (self.opened(conversation_id, data, None) for data in self._connection.execute(query).scalars())
        return [json.loads(data) for data in opened if data is not None]

    def opened(self, conversation_id: str, sealed: str | None, erased: Any) -> Any:
        """What was sealed under the conversation's key; ``erased`` if it is no more."""
        if sealed is None:
            return erased
        try:
            return self._keys.open(subjects.conversation(conversation_id), sealed)
        except Forgotten:
            return erased

    # Erasing

    def erase_customer(self, customer_id: int, at: datetime) -> None:
        """Forget the customer's key, and empty the row; orders keep pointing at it."""
        self._keys.forget(subjects.customer(customer_id))
        values = {"sealed": None, "email_index": None, "erased_at": at}
        self._connection.execute(t.customers.update().where(t.customers.c.id == customer_id).values(**values))
        nobody = {"contact": None, "phone_index": None, "national_index": None}
        self._connection.execute(t.orders.update().where(t.orders.c.customer_id == customer_id).values(**nobody))
        audit.append(self._connection, self._keys.audit_key, audit.ERASURE, customer_id, at)

    def erase_conversations(self, conversation_ids: list[str]) -> int:
        """Forget the conversations' keys and delete what was said in them; how many there were."""
        for start in range(0, len(conversation_ids), _AT_ONCE):
            self._erase_conversations(conversation_ids[start : start + _AT_ONCE])
        return len(conversation_ids)

    def _erase_conversations(self, ids: list[str]) -> None:
        self._keys.forget(*map(subjects.conversation, ids))
        here = select(t.cases.c.id).where(t.cases.c.conversation_id.in_(ids))
        codes = select(t.email_codes.c.id).where(t.email_codes.c.conversation_id.in_(ids))
        said = select(t.messages.c.id).where(t.messages.c.conversation_id.in_(ids))
        for statement in (
            t.handoffs.update().where(t.handoffs.c.case_id.in_(here)).values(transcript=None, facts=None),
            t.cases.update().where(t.cases.c.conversation_id.in_(ids)).values(reason_words=None),
            t.notes.update().where(t.notes.c.case_id.in_(here)).values(body=None),
            t.tickets.delete().where(t.tickets.c.conversation_id.in_(ids)),
            t.stranger_requests.delete().where(t.stranger_requests.c.conversation_id.in_(ids)),
            t.notices.delete().where(t.notices.c.conversation_id.in_(ids)),
            t.sent_parts.delete().where(t.sent_parts.c.message_id.in_(said)),
            t.messages.delete().where(t.messages.c.conversation_id.in_(ids)),
            t.misunderstood.delete().where(t.misunderstood.c.conversation_id.in_(ids)),
            t.verifications.delete().where(t.verifications.c.conversation_id.in_(ids)),
            t.verification_attempts.delete().where(t.verification_attempts.c.conversation_id.in_(ids)),
            t.secret_changes.delete().where(t.secret_changes.c.conversation_id.in_(ids)),
            t.mails.delete().where(t.mails.c.code_id.in_(codes)),
            t.email_codes.delete().where(t.email_codes.c.conversation_id.in_(ids)),
            # The id stays taken: nobody is to come into what is left of the conversation.
            t.conversations.update().where(t.conversations.c.id.in_(ids)).values(**_NAMELESS),
        ):
            self._connection.execute(statement)
        if self._has_events():
            self._connection.execute(t.events.delete().where(t.events.c.sender_id.in_(ids)))

    def finish_erasures(self, at: datetime) -> tuple[int, int]:
        """Erase whoever's key was forgotten after a backup of the rows was made; how many customers and conversations
        that were. Only where the keys are those of now, or at least of after the backup."""
        rows = self._connection.execute(select(t.customers.c.id, t.customers.c.sealed)).all()
        customers = [row.id for row in rows if row.sealed and not self._opens(subjects.customer(row.id), {row.sealed})]
        gone = {name for key in customers for name in self.conversations_of(key)}
        for key in customers:
            self.erase_customer(key, at)
        said: dict[str, set[str]] = {}
        sealed = [
            (t.messages.c.conversation_id, t.messages.c.body),
            (t.cases.c.conversation_id, t.cases.c.reason_words),
            (t.conversations.c.id, t.conversations.c.reply_address),
        ]
        queries = [select(name, func.substr(body, 1, PREFIX)).where(body.isnot(None)) for name, body in sealed]
        handed = select(t.cases.c.conversation_id, func.substr(t.handoffs.c.transcript, 1, PREFIX))
        queries.append(handed.join(t.handoffs).where(t.handoffs.c.transcript.isnot(None)))
        if self._has_events():
            queries.append(select(t.events.c.sender_id, func.substr(t.events.c.data, 1, PREFIX)))
        for query in queries:
            for name, prefix in self._connection.execute(query.distinct()):
                said.setdefault(name, set()).add(prefix)
        gone |= {name for name, prefixes in said.items() if not self._opens(subjects.conversation(name), prefixes)}
        return len(customers), self.erase_conversations(sorted(gone))

    def _opens(self, subject: str, sealed: set[str]) -> bool:
        prefix = self._keys.prefix(subject)
        return prefix is not None and any(text.startswith(prefix) for text in sealed)

    # What is old

    def idle_customers(self, before: datetime) -> list[int]:
        """Customers of whom nothing is newer: no order, no case, no conversation."""
        moved = t.cases.c.id.in_(_moved_cases(before))
        kept = [
            select(t.orders.c.customer_id).where(t.orders.c.placed_at >= before),
            select(t.orders.c.customer_id).select_from(t.orders.join(t.cases)).where(moved),
        ]
        recent = self._recent_conversations(before)
        busy = {key for query in kept for key in self._connection.execute(query).scalars()}
        busy |= {owner for owner, conversation_id in self._owners() if conversation_id in recent}
        known = select(t.customers.c.id).where(t.customers.c.erased_at.is_(None)).order_by(t.customers.c.id)
        return [key for key in self._connection.execute(known).scalars() if key not in busy]

    def idle_conversations(self, before: datetime) -> list[str]:
        """Conversations of no customer in which nothing happened since; not those that hold nothing any more."""
        busy = self._recent_conversations(before) | {conversation_id for _, conversation_id in self._owners()}
        holding = [
            select(t.verifications.c.conversation_id),
            select(t.verification_attempts.c.conversation_id),
            select(t.email_codes.c.conversation_id),
            select(t.messages.c.conversation_id).distinct(),
            select(t.conversations.c.id).where(t.conversations.c.sender != ""),
            select(t.cases.c.conversation_id).where(t.cases.c.reason_words.isnot(None)),
            select(t.cases.c.conversation_id)
            .select_from(t.cases.join(t.handoffs))
            .where(t.handoffs.c.transcript.isnot(None)),
            select(t.cases.c.conversation_id).select_from(t.cases.join(t.notes)).where(t.notes.c.body.isnot(None)),
        ]
        if self._has_events():
            holding.append(select(t.events.c.sender_id).distinct())
        return sorted(self._all(holding) - busy)

    def _recent_conversations(self, before: datetime) -> set[str]:
        recent = [
            select(t.verifications.c.conversation_id).where(t.verifications.c.expires_at >= before),
            select(t.verification_attempts.c.conversation_id).where(t.verification_attempts.c.at >= before),
            select(t.conversations.c.id).where(t.conversations.c.last_at >= before),
            select(t.cases.c.conversation_id).where(t.cases.c.id.in_(_moved_cases(before))),
            select(t.messages.c.conversation_id).where(t.messages.c.at >= before).distinct(),
        ]
        if self._has_events():
            since = before.astimezone(timezone.utc).timestamp()
            newest = select(t.events.c.sender_id).group_by(t.events.c.sender_id)
            recent.append(newest.having(func.max(t.events.c.timestamp) >= since))
        return self._all(recent)

    def _owners(self) -> list[tuple[int, str]]:
        """Customers who were not erased, and their conversations."""
        queries = [
            select(t.verifications.c.customer_id, t.verifications.c.conversation_id).join(t.customers),
            select(t.orders.c.customer_id, t.cases.c.conversation_id).select_from(
                t.cases.join(t.orders).join(t.customers)
            ),
        ]
        return [
            (owner, conversation_id)
            for query in queries
            for owner, conversation_id in self._connection.execute(query.where(t.customers.c.erased_at.is_(None)))
        ]

    def _all(self, queries: Iterable[Any]) -> set[str]:
        return {found for query in queries for found in self._connection.execute(query).scalars()}

    def _has_events(self) -> bool:
        known: bool = inspect(self._connection).has_table(t.events.name)
        return known


def _moved_cases(since: datetime) -> Any:
    moved = select(t.case_log.c.case_id).where(t.case_log.c.at >= since)
    return select(t.cases.c.id).where(or_(t.cases.c.created_at >= since, t.cases.c.id.in_(moved)))

"""What the store knows of a person: where it is, since when nothing of it has moved, and how all of it is erased."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import and_, func, inspect, or_, select, union

from bot.store import audit
from bot.store import keys as subjects
from bot.store import tables as t
from bot.store.keys import PREFIX
from bot.store.rows import Repository

_AT_ONCE = 500
_NAMELESS = {
    "sender": "",
    "address_index": None,
    "secret_hash": "",
    "bound": True,
    "subject_index": None,
    "other_name_index": None,
    "proven_email_index": None,
    "proven_phone_index": None,
    "proven_national_index": None,
    "proven_until": None,
    "agent_id": None,
    "reply_email": None,
    "reply_address": None,
}
"""What is left of a conversation that was erased."""


class PersonalDataRepository(Repository):
    """See bot.cases.ports.personal_data.PersonalData. Erasing forgets keys, which no rollback brings back."""

    def keys_fit(self) -> bool:
        """Whether the keys are those that the database was begun with, and not new or another one's."""
        known: str = self.connection.execute(select(t.key_store.c.fingerprint)).scalar_one()
        return known == self.keys.fingerprint

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
        return list(self.connection.execute(query).scalars())

    # Conversations

    def conversations_of(self, customer_id: int) -> list[str]:
        """The conversations in which the customer was verified, or a case of the customer's orders was opened."""
        query = union(
            select(t.verifications.c.conversation_id).where(t.verifications.c.customer_id == customer_id),
            select(t.cases.c.conversation_id)
            .select_from(t.cases.join(t.orders))
            .where(t.orders.c.customer_id == customer_id),
        )
        return sorted(self.connection.execute(query).scalars())

    def verifications_of(self, customer_id: int) -> list[tuple[str, datetime]]:
        """The conversations in which the customer was verified, and until when."""
        known = t.verifications.c
        query = select(known.conversation_id, known.expires_at).where(known.customer_id == customer_id)
        return [(row.conversation_id, row.expires_at) for row in self.connection.execute(query.order_by(known.id))]

    def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """The events of a conversation as Rasa stored them, without those that were erased."""
        if not self._has_events():
            return []
        query = select(t.events.c.data).where(t.events.c.sender_id == conversation_id).order_by(t.events.c.id)
        opened = (self.opened(conversation_id, data, None) for data in self.connection.execute(query).scalars())
        return [json.loads(data) for data in opened if data is not None]

    # Erasing

    def erase_customer(self, customer_id: int, at: datetime) -> None:
        """Forget the customer's key, and empty the row; orders keep pointing at it. Once: who was erased stays so."""
        self.keys.forget(subjects.customer(customer_id))
        values = {"sealed": None, "email_index": None, "erased_at": at}
        known = t.customers.update().where(t.customers.c.id == customer_id, t.customers.c.erased_at.is_(None))
        if self.connection.execute(known.values(**values)).rowcount == 0:
            return
        nobody = {"contact": None, "phone_index": None, "national_index": None}
        self.connection.execute(t.orders.update().where(t.orders.c.customer_id == customer_id).values(**nobody))
        audit.append(self.connection, self.keys.audit_key, audit.ERASURE, customer_id, at)

    def erase_conversations(self, conversation_ids: list[str]) -> int:
        """Forget the conversations' keys and delete what was said in them; how many there were."""
        for start in range(0, len(conversation_ids), _AT_ONCE):
            self._erase_conversations(conversation_ids[start : start + _AT_ONCE])
        return len(conversation_ids)

    def _erase_conversations(self, ids: list[str]) -> None:
        self.keys.forget(*map(subjects.conversation, ids))
        here = select(t.cases.c.id).where(t.cases.c.conversation_id.in_(ids))
        codes = select(t.email_codes.c.id).where(t.email_codes.c.conversation_id.in_(ids))
        said = select(t.messages.c.id).where(t.messages.c.conversation_id.in_(ids))
        for statement in (
            t.handoffs.update().where(t.handoffs.c.case_id.in_(here)).values(transcript=None, facts=None),
            t.cases.update().where(t.cases.c.conversation_id.in_(ids)).values(**t.WORDLESS_CASE),
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
            self.connection.execute(statement)
        if self._has_events():
            self.connection.execute(t.events.delete().where(t.events.c.sender_id.in_(ids)))

    def finish_erasures(self, at: datetime) -> tuple[int, int]:
        """Erase whoever's key was forgotten after a backup of the rows was made; how many customers and conversations
        that were. Only where the keys are those of now, or at least of after the backup."""
        rows = self.connection.execute(select(t.customers.c.id, t.customers.c.sealed)).all()
        customers = [row.id for row in rows if row.sealed and not self._opens(subjects.customer(row.id), {row.sealed})]
        gone = {name for key in customers for name in self.conversations_of(key)}
        for key in customers:
            self.erase_customer(key, at)
        said: dict[str, set[str]] = {}
        sealed = [
            (t.messages.c.conversation_id, t.messages.c.body),
            *((t.cases.c.conversation_id, t.cases.c[name]) for name in t.WORDLESS_CASE),
            (t.conversations.c.id, t.conversations.c.reply_address),
        ]
        queries = [select(name, func.substr(body, 1, PREFIX)).where(body.isnot(None)) for name, body in sealed]
        handed = select(t.cases.c.conversation_id, func.substr(t.handoffs.c.transcript, 1, PREFIX))
        queries.append(handed.join(t.handoffs).where(t.handoffs.c.transcript.isnot(None)))
        if self._has_events():
            queries.append(select(t.events.c.sender_id, func.substr(t.events.c.data, 1, PREFIX)))
        for query in queries:
            for name, prefix in self.connection.execute(query.distinct()):
                said.setdefault(name, set()).add(prefix)
        gone |= {name for name, prefixes in said.items() if not self._opens(subjects.conversation(name), prefixes)}
        return len(customers), self.erase_conversations(sorted(gone))

    def _opens(self, subject: str, sealed: set[str]) -> bool:
        prefix = self.keys.prefix(subject)
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
        busy = {key for query in kept for key in self.connection.execute(query).scalars()}
        busy |= {owner for owner, conversation_id in self._owners() if conversation_id in recent}
        known = select(t.customers.c.id).where(t.customers.c.erased_at.is_(None)).order_by(t.customers.c.id)
        return [key for key in self.connection.execute(known).scalars() if key not in busy]

    def idle_conversations(self, before: datetime) -> list[str]:
        """Conversations of no customer in which nothing happened since; not those that hold nothing any more."""
        busy = self._recent_conversations(before) | {conversation_id for _, conversation_id in self._owners()}
        holding = [
            select(t.verifications.c.conversation_id),
            select(t.verification_attempts.c.conversation_id),
            select(t.email_codes.c.conversation_id),
            select(t.messages.c.conversation_id).distinct(),
            select(t.conversations.c.id).where(t.conversations.c.sender != ""),
            *(select(t.cases.c.conversation_id).where(t.cases.c[name].isnot(None)) for name in t.WORDLESS_CASE),
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
            for owner, conversation_id in self.connection.execute(query.where(t.customers.c.erased_at.is_(None)))
        ]

    def _all(self, queries: Iterable[Any]) -> set[str]:
        return {found for query in queries for found in self.connection.execute(query).scalars()}

    def _has_events(self) -> bool:
        known: bool = inspect(self.connection).has_table(t.events.name)
        return known


def _moved_cases(since: datetime) -> Any:
    moved = select(t.case_log.c.case_id).where(t.case_log.c.at >= since)
    return select(t.cases.c.id).where(or_(t.cases.c.created_at >= since, t.cases.c.id.in_(moved)))

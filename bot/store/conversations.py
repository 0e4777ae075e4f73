"""Who writes in which conversation, what was verified there, and the codes that are mailed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.cases.model import Conversation, DueMail, EmailCode, Proven, SecretChange, StoredOrder
from bot.store import tables as t
from bot.store.rows import Rows


class ConversationRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    # Verification

    def proven(self, conversation_id: str, now: datetime) -> Proven:
        """What this conversation may see."""
        known = t.verifications.c
        query = select(known.order_id, known.customer_id, known.address_proven).where(
            known.conversation_id == conversation_id, known.expires_at > now
        )
        rows = self.connection.execute(query).all()
        return Proven(
            frozenset(row.order_id for row in rows if row.order_id is not None),
            frozenset(row.customer_id for row in rows if row.address_proven),
        )

    def add_order_proof(self, conversation_id: str, order: StoredOrder, expires_at: datetime) -> None:
        """Let the conversation see this order, and no other, until ``expires_at``."""
        self._add_proof(conversation_id, order.customer_id, order.id, False, expires_at)

    def add_address_proof(self, conversation_id: str, customer_id: int, expires_at: datetime) -> None:
        """Let the conversation see all orders of the customer until ``expires_at``."""
        self._add_proof(conversation_id, customer_id, None, True, expires_at)

    def _add_proof(
        self, conversation_id: str, customer_id: int, order_id: int | None, address_proven: bool, expires_at: datetime
    ) -> None:
        values = {"conversation_id": conversation_id, "customer_id": customer_id, "order_id": order_id}
        insert = t.verifications.insert().values(**values, address_proven=address_proven, expires_at=expires_at)
        self.connection.execute(insert)

    def attempt(self, conversation_id: str, message_id: str) -> bool | None:
        """Whether the attempt of that message passed; None if it made none."""
        made = t.verification_attempts.c
        query = select(made.passed).where(made.conversation_id == conversation_id, made.message_id == message_id)
        passed: bool | None = self.connection.execute(query).scalar_one_or_none()
        return passed

    def add_attempt(
        self,
        conversation_id: str,
        message_id: str,
        order_number: str,
        at: datetime,
        passed: bool,
        address_index: str | None = None,
    ) -> None:
        """Remember one attempt; a message makes one at most. ``address_index``: where its tries are counted, too."""
        values = {"conversation_id": conversation_id, "message_id": message_id, "order_number": order_number}
        attempt = t.verification_attempts.insert().values(at=at, passed=passed, address_index=address_index, **values)
        self.connection.execute(attempt)

    def failed_attempts(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
    ) -> list[datetime]:
        """When attempts failed since then, oldest first: those of a conversation, for an order number, from an address,
        as far as given. What a clock that was set back left in the future counts as well."""
        made = t.verification_attempts.c
        query = select(made.at).where(made.passed.is_(False), made.at > since)
        for column, value in (
            (made.conversation_id, conversation_id),
            (made.order_number, order_number),
            (made.address_index, address_index),
        ):
            if value is not None:
                query = query.where(column == value)
        return list(self.connection.execute(query.order_by(made.at)).scalars())

    def has_passed(self, order_number: str, *, conversation_id: str | None = None, address_index: str = "") -> bool:
        """Whether an attempt for the order number has ever passed, in a conversation or from an address."""
        made = t.verification_attempts.c
        whose = (
            made.address_index == address_index if conversation_id is None else made.conversation_id == conversation_id
        )
        query = select(func.count()).where(whose, made.order_number == order_number, made.passed.is_(True))
        return bool(self.connection.execute(query).scalar_one())

    # Codes by mail

    def has_code(self, conversation_id: str, message_id: str) -> bool:
        """Whether this message has asked for a code."""
        asked = t.email_codes.c
        query = select(func.count()).where(asked.conversation_id == conversation_id, asked.message_id == message_id)
        return bool(self.connection.execute(query).scalar_one())

    def codes_since(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
        contact_index: str | None = None,
    ) -> list[datetime]:
        """When codes were asked for since then, oldest first: in a conversation, for an order number, from an address,
        with the same proof, as far as given."""
        asked = t.email_codes.c
        query = select(asked.created_at).where(asked.created_at > since)
        for column, value in (
            (asked.conversation_id, conversation_id),
            (asked.order_number, order_number),
            (asked.address_index, address_index),
            (asked.contact_index, contact_index),
        ):
            if value is not None:
                query = query.where(column == value)
        return list(self.connection.execute(query.order_by(asked.created_at)).scalars())

    def add_code(self, **values: Any) -> int:
        """A new code; its id."""
        insert = t.email_codes.insert().values(tries=0, used=False, **values)
        key: int = self.connection.execute(insert).inserted_primary_key[0]
        return key

    def newest_code(self, conversation_id: str, order_number: str) -> EmailCode | None:
        """The last code that was asked for there; those before it are void."""
        asked = t.email_codes.c
        query = select(*_code_columns()).where(
            asked.conversation_id == conversation_id, asked.order_number == order_number
        )
        row = self.connection.execute(query.order_by(asked.id.desc()).limit(1)).one_or_none()
        return None if row is None else EmailCode(**row._mapping)

    def change_code(self, code_id: int, **values: Any) -> None:
        """Set columns of a code."""
        self.connection.execute(t.email_codes.update().where(t.email_codes.c.id == code_id).values(**values))

    def add_mail(self, code_id: int, due_at: datetime) -> None:
        """Have the mail with this code sent."""
        self.connection.execute(t.mails.insert().values(code_id=code_id, due_at=due_at, tries=0))

    def take_due_mails(self, now: datetime, until: datetime) -> list[DueMail]:
        """The mails that are due, some at a time; nobody else gets them before ``until``."""
        due = select(t.mails.c.id, t.mails.c.tries, t.mails.c.code_id).where(t.mails.c.due_at <= now)
        rows = self.connection.execute(due.order_by(t.mails.c.id).limit(20).with_for_update(skip_locked=True)).all()
        mails = []
        for row in rows:
            taken = t.mails.update().where(t.mails.c.id == row.id).values(due_at=until, tries=row.tries + 1)
            self.connection.execute(taken)
            code = self.connection.execute(select(*_code_columns()).where(t.email_codes.c.id == row.code_id)).one()
            mails.append(DueMail(row.id, row.tries, EmailCode(**code._mapping)))
        return mails

    def put_off_mail(self, mail_id: int, due_at: datetime) -> None:
        """Try a mail again then."""
        self.connection.execute(t.mails.update().where(t.mails.c.id == mail_id).values(due_at=due_at))

    def remove_mail(self, mail_id: int) -> None:
        """A mail that was sent, or never will be."""
        self.connection.execute(t.mails.delete().where(t.mails.c.id == mail_id))

    # Conversations

    def exclude_others(self, name: str) -> None:
        """Wait until no other transaction holds this name, and hold it to the end. SQLite excludes them anyway."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation of that id."""
        query = select(t.conversations).where(t.conversations.c.id == conversation_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _conversation(row)

    def conversations_named(self, channel: str, sender: str) -> list[Conversation]:
        """What clients of a channel call by that name, the newest first."""
        known = t.conversations.c
        query = select(t.conversations).where(known.channel == channel, known.sender == sender)
        return [_conversation(row) for row in self.connection.execute(query.order_by(known.last_at.desc()))]

    def add_conversation(self, conversation: Conversation) -> bool:
        """A new one; False where its id is taken."""
        insert = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        values = _conversation_row(vars(conversation))
        done = self.connection.execute(insert(t.conversations).values(**values).on_conflict_do_nothing())
        return bool(done.rowcount == 1)

    def change_conversation(self, conversation_id: str, **values: Any) -> None:
        """Set what is known of a conversation."""
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(**_conversation_row(values)))

    def prepare_secret(self, change: SecretChange) -> SecretChange:
        """Keep what a message would make of its client's secret; what was kept before, where it has come before."""
        insert = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        done = self.connection.execute(insert(t.secret_changes).values(**vars(change)).on_conflict_do_nothing())
        kept = None if done.rowcount == 1 else self.prepared_secret(change.conversation_id, change.message_id)
        return kept or change

    def spoil_secret(self, change: SecretChange) -> None:
        """Let nobody have what the message makes of its client's secret."""
        self._change_secret(change, sender_hash="")

    def prepared_secret(self, conversation_id: str, message_id: str) -> SecretChange | None:
        """What a message would make, or has made, of its client's secret; None where it has none."""
        kept = t.secret_changes.c
        query = select(t.secret_changes).where(kept.conversation_id == conversation_id, kept.message_id == message_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else SecretChange(**row._mapping)

    def secret_is_good(self, change: SecretChange, secret_hash: str) -> None:
        """The message has proven something: this secret took the place of the one that it was sent with."""
        self._change_secret(change, secret_hash=secret_hash)

    def _change_secret(self, change: SecretChange, **values: Any) -> None:
        kept = t.secret_changes.c
        of_message = and_(kept.conversation_id == change.conversation_id, kept.message_id == change.message_id)
        self.connection.execute(t.secret_changes.update().where(of_message).values(**values))

    def former_secret(self, secret_hash: str) -> str | None:
        """The hash of the secret whose place this one took, if any."""
        query = select(t.secret_changes.c.former_hash).where(t.secret_changes.c.secret_hash == secret_hash).limit(1)
        former: str | None = self.connection.execute(query).scalar_one_or_none()
        return former

    def active_since(self, address_index: str, since: datetime) -> list[datetime]:
        """When the conversations of a limited address were last written in, oldest first; those since then."""
        known = t.conversations.c
        of_address = and_(known.address_index == address_index, known.address_limited.is_(True))
        query = select(known.last_at).where(of_address, known.last_at > since)
        return list(self.connection.execute(query.order_by(known.last_at)).scalars())


def _code_columns() -> list[Any]:
    return [t.email_codes.c[name] for name in EmailCode.__dataclass_fields__]


def _conversation_row(values: dict[str, Any]) -> dict[str, Any]:
    row = dict(values)
    if "secret_hashes" in row:
        row["secret_hash"] = " ".join(row.pop("secret_hashes"))
    return row


def _conversation(row: Any) -> Conversation:
    values = dict(row._mapping)
    secrets = tuple(values.pop("secret_hash").split())
    return Conversation(**values, secret_hashes=secrets)

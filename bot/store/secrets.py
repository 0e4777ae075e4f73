"""The secrets of conversations' clients: what a message makes of one."""

from __future__ import annotations

from sqlalchemy import and_, select

from bot.cases.model import SecretChange
from bot.store import tables as t
from bot.store.rows import Repository, insert_new


class SecretRepository(Repository):
    """See bot.cases.ports.secrets.Secrets."""

    def prepare(self, change: SecretChange) -> SecretChange:
        """Keep what a message would make of its client's secret; what was kept before, where it has come before."""
        if insert_new(self.connection, t.secret_changes, vars(change)) is not None:
            return change
        return self.prepared(change.conversation_id, change.message_id) or change

    def spoil(self, change: SecretChange) -> None:
        """Let nobody have what the message makes of its client's secret."""
        self._change(change, sender_hash="")

    def prepared(self, conversation_id: str, message_id: str) -> SecretChange | None:
        """What a message would make, or has made, of its client's secret; None where it has none."""
        kept = t.secret_changes.c
        query = select(t.secret_changes).where(kept.conversation_id == conversation_id, kept.message_id == message_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else SecretChange(**row._mapping)

    def confirm(self, change: SecretChange, secret_hash: str) -> None:
        """The message has proven something: this secret took the place of the one that it was sent with."""
        self._change(change, secret_hash=secret_hash)

    def former(self, secret_hash: str) -> str | None:
        """The hash of the secret whose place this one took, if any."""
        query = select(t.secret_changes.c.former_hash).where(t.secret_changes.c.secret_hash == secret_hash).limit(1)
        former: str | None = self.connection.execute(query).scalar_one_or_none()
        return former

    def _change(self, change: SecretChange, **hashes: str) -> None:
        kept = t.secret_changes.c
        of_message = and_(kept.conversation_id == change.conversation_id, kept.message_id == change.message_id)
        self.connection.execute(t.secret_changes.update().where(of_message).values(**hashes))

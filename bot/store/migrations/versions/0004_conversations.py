"""Conversations, the address of an attempt, codes by mail and mails to send."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=128), nullable=False),
        sa.Column("address_index", sa.String(length=64), nullable=True),
        sa.Column("address_limited", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.String(length=300), nullable=False),
        sa.Column("bound", sa.Boolean(), nullable=False),
        sa.Column("subject_index", sa.String(length=64), nullable=True),
        sa.Column("proven_email_index", sa.String(length=64), nullable=True),
        sa.Column("proven_phone_index", sa.String(length=64), nullable=True),
        sa.Column("proven_national_index", sa.String(length=64), nullable=True),
        sa.Column("proven_until", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_conversations_channel_sender", "conversations", ["channel", "sender"])
    op.create_index("ix_conversations_address_index_last_at", "conversations", ["address_index", "last_at"])
    with op.batch_alter_table("verification_attempts") as attempts:
        attempts.add_column(sa.Column("address_index", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_verification_attempts_address_index"), "verification_attempts", ["address_index"])
    op.create_table(
        "email_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("message_id", sa.String(length=100), nullable=False),
        sa.Column("order_number", sa.String(length=9), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "message_id"),
    )
    op.create_index(op.f("ix_email_codes_order_number"), "email_codes", ["order_number"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["email_codes.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_mails_due_at"), "mails", ["due_at"])
    _close_those_of_before()


def _close_those_of_before() -> None:
    """Whose they are is not known: nobody gets at them by their name, and nobody is given it again."""
    bind = op.get_bind()
    sources = [("cases", "conversation_id"), ("verifications", "conversation_id")]
    sources += [("verification_attempts", "conversation_id")]
    if sa.inspect(bind).has_table("events"):  # of Rasa, in the same database
        sources.append(("events", "sender_id"))
    names = " UNION ".join(f"SELECT {column} AS id FROM {table}" for table, column in sources)  # noqa: S608
    bind.execute(
        sa.text(
            "INSERT INTO conversations (id, channel, sender, address_limited, secret_hash, bound, created_at, last_at) "  # noqa: S608
            "SELECT id, 'before', '', :no, '', :yes, :then, :then "
            f"FROM ({names}) AS known WHERE id IS NOT NULL"
        ).bindparams(
            sa.bindparam("no", False, sa.Boolean()),
            sa.bindparam("yes", True, sa.Boolean()),
            sa.bindparam("then", datetime(2000, 1, 1), sa.DateTime()),  # noqa: DTZ001
        )
    )

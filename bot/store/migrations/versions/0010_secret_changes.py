"""Secrets of clients that are replaced when a message proves whose order it is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "secret_changes",
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("former_hash", sa.String(length=64), nullable=True),
        sa.Column("sender_hash", sa.String(length=64), nullable=False),
        sa.Column("address_index", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=21), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", "message_id"),
    )
    op.create_index(op.f("ix_secret_changes_secret_hash"), "secret_changes", ["secret_hash"])

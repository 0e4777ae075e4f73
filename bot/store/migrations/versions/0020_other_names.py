"""Whoever a provider knows by two names is one customer, also once it shows only one of them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("other_name_index", sa.String(64)))
    op.create_index("ix_conversations_other_name_index", "conversations", ["other_name_index"])

"""A case keeps how it was asked for. Those from before were decided as if all had come by chat."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("cases", sa.Column("channel", sa.String(length=20), server_default="chat", nullable=False))

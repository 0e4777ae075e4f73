"""Renewed quotes are found without a look at the rest of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_RENEWED = sa.text("to_state = 'quoted' AND from_state IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_case_log_renewed_quotes",
        "case_log",
        ["case_id", "at"],
        sqlite_where=_RENEWED,
        postgresql_where=_RENEWED,
    )

"""The cause of a move of a case is a code with values; rows from before keep their words."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # Not in a batch, which would make the table anew on SQLite, without the triggers that keep its rows.
    op.add_column("case_log", sa.Column("cause_values", sa.JSON(), nullable=True))

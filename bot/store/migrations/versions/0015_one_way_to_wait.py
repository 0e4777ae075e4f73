"""Work that waits has the same columns wherever it does: next_at, attempts, lease_until.

What was in hand had its time set to the end of that; it is due then, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for table in ("mails", "notices"):
        op.drop_index(f"ix_{table}_due_at", table)
        op.execute(f"ALTER TABLE {table} RENAME COLUMN due_at TO next_at")
        op.create_index(f"ix_{table}_next_at", table, ["next_at"])
    for table in ("mails", "notices", "tickets"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN tries TO attempts")
        op.add_column(table, sa.Column("lease_until", sa.DateTime()))

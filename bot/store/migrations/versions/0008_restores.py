"""When the store went back to a backup. And what the first form of 0002 left out: a refund that was confirmed before
there was an outbox waits in it."""

from datetime import datetime, timezone

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("backup_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    op.get_bind().execute(
        sa.text(
            "INSERT INTO outbox (case_id, decision_id, step, state, key, payload, attempts, created_at, next_at) "
            "SELECT cases.id, MAX(decisions.id), 'stop_service', 'waiting', cases.reference || '-stop_service', "
            "'{}', 0, :now, :now FROM cases JOIN decisions ON decisions.case_id = cases.id "
            "WHERE cases.state = 'confirmed' AND cases.id NOT IN (SELECT case_id FROM outbox) "
            "GROUP BY cases.id, cases.reference"
        ).bindparams(sa.bindparam("now", now, sa.DateTime()))
    )

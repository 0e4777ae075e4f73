"""A card on its way back has a tracking number and perhaps a label, and its customer is reminded of it once."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_AWAITS_RETURN = sa.text("state = 'awaiting_return'")


def upgrade() -> None:
    op.add_column("cases", sa.Column("tracking_number", sa.Text()))
    op.add_column("cases", sa.Column("return_label", sa.Text()))
    op.add_column("cases", sa.Column("reminded_at", sa.DateTime()))
    op.create_index(
        "ix_cases_awaiting_return",
        "cases",
        ["id"],
        sqlite_where=_AWAITS_RETURN,
        postgresql_where=_AWAITS_RETURN,
    )

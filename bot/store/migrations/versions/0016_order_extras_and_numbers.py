"""An order says how much of what was paid are shipping charges and order fees, and its number may be longer.

What was sold before is taken as sold without extras: nothing of before tells them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_NUMBERS = {
    "orders": "number",
    "ledger": "order_number",
    "verification_attempts": "order_number",
    "email_codes": "order_number",
}


def upgrade() -> None:
    # None of them has triggers, which a batch would lose on SQLite.
    for table, column in _NUMBERS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.String(9), type_=sa.String(40), existing_nullable=False)
            if table == "orders":
                batch.add_column(sa.Column("extras", sa.String(24), nullable=False, server_default="0"))

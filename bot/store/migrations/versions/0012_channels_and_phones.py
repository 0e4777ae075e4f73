"""A case keeps how it was asked for, and phone numbers are compared by what the numbering plans say of them.

Cases from before were decided as if all had come by chat.
"""

import sqlalchemy as sa
from alembic import context, op

from bot.store.keys import Damaged, Forgotten, Keys, customer

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("cases", sa.Column("channel", sa.String(length=20), server_default="chat", nullable=False))
    keys: Keys = context.config.attributes["keys"]
    bind = op.get_bind()
    known = "SELECT id, customer_id, contact FROM orders WHERE contact IS NOT NULL AND national_index IS NOT NULL"
    changed = sa.text("UPDATE orders SET phone_index = :whole, national_index = :national WHERE id = :id")
    for row in bind.execute(sa.text(known)).all():
        try:
            indexes = keys.phone_indexes(keys.open(customer(row.customer_id), row.contact)["phone"])
        except (Forgotten, Damaged):
            continue  # erased, or nobody's any more
        bind.execute(changed, {"id": row.id, "whole": indexes.whole, "national": indexes.national})

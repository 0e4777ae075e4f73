"""What was proven is one order, or an address; each order has the contact data that came with it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("contact", sa.Text(), nullable=True))
        orders.add_column(sa.Column("phone_index", sa.String(length=64), nullable=True))
        orders.add_column(sa.Column("national_index", sa.String(length=64), nullable=True))
    # One address had one name and one phone number, those of the order that was stored last. Where it has several
    # orders nobody can tell which they belong to: they go to none, and come back with the order from its shop.
    op.execute(
        """
        UPDATE orders SET (contact, phone_index, national_index) = (
            SELECT sealed, phone_index, national_index FROM customers WHERE customers.id = orders.customer_id
        )
        WHERE (SELECT count(*) FROM orders AS others WHERE others.customer_id = orders.customer_id) = 1
        """
    )
    op.drop_index(op.f("ix_customers_phone_index"), "customers")
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("phone_index")
        customers.drop_column("national_index")
    # Who had proven one order had proven all of them: those proofs open nothing any more.
    with op.batch_alter_table("verifications") as verifications:
        verifications.add_column(sa.Column("order_id", sa.Integer(), nullable=True))
        verifications.add_column(
            sa.Column("address_proven", sa.Boolean(), nullable=False, server_default=sa.text("false"))
        )
        verifications.create_foreign_key("verifications_order_id_fkey", "orders", ["order_id"], ["id"])
    with op.batch_alter_table("verifications") as verifications:
        verifications.alter_column("address_proven", server_default=None)
    op.create_index(op.f("ix_verifications_order_id"), "verifications", ["order_id"])

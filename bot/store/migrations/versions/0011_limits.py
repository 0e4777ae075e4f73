"""Codes and requests for a person are counted for who asks for them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("email_codes") as codes:
        codes.add_column(sa.Column("address_index", sa.String(length=64), nullable=True))
        codes.add_column(sa.Column("contact_index", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_email_codes_contact_index"), "email_codes", ["contact_index"])
    op.create_index("ix_sign_in_attempts_address_index_at", "sign_in_attempts", ["address_index", "at"])
    op.create_table(
        "stranger_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stranger_requests_conversation_id"), "stranger_requests", ["conversation_id"])
    op.create_index("ix_stranger_requests_origin_at", "stranger_requests", ["origin", "at"])

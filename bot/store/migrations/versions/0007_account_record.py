"""What is done to accounts of the desk is recorded and chained; links to set passwords with, and second factors."""

import sqlalchemy as sa
from alembic import context, op

from bot.store.account_record import adopt

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("agents", sa.Column("factor", sa.Text(), nullable=True))
    op.add_column("agents", sa.Column("factor_step", sa.Integer(), nullable=True))
    op.create_table(
        "agent_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_agent_events_agent_id"), "agent_events", ["agent_id"])
    op.create_index(op.f("ix_agent_events_at"), "agent_events", ["at"])
    op.create_table(
        "agent_links",
        sa.Column("agent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.PrimaryKeyConstraint("agent_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("agent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.PrimaryKeyConstraint("agent_id", "code_hash"),
    )
    adopt(op.get_bind(), context.config.attributes["keys"].audit_key)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER agent_events_append_only BEFORE UPDATE OR DELETE ON agent_events "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER agent_events_no_{change.lower()} BEFORE {change} ON agent_events "
            "BEGIN SELECT RAISE(ABORT, 'rows of agent_events are only ever added'); END"
        )

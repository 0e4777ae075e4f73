"""The tables. Times are stored in UTC, money as decimal text, so that both engines give back what went in."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from bot import order_numbers
from bot.cases.model import OPEN_STATES
from bot.policy.facts import Order


class Moment(TypeDecorator[datetime]):  # type: ignore[misc]  # SQLAlchemy 1.4 brings no types
    """An aware datetime, stored in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """To naive UTC. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone can't be stored")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Back to aware UTC."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Amount(TypeDecorator[Decimal]):  # type: ignore[misc]
    """A decimal, stored as text: exact on every engine."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """To plain text."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Back to a decimal."""
        return None if value is None else Decimal(value)


metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sealed", Text),  # the e-mail address under the customer's key; None once erased
    Column("email_index", String(64), unique=True),
    Column("erased_at", Moment),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(order_numbers.LONGEST), nullable=False, unique=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("product", String(100), nullable=False),
    Column("product_kind", String(20), nullable=False),
    Column("shipped", Boolean, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount_paid", Amount, nullable=False),
    Column("extras", Amount, nullable=False, server_default="0"),  # shipping charges and order fees in amount_paid
    Column("original_balance", Amount),
    Column("remaining_balance", Amount),
    Column("used", Boolean, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("payment_method", String(50), nullable=False),
    Column("charge", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("dispute_open", Boolean, nullable=False),
    Column("cancelled_at", Moment),
    Column("agreement_ends_on", Date),
    # Name, e-mail address and phone number of this order alone, under the customer's key; None once erased.
    Column("contact", Text),
    Column("phone_index", String(64)),
    Column("national_index", String(64)),
    Column("demo", Boolean, nullable=False, server_default=false()),  # made up by us: never paid outside of the demo
)

ORDER_COLUMNS = tuple(name for name in Order.__dataclass_fields__ if name in orders.c)
"""What is kept of an order as its policy sees it. Orders of several lines are not kept yet."""

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("product", String(100), nullable=False, index=True),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("note", Text, nullable=False, default=""),
    Column("demo", Boolean, nullable=False, server_default=false()),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(9), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("state", String(20), nullable=False),
    Column("order_id", ForeignKey("orders.id"), index=True),
    Column("conversation_id", String(255), nullable=False, index=True),
    Column("requested_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("reason", String(20)),
    Column("reason_words", Text),  # under the conversation's key
    Column("destination", String(30)),
    Column("return_number", String(9), unique=True),
    Column("agent_id", Integer),  # who at the desk has taken it
    Column("taken_at", Moment),
    Column("channel", String(20), nullable=False, server_default="chat"),  # how it was asked for (R2)
    Column("tracking_number", Text),  # these two under the conversation's key
    Column("return_label", Text),
    Column("reminded_at", Moment),
)
WORDLESS_CASE = {"reason_words": None, "tracking_number": None, "return_label": None}
"""A case of which nothing is left that is sealed."""
AWAITS_RETURN = text("state = 'awaiting_return'")
"""Of a case: its card is on its way back. Few are."""
Index("ix_cases_awaiting_return", cases.c.id, sqlite_where=AWAITS_RETURN, postgresql_where=AWAITS_RETURN)
OPEN_STATE_NAMES = sorted(state.value for state in OPEN_STATES)
_OPEN = text("state IN ({})".format(", ".join(f"'{name}'" for name in OPEN_STATE_NAMES)))
Index(
    "one_open_case_per_order_and_kind",
    cases.c.order_id,
    cases.c.kind,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

case_log = Table(
    "case_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("cause", Text, nullable=False),  # a code; words in rows from before there were codes (bot.store.old_causes)
    Column("cause_values", JSON),  # NULL in those rows
)
RENEWED_QUOTE = text("to_state = 'quoted' AND from_state IS NOT NULL")
"""Of a move: a quote that was shown before is asked for again. Few are."""
Index(
    "ix_case_log_renewed_quotes",
    case_log.c.case_id,
    case_log.c.at,
    sqlite_where=RENEWED_QUOTE,
    postgresql_where=RENEWED_QUOTE,
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("decided_at", Moment, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("policy_version", String(50), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("result", JSON, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("step", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("key", String(60), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("error", String(200)),
    Column("result", JSON),
    UniqueConstraint("case_id", "decision_id", "step"),
    Index("ix_outbox_waiting", "state", "next_at"),
)
Index(
    "one_refund_per_case",
    outbox.c.case_id,
    unique=True,
    sqlite_where=text("step = 'refund'"),
    postgresql_where=text("step = 'refund'"),
)

restores = Table(
    "restores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("backup_at", Moment, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(60), nullable=False, unique=True),
    Column("operation", String(20), nullable=False),
    Column("order_number", String(order_numbers.LONGEST), nullable=False, index=True),
    Column("amount", Amount),
    Column("currency", String(3)),
    Column("destination", String(30)),
    Column("ends_on", Date),
    Column("at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("row_id", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("kind", "row_id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, unique=True),
    Column("cause", String(30), nullable=False),
    Column("transcript", Text),  # these two under the conversation's key; None once erased
    Column("facts", Text),
    Column("created_at", Moment, nullable=False),
    Column("answer_by", Date, nullable=False),
)

verifications = Table(
    "verifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False, index=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False),
    Column("order_id", ForeignKey("orders.id"), index=True),  # what was proven: this order,
    Column("address_proven", Boolean, nullable=False),  # or the customer's address, and with it all orders
    Column("expires_at", Moment, nullable=False),
)

verification_attempts = Table(
    "verification_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Column("message_id", String(100), nullable=False),
    Column("order_number", String(order_numbers.LONGEST), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("address_index", String(64), index=True),
    UniqueConstraint("conversation_id", "message_id"),
)

key_store = Table(
    "key_store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(20), nullable=False),
)

events = Table(
    "events",
    MetaData(),  # Rasa makes it, not our migrations
    Column("id", Integer, primary_key=True),
    Column("sender_id", String(255)),
    Column("timestamp", Float),
    Column("data", Text),  # under the conversation's key
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("address_index", String(64)),
    Column("address_limited", Boolean, nullable=False),
    Column("secret_hash", String(300), nullable=False),
    Column("bound", Boolean, nullable=False),
    Column("subject_index", String(64)),
    Column("other_name_index", String(64), index=True),
    Column("proven_email_index", String(64)),
    Column("proven_phone_index", String(64)),
    Column("proven_national_index", String(64)),
    Column("proven_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("agent_id", Integer),  # the one truth on who answers: a person of the desk, or, where None, the bot
    Column("reply_email", Text),  # under the conversation's key
    Column("reply_address", Text),  # under the conversation's key
    Index("ix_conversations_channel_sender", "channel", "sender"),
    Index("ix_conversations_address_index_last_at", "address_index", "last_at"),
)

secret_changes = Table(
    "secret_changes",
    metadata,
    Column("conversation_id", String(255), primary_key=True),
    Column("message_id", String(128), primary_key=True),
    Column("former_hash", String(64)),
    Column("sender_hash", String(64), nullable=False),
    Column("address_index", String(64), nullable=False),
    Column("nonce", String(21), nullable=False),
    Column("at", Moment, nullable=False),
    Column("secret_hash", String(64), index=True),  # once a message has proven something
)

email_codes = Table(
    "email_codes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Column("message_id", String(100), nullable=False),
    Column("order_number", String(order_numbers.LONGEST), nullable=False, index=True),
    Column("customer_id", ForeignKey("customers.id")),
    Column("address_index", String(64)),
    Column("contact_index", String(64), index=True),  # of the order number and what was typed to prove it
    Column("nonce", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used", Boolean, nullable=False),
    UniqueConstraint("conversation_id", "message_id"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_id", ForeignKey("email_codes.id"), nullable=False),
    Column("next_at", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Moment),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("picture", LargeBinary),
    Column("picture_type", String(20)),
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("factor", Text),  # the secret of the second factor, under the account's key; None without one
    Column("factor_step", Integer),  # the time step of the last code, which is good once
)

agent_events = Table(
    "agent_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", Integer, nullable=False, index=True),  # no key: what became of the account must not matter
    Column("at", Moment, nullable=False, index=True),
    Column("change", String(20), nullable=False),
    Column("by_id", Integer),  # None: the command line, or a help desk
    Column("login", String(64), nullable=False),  # the account from then on
    Column("name", String(100), nullable=False),
    Column("role", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("fingerprint", String(64), nullable=False),
)

agent_links = Table(
    "agent_links",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False),
    Column("made_by", Integer),
    Column("expires_at", Moment, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("code_hash", String(64), primary_key=True),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False),
    Column("address_index", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("passed", Boolean, nullable=False),
    Index("ix_sign_in_attempts_login_at", "login", "at"),
    Index("ix_sign_in_attempts_address_index_at", "address_index", "at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("author", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("agent_id", ForeignKey("agents.id")),
    Column("client_id", String(100)),
    Column("reply_to", Integer),
    Column("body", Text, nullable=False),  # under the conversation's key
    Column("lease_until", Moment),
    Column("answered_at", Moment),
    Column("delivered_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("parts_sent", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("failed_at", Moment),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "client_id"),
)
_UNANSWERED = text("author = 'customer' AND answered_at IS NULL")
Index("ix_messages_unanswered", messages.c.id, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)
_UNDELIVERED = text("author <> 'customer' AND delivered_at IS NULL AND failed_at IS NULL")
Index("ix_messages_undelivered", messages.c.id, sqlite_where=_UNDELIVERED, postgresql_where=_UNDELIVERED)

sent_parts = Table(
    "sent_parts",
    metadata,
    Column("name", String(64), primary_key=True),  # a hash of the provider's, which may hold a phone number
    Column("message_id", ForeignKey("messages.id"), nullable=False, index=True),
)

agent_decisions = Table(
    "agent_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("base", Amount),
    Column("fee", Amount),
    Column("refund", Amount),
    Column("currency", String(3)),
    Column("destination", String(30)),
    Column("reason", Text, nullable=False),  # under the conversation's key
    Column("needs_second", Boolean, nullable=False),
)

second_opinions = Table(
    "second_opinions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_decision_id", ForeignKey("agent_decisions.id"), nullable=False, unique=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("agrees", Boolean, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text),  # under the conversation's key; None once erased
)

ratings = Table(
    "ratings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, unique=True),
    Column("score", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("conversation_id", String(255), nullable=False),
    Column("case_id", ForeignKey("cases.id")),
    Column("message_id", ForeignKey("messages.id")),
    Column("next_at", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Moment),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, unique=True),
    Column("conversation_id", String(255), nullable=False, index=True),
    Column("desk", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("external_id", String(100)),
    Column("last_seq", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("status_at", Moment),
    Column("look_at", Moment),
    Column("error", String(200)),
    Index("ix_tickets_desk_external_id", "desk", "external_id"),
)

stranger_requests = Table(
    "stranger_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False, index=True),
    Column("origin", String(64), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("at", Moment, nullable=False),
    Column("case_id", ForeignKey("cases.id")),  # None: it was held back,
    Column("settled_at", Moment),  # until it came into the queue, or somebody saw that it need not
    Index("ix_stranger_requests_origin_at", "origin", "at"),
)

misunderstood = Table(
    "misunderstood",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(255), nullable=False),
    Column("message_id", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("guess", String(40), nullable=False),
    Column("body", Text, nullable=False),  # under the conversation's key
    Column("exported_at", Moment),
    UniqueConstraint("conversation_id", "message_id"),
)

shop_events = Table(
    "shop_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("event_id", String(100), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    UniqueConstraint("source", "event_id"),
)

unread_events = Table(
    "unread_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("last_error", String(40), nullable=False),
    UniqueConstraint("source", "day"),
)

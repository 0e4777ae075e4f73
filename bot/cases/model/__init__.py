"""What the cases are about, by noun: values of the domain, without behaviour of their own."""

from __future__ import annotations

from bot.cases.model.agents import AccountChange, Agent, Link, Role
from bot.cases.model.case_files import CaseFile, QueueRow, Restored
from bot.cases.model.cases import (
    APPROVED_STATES,
    MOVES,
    OPEN_STATES,
    Case,
    CaseKind,
    CaseState,
    CauseCode,
    CustomerReason,
    LogEntry,
    MoveCause,
)
from bot.cases.model.conversations import (
    Author,
    Conversation,
    ConversationStatus,
    Message,
    MessageKind,
    Misunderstood,
    SecretChange,
)
from bot.cases.model.decisions import AgentDecision, StoredDecision, Verdict
from bot.cases.model.handoffs import Cause, Handoff, HeldBack, HeldRow, Note
from bot.cases.model.mails import DueMail, DueNotice, EmailCode, NoticeKind
from bot.cases.model.orders import Contact, Customer, Proven, StoredOrder
from bot.cases.model.outbox import OutboxStep, Step, StepState

__all__ = [
    "APPROVED_STATES",
    "MOVES",
    "OPEN_STATES",
    "AccountChange",
    "Agent",
    "AgentDecision",
    "Author",
    "Case",
    "CaseFile",
    "CaseKind",
    "CaseState",
    "Cause",
    "CauseCode",
    "Contact",
    "Conversation",
    "ConversationStatus",
    "Customer",
    "CustomerReason",
    "DueMail",
    "DueNotice",
    "EmailCode",
    "Handoff",
    "HeldBack",
    "HeldRow",
    "Link",
    "LogEntry",
    "Message",
    "MessageKind",
    "Misunderstood",
    "MoveCause",
    "Note",
    "NoticeKind",
    "OutboxStep",
    "Proven",
    "QueueRow",
    "Restored",
    "Role",
    "SecretChange",
    "Step",
    "StepState",
    "StoredDecision",
    "StoredOrder",
    "Verdict",
]

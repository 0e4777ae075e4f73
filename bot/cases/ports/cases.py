"""The cases."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Case, CaseKind, CaseState, CustomerReason, LogEntry, MoveCause, Proven
from bot.policy.facts import Channel, Destination


class CaseChange(TypedDict, total=False):
    """Columns of a case; its state only moves."""

    kind: CaseKind
    order_id: int | None
    conversation_id: str
    reason: CustomerReason | None
    reason_words: str | None
    destination: Destination | None
    return_number: str


class Cases(Protocol):
    """The cases and their log; see bot.store.cases.CaseRepository."""

    def add(
        self,
        *,
        reference: str,
        kind: CaseKind,
        state: CaseState,
        conversation_id: str,
        requested_at: datetime,
        created_at: datetime,
        order_id: int | None = None,
        reason: CustomerReason | None = None,
        reason_words: str | None = None,
        destination: Destination | None = None,
        channel: Channel = Channel.CHAT,
    ) -> Case: ...
    def find(self, reference: str) -> Case | None: ...
    def get(self, case_id: int) -> Case: ...
    def open_of_order(self, order_id: int, kind: CaseKind) -> Case | None: ...
    def open_question(self, conversation_id: str) -> Case | None: ...
    def quoted(self, conversation_id: str) -> list[Case]: ...
    def covered_by(self, conversation_id: str, proven: Proven) -> list[Case]: ...
    def of_order(self, order_id: int) -> list[Case]: ...
    def left_quotes(self, until: datetime) -> list[Case]: ...
    def newest_reference(self, conversation_id: str) -> str | None: ...
    def approved_refunds(self, customer_id: int, since: datetime, until: datetime) -> int: ...
    def change(self, case_id: int, **values: Unpack[CaseChange]) -> Case: ...
    def move(self, case: Case, state: CaseState) -> Case | None: ...
    def take(self, case: Case, agent_id: int, at: datetime, instead_of: int | None) -> bool: ...
    def log(
        self, case_id: int, at: datetime, actor: str, before: CaseState | None, after: CaseState, cause: MoveCause
    ) -> None: ...
    def moves(self, case_id: int) -> list[LogEntry]: ...

"""Accounts of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import AccountChange, Agent, Role


class AgentChange(TypedDict, total=False):
    """Columns of an account."""

    name: str
    role: Role
    active: bool
    password_hash: str
    factor: str | None
    factor_step: int | None


class Agents(Protocol):
    """The people at the desk: their accounts; see bot.store.agents.AgentRepository."""

    def add(
        self,
        *,
        by: int | None,
        login: str,
        name: str,
        role: Role,
        password_hash: str,
        created_at: datetime,
    ) -> Agent | None: ...
    def change(
        self, agent_id: int, change: AccountChange, by: int | None, at: datetime, **values: Unpack[AgentChange]
    ) -> Agent: ...
    def mend(self, agent_id: int, at: datetime) -> Agent: ...
    def set_picture(self, agent_id: int, picture: bytes, picture_type: str) -> None: ...
    def get(self, agent_id: int) -> Agent: ...
    def by_login(self, login: str) -> Agent | None: ...
    def all(self) -> list[Agent]: ...
    def password_hash(self, agent_id: int) -> str: ...
    def picture(self, agent_id: int) -> tuple[bytes, str] | None: ...
    def is_as_recorded(self, agent_id: int) -> bool: ...
    def last_change(self, agent_id: int) -> int: ...
    def handed_out(self, since: datetime) -> list[tuple[int, int]]: ...

"""The audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.policy.values import Value
from bot.wording import DEFAULT, CodedError, say


class AuditProblem(CodedError):
    """What is wrong with the record of decisions, moves and accounts. ``differing`` is in what an account is not as it
    was recorded."""

    group = "audit"

    def __init__(self, code: str, *, differing: Sequence[AuditProblem] = (), **values: Value) -> None:
        super().__init__(code, **values)
        self.differing = differing

    def text(self, language: str = DEFAULT) -> str:
        """What a person is told."""
        if not self.differing:
            return super().text(language)
        differing = tuple(one.text(language) for one in self.differing)
        return say(f"{self.group}_{self.code}", language, **self.values, differing=differing)


class Audit(Protocol):
    """The audit chain and the record of the accounts; see bot.store.audit_trail.AuditRepository."""

    def verify(self) -> tuple[int, list[AuditProblem]]: ...

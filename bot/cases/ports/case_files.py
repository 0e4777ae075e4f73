"""Case files."""

from __future__ import annotations

from typing import Protocol

from bot.cases.model import CaseFile


class CaseFiles(Protocol):
    """Everything about a case; see bot.store.case_files.CaseFileRepository."""

    def find(self, reference: str) -> CaseFile | None: ...
    def all(self) -> list[CaseFile]: ...

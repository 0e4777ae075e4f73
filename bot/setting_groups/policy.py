"""The terms, and when a confirmed refund is carried out."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, validator

from bot.setting_groups.base import Group
from bot.wording import say


class PolicySettings(Group):
    """By which terms to decide, and how soon to carry out."""

    part = "policy"
    harmless = frozenset({"policy", "take_back_minutes"})

    policy: Path | None = Field(None, description="The policy file.", shown="the embedded one", page="policy.md")
    take_back_minutes: int = Field(
        10,
        ge=0,
        le=10_080,
        description="How long a confirmed refund can be taken back; then the service is stopped and the money sent.",
    )

    @validator("policy")
    def _policy_is_a_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError(say("setting_no_policy", path=str(path)))
        return path

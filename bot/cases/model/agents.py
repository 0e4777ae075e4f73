"""The people of the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(str, Enum):
    """What somebody at the desk may do; see bot.cases.desk.accounts."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True)
class Agent:
    """Somebody at the desk. ``login`` is what they sign in with, ``name`` what customers read."""

    id: int
    login: str
    name: str
    role: Role
    active: bool = True
    second_factor: bool = False
    """Whether a code is asked for when they sign in."""

    @property
    def external(self) -> bool:
        """Whether they work at a help desk of others, and never sign in here."""
        return ":" in self.login


@dataclass(frozen=True)
class Link:
    """What a link to set a password with is recognised by, and which account made it (None: the command line)."""

    token_hash: str = field(repr=False)
    made_by: int | None


class AccountChange(str, Enum):
    """What was done to an account of the desk."""

    FOUND = "found"
    """It was there when accounts began to be recorded."""
    MADE = "made"
    RENAMED = "renamed"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    LINK_MADE = "link_made"
    """A link to set a password with."""
    LINK_USED = "link_used"
    """A password was set with a link; ``by`` is who had made the link."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    """By themselves."""
    FACTOR_RESET = "factor_reset"
    """By somebody else."""
    CODES_MADE = "codes_made"
    """New recovery codes."""
    CODE_USED = "code_used"
    """A recovery code."""
    MENDED = "mended"
    """It had been changed outside of this program, and is again as it was recorded."""

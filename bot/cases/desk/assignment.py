"""In whose hands a case is, and what they may write."""

from __future__ import annotations

from bot.cases.desk.accounts import at_work
from bot.cases.errors import BadText, NotAllowed, UnknownCase
from bot.cases.model import Agent, Case
from bot.cases.ports.store import UnitOfWork

LONGEST_TEXT = 4000
"""Characters that an agent may write at once."""


def known_case(uow: UnitOfWork, reference: str) -> Case:
    """The case. Raises UnknownCase."""
    case = uow.cases.find(reference)
    if case is None:
        raise UnknownCase("no_case", reference=reference)
    return case


def taken_case(uow: UnitOfWork, agent: Agent, reference: str) -> tuple[Agent, Case]:
    """The account as it is now, and the case that it has taken. Raises NotAllowed, and UnknownCase."""
    agent = at_work(uow, agent)
    case = known_case(uow, reference)
    if case.agent_id != agent.id:
        raise NotAllowed("take_first")
    return agent, case


def checked_text(text: str, most: int = LONGEST_TEXT) -> str:
    """What an agent wrote, without what no one sees. Raises BadText."""
    text = "".join(char for char in text.replace("\r\n", "\n") if char in "\n\t" or char.isprintable()).strip()
    if not 1 <= len(text) <= most:
        raise BadText("text_length", most=most)
    return text

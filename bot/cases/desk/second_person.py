"""Who may be the second person: nobody who, within a day, has made or handed out the account of the first, or had
theirs made or handed out by the first; nor anybody whose account comes from the same hands.

An account is handed out when it is made, gets a link, another role or no second factor, is enabled again, or when its
link is used. What is done at the command line counts for nobody: whoever may do that can do everything.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from bot.cases.errors import NotAllowed
from bot.cases.model import Agent
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services

DAY = timedelta(hours=24)


def check_independent(services: Services, uow: Snapshot, first_id: int, second: Agent) -> None:
    """Raises NotAllowed where one person may be behind both accounts."""
    handed_out = uow.agents.handed_out(services.clock() - DAY)
    behind_first, behind_second = hands(handed_out, first_id), hands(handed_out, second.id)
    both = behind_first & behind_second
    if not both:
        return
    first = uow.agents.get(first_id).name
    if first_id in both:
        raise NotAllowed("made_by_first", first=first)
    if second.id in both:
        raise NotAllowed("made_the_first", first=first)
    raise NotAllowed("made_by_another", first=first, other=uow.agents.get(min(both)).name)


def hands(handed_out: Collection[tuple[int, int]], agent_id: int) -> set[int]:
    """The account, and all that handed it out, directly or through others."""
    found, look = {agent_id}, [agent_id]
    while look:
        account = look.pop()
        for given, by in handed_out:
            if given == account and by not in found:
                found.add(by)
                look.append(by)
    return found

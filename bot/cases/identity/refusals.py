"""What is said where there were too many wrong answers or codes: it is true, and the same for an unknown order."""

from __future__ import annotations

from bot.cases.identity.verification import Verification
from bot.cases.model import HeldBack
from bot.cases.services import Services
from bot.wording import say


def why_not(order_number: str, refused: Verification) -> str:
    """Why nothing more is taken now, and for how long."""
    assert refused.limit is not None and refused.wait is not None
    said = [say(f"refused_{refused.limit.value}", order=order_number, wait=refused.wait)]
    if refused.wrong:
        said.insert(0, say("refused_wrong", order=order_number))
    if refused.code_good_for is not None:
        said.append(say("refused_code_still_good", good=refused.code_good_for))
    return " ".join(said)


def no_person_now(services: Services, held: HeldBack) -> str:
    """Why no person is asked now, and what to do."""
    said = [say("held_person_has_one" if held.may_ask else "held_too_many", network=held.by_network)]
    if held.reference is not None:
        said.append(say("held_reference", reference=held.reference))
    if held.may_ask:
        said.append(say("held_say_human", contact=services.contact))
    else:
        said.append(say("held_ask_again", contact=services.contact, wait=held.wait))
    return " ".join(said)

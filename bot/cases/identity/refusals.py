"""What is said where there were too many wrong answers or codes: it is true, and the same for an unknown order."""

from __future__ import annotations

from bot.cases.identity.tries import Limit
from bot.cases.identity.verification import Verification
from bot.cases.model import HeldBack
from bot.cases.services import Services
from bot.wording.formats import spoken_wait

WRONG = "I couldn't match that with order {order}."
_SAYS = {
    Limit.CONVERSATION: "There were too many wrong answers in this conversation, so I can't check another one here for "
    "{wait}.",
    Limit.ADDRESS: "There were too many wrong answers from your network, so I can't check another one from there for "
    "{wait}.",
    Limit.ORDER: "There were many wrong tries for order {order}, perhaps by others. To be safe I take one answer now "
    "and then: please send it again in {wait}.",
    Limit.CODES: "Many codes were asked for within the hour, so I can't send another one for order {order} for {wait}.",
}
_STILL_GOOD = "The one that was asked for here last is good for {good}, if it came."


def why_not(order_number: str, refused: Verification) -> str:
    """Why nothing more is taken now, and for how long."""
    assert refused.limit is not None and refused.wait is not None
    said = [_SAYS[refused.limit].format(order=order_number, wait=spoken_wait(refused.wait))]
    if refused.wrong:
        said.insert(0, WRONG.format(order=order_number))
    if refused.code_good_for is not None:
        said.append(_STILL_GOOD.format(good=spoken_wait(refused.code_good_for)))
    return " ".join(said)


def no_person_now(services: Services, held: HeldBack) -> str:
    """Why no person is asked now, and what to do."""
    if held.may_ask:
        whose = "from your network" if held.by_network else "from here"
        said = [f"A person has a request {whose} about this already, so I made no other one. What you wrote is kept."]
    else:
        whose = "came from your network" if held.by_network else "were made here"
        said = [f"Many requests for a person {whose} within the hour, so I can't put another one into their queue."]
        said.append("What you wrote is kept, and they can look it up.")
    if held.reference is not None:
        said.append(f"Your reference is still {held.reference}.")
    ask = 'say "human" in the chat' if held.may_ask else f"ask me again in {spoken_wait(held.wait)}"
    said.append(f"You reach a person at {services.contact}, or {ask}.")
    return " ".join(said)

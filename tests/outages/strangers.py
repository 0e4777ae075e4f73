"""Strangers among the customers: they try the orders, the conversations and the references of others. What they try is
never the whole proof of an order."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from enum import Enum

from tests.outages.clients import Client, letters

_REFERENCE = re.compile(r"RD-[A-Z0-9]+")


class Trick(str, Enum):
    """What a stranger tries."""

    WRONG_ADDRESS = "the number of another's order with addresses that are not on it"
    OWN_PROOF = "an order of their own first, and then another's with the same proof"
    RIGHT_ADDRESS = "another's address with a number that is not theirs"
    NAME = "the name of another's conversation"
    PLANTED_SECRET = "the name of another's conversation with a secret that nobody was given"
    REFERENCE = "the reference of another's request"


@dataclass(frozen=True)
class Target:
    """Whom a stranger has chosen: what the stranger knows of them, and the client that talks for them."""

    client: Client
    number: str
    email: str


def lines(trick: Trick, target: Target, own: tuple[str, str], rng: random.Random) -> list[str]:
    """What the stranger says, one after another, whatever is answered. ``own`` are number and address of an order of
    theirs."""
    number, email = own
    goes_on = ["I changed my mind", "to my store wallet", "yes"]
    if trick is Trick.WRONG_ADDRESS:
        near = target.email.replace("buyer", rng.choice(["buyers", "buyer.", "a.buyer"]))
        return [f"I want a refund for {target.number}, my email is {email}", near, *goes_on]
    if trick is Trick.OWN_PROOF:
        return [f"refund {number}, {email}", *goes_on, f"now refund {target.number} too", email, *goes_on]
    if trick is Trick.RIGHT_ADDRESS:
        return [f"I want a refund for {number}, my email is {target.email}", target.email, *goes_on, "my requests?"]
    if trick is Trick.REFERENCE:
        known = _REFERENCE.findall(" ".join(target.client.heard)) or [f"RD-{letters(rng, 6).upper()}"]
        return [f"where does {known[-1]} stand?", f"take back {known[-1]}", "yes", f"pay out {known[-1]}", "yes"]
    return ["where is my refund?", "yes", "to my store wallet", "take my request back", "yes", "hello?"]

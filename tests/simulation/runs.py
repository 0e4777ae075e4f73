"""One conversation of a simulated customer with the running bot, and what is to be thought of its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from bot.cases.model import CaseFile, CaseKind, CaseState
from bot.cases.services import Services
from tests.simulation.choices import Choices
from tests.simulation.customer import SimulatedCustomer
from tests.simulation.scenarios import Expected, Scenario, expected

MOST_MESSAGES = 25


class Verdict(str, Enum):
    """``unresolved``: a person has it although none was needed; honest, and nothing wrong was done."""

    RIGHT = "right"
    UNRESOLVED = "unresolved"
    WRONG = "wrong"


@dataclass(frozen=True)
class Run:
    """What was said and what came of it. ``transcript`` has a line for each message, the bot's indented."""

    scenario: Scenario
    made: list[int]
    numbers: list[str]
    messages: list[str]
    transcript: list[str]
    ends: list[str]
    expected: Expected
    verdict: Verdict
    conversation_id: str


class Client(Protocol):
    """What a customer talks through; ``replies`` are the answers to the last message."""

    conversation_id: str
    replies: list[dict[str, Any]]

    def says(self, text: str) -> str:
        """Send a message; the answers as one text."""


class Shop(Protocol):
    """Where customers talk: a running site, or all of it in one process."""

    services: Services

    def order(self, **changes: Any) -> tuple[str, str]:
        """A new order in the store: its number and e-mail address."""

    def customer(self) -> Any:
        """Someone new, a Client."""

    def cases(self, conversation: Any) -> list[CaseFile]:
        """The cases of a conversation, oldest first."""


@dataclass
class Talk:
    """What was said, as far as it has come. ``ended``: the customer has nothing more to say."""

    messages: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    ended: bool = False


def talk(someone: SimulatedCustomer, client: Client, so_far: Talk) -> None:
    """Talk to the end; ``so_far`` holds what was said, also where the client gives up."""
    said: str | None = someone.opens()
    while said is not None and len(so_far.messages) < MOST_MESSAGES:
        so_far.messages.append(said)
        so_far.transcript.append(said)
        so_far.transcript += [f"    {line}" for line in client.says(said).splitlines()]
        said = someone.answers(client.replies)
    so_far.ended = said is None


def run(site: Shop, scenario: Scenario, choices: Choices) -> Run:
    """Store the orders, talk to the end, and compare the database with the policy."""
    orders = [site.order(**scenario.orders[0])]
    orders += [site.order(email=orders[0][1], **changes) for changes in scenario.orders[1:]]
    numbers = [number for number, _ in orders]
    right = expected(scenario, numbers, site.services)
    someone, customer = SimulatedCustomer(scenario, orders, choices), site.customer()
    said = Talk()
    talk(someone, customer, said)
    ends = [end_of(file) for file in site.cases(customer) if file.case.state is not CaseState.WITHDRAWN]
    verdict = judged(ends, right) if said.ended else Verdict.WRONG
    return Run(
        scenario,
        choices.made,
        numbers,
        said.messages,
        said.transcript,
        ends,
        right,
        verdict,
        customer.conversation_id,
    )


def judged(ends: list[str], right: Expected) -> Verdict:
    """Compare the ends with those that the policy gives for the true facts."""
    missing = [any_of for any_of in right.required if not any_of.intersection(ends)]
    beside = [end for end in ends if end not in right.allowed and not any(end in any_of for any_of in right.required)]
    if any(not end.endswith("in_review") for end in beside):
        return Verdict.WRONG
    if beside:
        return Verdict.UNRESOLVED
    return Verdict.WRONG if missing else Verdict.RIGHT


_CONFIRMED = (CaseState.CONFIRMED, CaseState.EXECUTING, CaseState.DONE)


def end_of(file: CaseFile) -> str:
    """What came of a case: order, kind, state and, where a refund was agreed, the sum and where it goes. It stays
    confirmed when it is carried out."""
    case = file.case
    is_agreed = case.kind is CaseKind.REFUND and case.state in (*_CONFIRMED, CaseState.AWAITING_RETURN)
    state = CaseState.CONFIRMED if case.kind is CaseKind.REFUND and case.state in _CONFIRMED else case.state
    words = [file.order_number or "-", case.kind.value, state.value]
    if is_agreed:
        result = file.decisions[-1].result
        assert case.destination is not None
        words += [result["refund"], result["currency"], case.destination.value]
    return " ".join(words)

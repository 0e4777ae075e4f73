"""One conversation of a simulated customer with the running bot, and what is to be thought of its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.cases.model import CaseFile, CaseKind, CaseState
from tests.e2e.running import Site
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


def run(site: Site, scenario: Scenario, choices: Choices) -> Run:
    """Store the orders, talk to the end, and compare the database with the policy."""
    orders = [site.order(**scenario.orders[0])]
    orders += [site.order(email=orders[0][1], **changes) for changes in scenario.orders[1:]]
    numbers = [number for number, _ in orders]
    right = expected(scenario, numbers, site.services)
    someone, customer = SimulatedCustomer(scenario, orders, choices), site.customer()
    messages: list[str] = []
    transcript: list[str] = []
    said: str | None = someone.opens()
    while said is not None and len(messages) < MOST_MESSAGES:
        messages.append(said)
        answer = customer.says(said)
        transcript += [said, *(f"    {line}" for line in answer.splitlines())]
        said = someone.answers(customer.replies)
    ends = [_end(file) for file in site.cases(customer) if file.case.state.value != "withdrawn"]
    verdict = Verdict.WRONG if said is not None else judged(ends, right)
    return Run(
        scenario,
        choices.made,
        numbers,
        messages,
        transcript,
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


def _end(file: CaseFile) -> str:
    case = file.case
    words = [file.order_number or "-", case.kind.value, case.state.value]
    if case.kind is CaseKind.REFUND and case.state in (CaseState.CONFIRMED, CaseState.AWAITING_RETURN):
        result = file.decisions[-1].result
        assert case.destination is not None
        words += [result["refund"], result["currency"], case.destination.value]
    return " ".join(words)

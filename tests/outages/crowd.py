"""Many simulated customers, and strangers among them, who talk to the running service at once."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from bot.cases.services import Services
from tests.outages.clients import Client, GaveUp, HeardEnough, RestClient, WebClient, letters
from tests.outages.evidence import cases_of, log_of, public_sums, sums_of, told
from tests.outages.judge import Witness
from tests.outages.service import Service
from tests.outages.strangers import Target, Trick, lines
from tests.simulation.choices import Choices
from tests.simulation.customer import SimulatedCustomer
from tests.simulation.runs import Talk, talk
from tests.simulation.scenarios import Expected, Scenario, expected

STRANGER_EVERY = 10
"""Of so many conversations one is a stranger's."""
_FIRST_NUMBER = 300_000


@dataclass
class Visit:
    """A conversation: who had it, and how it went. ``right`` is None for a stranger."""

    client: Client
    numbers: tuple[str, ...]
    email: str
    private: frozenset[str]
    scenario: Scenario | None
    right: Expected | None
    said: Talk = field(default_factory=Talk)
    problem: str = ""
    waits: bool = False
    began: float = 0.0
    ended: float = 0.0


class Crowd:
    """The visits of a seed, by their numbers from 0."""

    def __init__(self, service: Service, seed: int, conversations: int, at_once: int) -> None:
        self.visits: dict[int, Visit] = {}
        self._service, self._seed = service, seed
        self._conversations, self._at_once = conversations, at_once
        self._arrived = threading.Condition()

    def talk(self, progress: Any = None) -> None:
        """Have all conversations; ``progress`` is called after each."""

        def one(index: int) -> None:
            visit = self._arrive(index)
            with self._arrived:
                self.visits[index] = visit
                self._arrived.notify_all()
            self._have(index, visit)
            if progress is not None:
                progress()

        with ThreadPoolExecutor(self._at_once) as pool:
            list(pool.map(one, range(self._conversations)))

    def witnesses(self) -> list[Witness]:
        """What all of them can tell, once everything has settled: each reads the whole conversation again."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(self._witness, (self.visits[index] for index in sorted(self.visits))))

    def _arrive(self, index: int) -> Visit:
        rng = random.Random(f"{self._seed} {index}")
        is_stranger = index % STRANGER_EVERY == STRANGER_EVERY - 1
        choices = Choices(seed=self._seed * 1_000_003 + index)
        scenario = Scenario.choose(Choices()) if is_stranger else Scenario.choose(choices)
        orders = tuple(_told_apart(facts, index * 2 + i) for i, facts in enumerate(scenario.orders))
        scenario = replace(scenario, orders=orders)
        name = f"Nam{letters(rng, 8).lower()}"
        email = f"buyer{_FIRST_NUMBER + index * 2}@example.net"
        numbers = []
        for i, facts in enumerate(scenario.orders):
            customer = {"name": f"{name} Rivera", "email": email, "phone": None}
            number = f"CC-{_FIRST_NUMBER + index * 2 + i}"
            numbers.append(self._service.order(**{**facts, "number": number, "email": email, "customer": customer})[0])
        right = None if is_stranger else _right(scenario, numbers, self._service.services)
        client = self._client(index, rng)
        with self._service.services.unit_of_work() as uow:
            stored = [uow.orders.find(number) for number in numbers]
        # As the orders are now: of one that has ended the policy names no sums.
        sums = [sums_of(self._service.services, order.order) for order in stored if order is not None]
        private = frozenset({*numbers, email, name}).union(*sums)
        return Visit(client, tuple(numbers), email, private, None if is_stranger else scenario, right)

    def _client(self, index: int, rng: random.Random) -> Client:
        address = f"10.{index // 65_536}.{index // 256 % 256}.{index % 256}"
        kind = rng.choice([WebClient, RestClient])
        return kind(self._service.url, letters(rng, 24), address, rng)

    def _have(self, index: int, visit: Visit) -> None:
        visit.began = time.monotonic()
        try:
            if visit.scenario is None:
                self._try(index, visit)
            else:
                orders = [(number, visit.email) for number in visit.numbers]
                someone = SimulatedCustomer(visit.scenario, orders, Choices(seed=self._seed * 1_000_003 + index + 101))
                talk(someone, visit.client, visit.said)
                if not visit.said.ended:
                    visit.problem = "the conversation had no end"
        except HeardEnough:
            visit.waits = True
        except GaveUp as error:
            visit.problem = str(error)
        except Exception as error:  # a word that nobody expected is a finding, too
            visit.problem = f"{type(error).__name__}: {error}"
        finally:
            visit.client.hangs_up()
            visit.ended = time.monotonic()

    def _try(self, index: int, visit: Visit) -> None:
        """Have a stranger's conversation."""
        rng = random.Random(f"{self._seed} stranger {index}")
        victim_index = index - rng.randint(1, min(index, STRANGER_EVERY - 1))
        with self._arrived:
            self._arrived.wait_for(lambda: victim_index in self.visits, timeout=60)
        victim = self.visits[victim_index]
        target = Target(victim.client, victim.numbers[0], victim.email)
        trick = rng.choice(list(Trick))
        client = visit.client
        if trick is Trick.NAME:
            visit.client = type(target.client)(self._service.url, target.client.name, client.address, rng)
        elif trick is Trick.PLANTED_SECRET:
            planted = letters(rng, 43)
            visit.client = WebClient(self._service.url, target.client.name, client.address, rng, secret=planted)
        visit.said.transcript.append(f"(a stranger: {trick.value})")
        for line in lines(trick, target, (visit.numbers[0], visit.email), rng):
            visit.said.messages.append(line)
            visit.said.transcript.append(line)
            visit.said.transcript += [f"    {answer}" for answer in visit.client.says(line).splitlines()]
        visit.said.ended = True

    def _witness(self, visit: Visit) -> Witness:
        services, client = self._service.services, visit.client
        unread = ""
        try:
            shown = client.reads_all()
        except GaveUp as error:
            shown, unread = [], f"the conversation can't be read again: {error}"
        client.hangs_up()
        log = log_of(services, client)
        cases = cases_of(services, list(log))
        own = {*visit.private, *(case.reference for case in cases)}
        own |= public_sums(services).union(*(case.sums for case in cases))
        seen = [message["seq"] for message in shown]
        twice = "a message is shown twice" if len(seen) != len(set(seen)) else ""
        problem = visit.problem or unread or twice
        return Witness(
            name=f"{visit.numbers[0]} ({client.channel})",
            channel=client.channel,
            right=visit.right,
            numbers=visit.numbers,
            sent=tuple((sent.id, sent.text) for sent in client.sent),
            taken=frozenset(sent.id for sent in client.sent if sent.taken),
            heard=told(client.heard),
            private=frozenset(own),
            log=log,
            cases=cases,
            transcript=visit.said.transcript,
            problem=problem,
            waits=visit.waits,
        )


def _told_apart(facts: dict[str, Any], index: int) -> dict[str, Any]:
    """The same kind of order with sums of its own, so that a sum in the wrong hands is known by its figures."""
    more = Decimal(index + 1) * Decimal("0.03")
    sums = {"amount_paid": "50.00", "original_balance": "50.00", "remaining_balance": "50.00", **facts}
    names = ("amount_paid", "original_balance", "remaining_balance")
    return {**facts, **{name: str(Decimal(sums[name]) + more) for name in names if sums[name] is not None}}


def _right(scenario: Scenario, numbers: list[str], services: Services) -> Expected:
    """What the policy gives; and where an outage may delay the customer's next word, what a refund that has been
    carried out meanwhile gives."""
    right = expected(scenario, numbers, services)
    if scenario.goal == "refund, then take it back":
        refunded = expected(replace(scenario, goal="refund"), numbers, services)
        return Expected(right.required, right.allowed.union(*refunded.required))
    if scenario.goal == "both, refund first":
        late = {f"{number} cancel done": f"{number} cancel declined" for number in numbers}
        required = tuple(any_of | {late[end] for end in any_of if end in late} for any_of in right.required)
        return Expected(required, right.allowed)
    return right

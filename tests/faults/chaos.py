"""Random crashes of customers and workers, and what must hold whatever died: one case, one payment, or a handoff."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from bot.bootstrap import bootstrap
from bot.cases.model import CaseFile, CaseState, StepState
from bot.cases.services import Services
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import PROJECT, Settings
from bot.store import tables as t
from bot.store.imports import import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork
from tests.cases.gateways import ledger_entries
from tests.desk_builders import an_agent
from tests.gateways.contract_server import ContractServer, Fault, random_faults
from tests.store_builders import an_order_row

ENDS = frozenset({CaseState.DONE, CaseState.IN_REVIEW, CaseState.WITHDRAWN})
MOST_POINTS = 160
"""How far a process may get before it dies; further than most plans take."""


@dataclass
class Tally:
    """What a run has seen."""

    scenarios: int = 0
    crashes: int = 0
    payments: int = 0
    handoffs: int = 0
    withdrawn: int = 0
    renewed: int = 0
    by_agents: int = 0
    wrong: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The counts in one line."""
        return (
            f"{self.scenarios} scenarios, {self.crashes} crashes, {self.payments} payments, "
            f"{self.handoffs} with a person, {self.withdrawn} taken back, {self.renewed} quoted anew, "
            f"{self.by_agents} paid by an agent's decision, "
            f"{len(self.wrong)} wrong"
        )


class Shop(Protocol):
    """Whoever pays: lets a test know what it has paid, and lets a customer use a card."""

    def open(self, number: str) -> None:
        """There is a new order, a card of 50.00."""

    def paid(self, number: str) -> list[Decimal]:
        """The payments for an order."""

    def calm(self) -> None:
        """From now on nothing goes wrong."""


class LedgerShop:
    """The embedded ledger; the processes themselves change the balance in the store."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def open(self, number: str) -> None:
        """Nothing to do: the order is in the store."""

    def paid(self, number: str) -> list[Decimal]:
        """The refunds in the ledger."""
        return [entry[1] for entry in ledger_entries(self._services, number) if entry[0] == "refund"]

    def calm(self) -> None:
        """Nothing goes wrong in it."""


GATEWAY_FAULTS = {
    Fault.ERROR_BEFORE: 0.08,
    Fault.ERROR_AFTER: 0.08,
    Fault.DROP_BEFORE: 0.04,
    Fault.DROP_AFTER: 0.08,
    Fault.GARBAGE: 0.04,
    Fault.WRONG_SIGNATURE: 0.04,
    Fault.OTHER_AMOUNT: 0.04,
    Fault.CLOSED: 0.02,
}
"""How often a call to the billing gateway goes wrong, and how; without the slow ways, which other tests have."""


class GatewayShop:
    """A billing gateway over HTTP that goes wrong now and then, until it is calmed."""

    def __init__(self, server: ContractServer) -> None:
        self._server = server
        self._rng = random.Random(5)

    def open(self, number: str) -> None:
        """The order is known there; some customers use their card just before it is stopped."""
        self._server.book.add_order(number, paid="50.00", currency="USD", remaining="50.00", used=False)
        if self._rng.random() < 0.3:
            self._server.book.spend_at_stop(number, self._rng.choice(["10.00", "40.00"]))
        self._server.faults = random_faults(self._rng.randrange(10**6), GATEWAY_FAULTS)

    def paid(self, number: str) -> list[Decimal]:
        """What the gateway has paid."""
        return [Decimal(payment.amount) for payment in self._server.payments_by_order.get(number, [])]

    def calm(self) -> None:
        """No fault any more."""
        self._server.faults = []


def crash_scenarios(
    folder: Path, database_url: str, seeds: Iterable[int], gateway: ContractServer | None = None
) -> Tally:
    """Live a scenario for each seed on an empty database, with the embedded ledger or a gateway over HTTP; and look at
    the audit chain and at every decision in the end."""
    settings = {"home": str(folder), "database_url": database_url}
    if gateway is not None:
        settings |= {"gateway_url": gateway.url, "gateway_secret": gateway.secret.decode()}
    services = bootstrap(Settings(**settings))
    environment = {f"REFUND_DESK_{name.upper()}": value for name, value in settings.items()}
    an_agent(services)
    chaos = Chaos(services, folder, environment, LedgerShop(services) if gateway is None else GatewayShop(gateway))
    try:
        for seed in seeds:
            chaos.scenario(seed)
    finally:
        chaos.close()
    with services.unit_of_work() as uow:
        chaos.tally.wrong += map(str, uow.audit.verify()[1])
        for stored in uow.decisions.all():
            if decide(parse_request(stored.inputs), services.policy).to_json() != stored.result:
                chaos.tally.wrong.append(f"decision {stored.id} can't be replayed")
    return chaos.tally


class Chaos:
    """Lives plans against one database and one shop."""

    def __init__(self, services: Services, folder: Path, environment: dict[str, str], shop: Shop) -> None:
        self._services, self._shop = services, shop
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REFUND_DESK_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crashing", str(folder)],
            cwd=PROJECT,
            env={**kept, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tally = Tally()
        self._by_hand = isinstance(shop, LedgerShop)

    def close(self) -> None:
        """End the process that forks."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def lived(self, plan: dict[str, Any], deaths: list[int | None]) -> int:
        """Fork a process for each of the deaths; how many died. A process that failed is a finding."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"plan": plan, "deaths": deaths}) + "\n")
        self._process.stdin.flush()
        answers = json.loads(self._process.stdout.readline())
        for answer in answers:
            if not answer["died"] and answer["passed"] is None:
                self.tally.wrong.append(f"{plan['number']}: a process failed: {answer['error'][-2000:]}")
        died = sum(answer["died"] for answer in answers)
        self.tally.crashes += died
        return died

    def scenario(self, seed: int) -> None:
        """One customer, with some deaths on the way, and then the end."""
        rng = random.Random(seed)
        number = f"CC-{500_000 + self.tally.scenarios:06d}"
        email = f"buyer{number[3:]}@example.net"
        self._store(number, email)
        self._shop.open(number)
        kind = rng.choices(["refund", "cancel", "desk"], [4, 1, 2])[0]
        plan: dict[str, Any] = {
            "number": number,
            "email": email,
            "talk": f"chaos-{number}",
            "kind": kind,
            "takes_back": kind == "refund" and rng.random() < 0.15,
            "use": rng.choice([None, None, None, "40.00", "10.00"]) if kind != "cancel" and self._by_hand else None,
            "grants": rng.choice(["30.00", "50.00"]),
            "leaves": rng.random() < 0.2,
            "customer": True,
            "worker": True,
            "rounds": 1,
            "give_up": False,
            "offset": 0,
        }
        self.tally.scenarios += 1
        for _ in range(rng.randint(1, 4)):
            together = 2 if rng.random() < 0.3 else 1
            self.lived(plan, [rng.randint(1, MOST_POINTS) for _ in range(together)])
            # Time passes until things are up again; now and then the clock jumps back instead.
            plan["offset"] += rng.choice([45, 60, 300, -3_000])
        self._shop.calm()
        plan["offset"] = max(plan["offset"], 0) + 60
        self.lived({**plan, "rounds": 2, "customer": not plan["leaves"]}, [None])
        self.lived({**plan, "customer": False, "offset": plan["offset"] + 7_200, "give_up": True}, [None])
        self._judge(seed, plan)

    def _judge(self, seed: int, plan: dict[str, Any]) -> None:
        files = self._files(plan["number"])
        paid = self._shop.paid(plan["number"])
        # Asked for once more after it was done, it is declined: that is as it should be.
        last = [file for file in files if file.case.state is not CaseState.DECLINED]
        problems = []
        if plan["leaves"]:  # a quote that was never answered may stay, as long as nothing was stopped for it
            last = [file for file in last if file.case.state is not CaseState.QUOTED or file.steps]
        ended = Counter(file.case.state for file in last)
        ends = ENDS | ({CaseState.APPROVED_BY_AGENT} if plan["leaves"] else set())
        if any(state not in ends for state in ended):
            problems.append(f"states {[state.value for state in ended]}")
        if ended[CaseState.DONE] + ended[CaseState.IN_REVIEW] > 1 or not (last or plan["leaves"]):
            problems.append(f"{len(last)} cases: {[file.case.state.value for file in last]}")
        if len(paid) > 1:
            problems.append(f"paid {len(paid)} times")
        done = [file for file in last if file.case.state is CaseState.DONE]
        reviewed = [file for file in last if file.case.state is CaseState.IN_REVIEW]
        if done and plan["kind"] == "refund":
            promised = Decimal(done[0].decisions[-1].result["refund"])
            if paid != [promised]:
                problems.append(f"done with {paid} paid, promised {promised}")
        if done and plan["kind"] == "desk" and paid != [done[0].agent_decisions[-1].refund]:
            problems.append(f"done with {paid} paid, granted {done[0].agent_decisions}")
        if (plan["kind"] == "cancel" or (not done and not reviewed)) and paid:
            problems.append("paid without a case")
        self.tally.by_agents += bool(done and plan["kind"] == "desk")
        if not done and not reviewed and not plan["takes_back"] and not plan["leaves"]:
            problems.append("the case is lost")
        if any(file.handoff is None for file in reviewed):
            problems.append("in review without a handoff")
        if any(step.state is StepState.WAITING for file in last for step in file.steps):
            problems.append("a step is left in the outbox")
        self.tally.payments += len(paid)
        self.tally.handoffs += len(reviewed)
        self.tally.withdrawn += not done and not reviewed
        self.tally.renewed += any(
            entry.from_state is CaseState.EXECUTING and entry.to_state is CaseState.QUOTED
            for file in last
            for entry in file.log
        )
        self.tally.wrong += [f"seed {seed}, {plan['number']}: {problem}" for problem in problems]

    def _store(self, number: str, email: str) -> None:
        placed_at = (datetime.now(timezone.utc) - timedelta(minutes=5)).isoformat()
        row = an_order_row(number, email, placed_at=placed_at)
        with self._services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            import_orders(uow, read_order_rows([row], "test"))
            uow.commit()

    def _files(self, number: str) -> list[CaseFile]:
        with self._services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            query = select(t.cases.c.reference).join(t.orders).where(t.orders.c.number == number).order_by(t.cases.c.id)
            found = [uow.case_files.find(reference) for reference in uow.connection.execute(query).scalars().all()]
        return [file for file in found if file is not None]

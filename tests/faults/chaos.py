"""Random crashes of customers and workers, and what must hold whatever died: one case, one payment, or a handoff."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateways import ledger_entries
from sqlalchemy import select
from store_builders import an_order_row

from bot.bootstrap import bootstrap
from bot.cases.model import CaseFile, CaseState, StepState
from bot.cases.ports import Services
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import PROJECT, Settings
from bot.store import tables as t
from bot.store.imports import import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork

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
    wrong: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The counts in one line."""
        return (
            f"{self.scenarios} scenarios, {self.crashes} crashes, {self.payments} payments, "
            f"{self.handoffs} with a person, {self.withdrawn} taken back, {self.renewed} quoted anew, "
            f"{len(self.wrong)} wrong"
        )


def crash_scenarios(folder: Path, database_url: str, seeds: Iterable[int]) -> Tally:
    """Live a scenario for each seed on an empty database, with the embedded ledger; and look at the audit chain and at
    every decision in the end."""
    services = bootstrap(Settings(home=folder, database_url=database_url))
    environment = {"REFUND_DESK_HOME": str(folder), "REFUND_DESK_DATABASE_URL": database_url}

    def paid(number: str) -> list[Decimal]:
        return [entry[1] for entry in ledger_entries(services, number) if entry[0] == "refund"]

    chaos = Chaos(services, folder, environment, paid)
    try:
        for seed in seeds:
            chaos.scenario(seed)
    finally:
        chaos.close()
    with services.unit_of_work() as uow:
        chaos.tally.wrong += uow.verify_audit()[1]
        for stored in uow.decisions():
            if decide(parse_request(stored.inputs), services.policy).to_json() != stored.result:
                chaos.tally.wrong.append(f"decision {stored.id} can't be replayed")
    return chaos.tally


class Chaos:
    """Lives plans against one database. ``payments`` tells what the gateway has paid for an order, ``prepare`` lets
    the gateway know of a new one."""

    def __init__(
        self,
        services: Services,
        folder: Path,
        environment: dict[str, str],
        payments: Callable[[str], list[Decimal]],
        prepare: Callable[[str], None] = lambda number: None,
    ) -> None:
        self._services, self._payments, self._prepare = services, payments, prepare
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REFUND_DESK_")}
        path = os.pathsep.join(str(PROJECT / part) for part in ("", "tests", "tests/faults"))
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crashing.py")), str(folder)],
            env={**kept, **environment, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tally = Tally()

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
        self._prepare(number)
        kind = rng.choices(["refund", "cancel"], [4, 1])[0]
        plan: dict[str, Any] = {
            "number": number,
            "email": email,
            "talk": f"chaos-{number}",
            "kind": kind,
            "takes_back": kind == "refund" and rng.random() < 0.15,
            "use": rng.choice([None, None, None, "40.00", "10.00"]) if kind == "refund" else None,
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
        plan["offset"] = max(plan["offset"], 0) + 60
        self.lived({**plan, "rounds": 2}, [None])
        self.lived({**plan, "customer": False, "offset": plan["offset"] + 7_200, "give_up": True}, [None])
        self._judge(seed, plan)

    def _judge(self, seed: int, plan: dict[str, Any]) -> None:
        files = self._files(plan["number"])
        paid = self._payments(plan["number"])
        # Asked for once more after it was done, it is declined: that is as it should be.
        last = [file for file in files if file.case.state is not CaseState.DECLINED]
        problems = []
        ended = Counter(file.case.state for file in last)
        if any(state not in ENDS for state in ended):
            problems.append(f"states {[state.value for state in ended]}")
        if ended[CaseState.DONE] + ended[CaseState.IN_REVIEW] > 1 or not last:
            problems.append(f"{len(last)} cases: {[file.case.state.value for file in last]}")
        if len(paid) > 1:
            problems.append(f"paid {len(paid)} times")
        done = [file for file in last if file.case.state is CaseState.DONE]
        reviewed = [file for file in last if file.case.state is CaseState.IN_REVIEW]
        if done and plan["kind"] == "refund":
            promised = Decimal(done[0].decisions[-1].result["refund"])
            if paid != [promised]:
                problems.append(f"done with {paid} paid, promised {promised}")
        if (plan["kind"] == "cancel" or (not done and not reviewed)) and paid:
            problems.append("paid without a case")
        if not done and not reviewed and not plan["takes_back"]:
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
            found = [uow.case_file(reference) for reference in uow.connection.execute(query).scalars().all()]
        return [file for file in found if file is not None]

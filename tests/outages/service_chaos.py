"""The running service under outages while many customers talk: starts it, breaks it, and judges what is left."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from tests.gateways.contract_server import ContractServer, Fault, random_faults
from tests.outages.breaker import QUICK, RUN, STOP, Breaker, Outage
from tests.outages.clients import Apology
from tests.outages.crowd import Crowd, Visit
from tests.outages.database import CuttableWay
from tests.outages.evidence import books_of, is_settled, what_is_broken
from tests.outages.judge import Findings, Witness, judge
from tests.outages.service import Service, begin

GATEWAY_FAULTS = {
    Fault.ERROR_BEFORE: 0.05,
    Fault.ERROR_AFTER: 0.05,
    Fault.DROP_BEFORE: 0.03,
    Fault.DROP_AFTER: 0.05,
    Fault.LATE: 0.03,
    Fault.GARBAGE: 0.03,
    Fault.WRONG_SIGNATURE: 0.03,
    Fault.OTHER_AMOUNT: 0.03,
    Fault.CLOSED: 0.02,
}
"""How often a call to the billing gateway goes wrong, and how."""
SETTINGS = {"take_back_minutes": "1", "business_hours": "always"}
"""A refund is paid a minute after the yes, so that payments and talks and outages come together."""
SETTLE_SECONDS = 400.0
_MOST_FILES = 30


@dataclass(frozen=True)
class Plan:
    """What is to be lived. ``pauses`` are the fewest and most seconds between the end of an outage and the next;
    ``database_url`` is an empty PostgreSQL database, or nothing for SQLite."""

    conversations: int
    at_once: int
    seed: int
    pauses: tuple[float, float] = (1.0, 8.0)
    database_url: str = ""


@dataclass
class Report:
    """What came of it."""

    findings: Findings
    witnesses: list[Witness]
    outages: list[Outage]
    apologies: list[Apology]
    seconds: float
    messages: int
    strangers: int
    broken: list[str] = field(default_factory=list)

    @property
    def needless(self) -> list[Apology]:
        """Apologies though everything that was down meanwhile was back quickly, or nothing was."""
        return [
            apology
            for apology in self.apologies
            if all(outage.back - outage.began <= QUICK for outage in self._during(apology))
        ]

    def _during(self, apology: Apology) -> list[Outage]:
        return [outage for outage in self.outages if outage.began < apology.ended and outage.back > apology.began]

    def summary(self) -> str:
        """The counts."""
        found, talks = self.findings, len(self.witnesses)
        how = Counter(f"{outage.how} {'+'.join(sorted(outage.parts))}" for outage in self.outages)
        stops = [outage.ended - outage.began for outage in self.outages if (outage.how, outage.parts) == (STOP, (RUN,))]
        backs = sorted(outage.seconds for outage in self.outages) or [0.0]
        quick = sum(back <= QUICK for back in backs)
        lines = [
            f"{talks} conversations ({self.strangers} of strangers), {self.messages} messages, {self.seconds:.0f} s",
            f"{len(self.outages)} outages, {quick} of them back within {QUICK:.0f} s, the longest {backs[-1]:.1f} s; "
            f"{len(stops)} whole stops, the longest {max(stops, default=0.0):.1f} s",
            "outages: " + ", ".join(f"{times} {name}" for name, times in sorted(how.items())),
            "ends: " + ", ".join(f"{times} {name}" for name, times in sorted(found.ends.items())),
            f"{len(self.apologies)} apologies, {len(self.needless)} of them though all was back within {QUICK:.0f} s",
            f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.wrong_owner)} wrong owner, "
            f"{len(found.wrong) + len(self.broken)} otherwise wrong",
        ]
        return "\n".join(lines)


def live(plan: Plan, folder: Path, results: Path, progress: Any = None) -> Report:
    """Live it in an empty folder; what was wrong is written into ``results``, with the logs."""
    with ExitStack() as stack:
        gateway = stack.enter_context(ContractServer(slow_seconds=6))
        gateway.faults = random_faults(plan.seed, GATEWAY_FAULTS)
        settings, way = dict(SETTINGS), None
        if plan.database_url:
            url = make_url(plan.database_url)
            way = CuttableWay(url.host or "127.0.0.1", url.port or 5432)
            stack.callback(way.cut)
            through = url.set(host="127.0.0.1", port=way.port)
            settings["database_url"] = through.render_as_string(hide_password=False)
        service = begin(folder, gateway, settings, plan.database_url)
        stack.callback(lambda: (service.process.terminate(), service.process.wait(60)))
        began = time.monotonic()
        crowd = Crowd(service, plan.seed, plan.conversations, plan.at_once)
        breaker = Breaker(service, plan.seed, plan.pauses, way)
        breaker.start()
        try:
            crowd.talk(progress)
        finally:
            breaker.finish()
        seconds = time.monotonic() - began
        gateway.faults = []
        report = _judged(service, crowd, breaker.outages, seconds)
    _write(report, folder / "logs", results)
    return report


def _judged(service: Service, crowd: Crowd, outages: list[Outage], seconds: float) -> Report:
    until = time.monotonic() + SETTLE_SECONDS
    while not is_settled(service.services) and time.monotonic() < until:
        time.sleep(1)
    witnesses = crowd.witnesses()
    visits: list[Visit] = list(crowd.visits.values())
    return Report(
        findings=judge(witnesses, books_of(service.gateway.book)),
        witnesses=witnesses,
        outages=outages,
        apologies=[apology for visit in visits for apology in visit.client.apologies],
        seconds=seconds,
        messages=sum(len(visit.client.sent) for visit in visits),
        strangers=sum(visit.right is None for visit in visits),
        broken=list(what_is_broken(service.services)),
    )


def _write(report: Report, logs: Path, results: Path) -> None:
    """The conversations of what was wrong, and the logs of the service."""
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    outages = [f"{outage.began:.1f} {outage}" for outage in report.outages]
    said_sorry = [f"{apology.began:.1f} to {apology.ended:.1f} {apology.text}" for apology in report.needless]
    head = [report.summary(), "", *outages, "", "Needless apologies", *said_sorry, "", *report.broken]
    found = report.findings.all
    (results / "summary.txt").write_text("\n".join([*head, *(": ".join(what) for what in found)]) + "\n", "utf-8")
    of_name = {witness.name: witness for witness in report.witnesses}
    for name in list(dict.fromkeys(who for _, who, _ in found if who in of_name))[:_MOST_FILES]:
        witness = of_name[name]
        wrong = [f"{kind}: {what}" for kind, who, what in found if who == name]
        log = [f"{talk} {line}" for talk, lines in witness.log.items() for line in lines]
        parts = [*wrong, "", *witness.transcript, "", *map(str, witness.cases), "", *log, ""]
        (results / f"{name.split(' ')[0]}.txt").write_text("\n".join(parts), "utf-8")
    if found or report.broken or report.needless:
        shutil.copytree(logs, results / "logs")

"""A process that forks customers and workers which die where they are told to: at any statement, commit or call.

It reads a plan a line (JSON) and answers a line: how each of the forked processes ended, and how many points it passed
at which it could have died. It is started once, so that a crash costs a fork and not the start of Python.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import signal
import sys
import traceback
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot import logs
from bot.bootstrap import bootstrap
from bot.cases.customer.left_quotes import hand_over_left_quotes
from bot.cases.customer.offers import accept_offer, offers
from bot.cases.customer.quotes import confirm, quote_cancellation, quote_refund
from bot.cases.customer.withdrawals import take_back
from bot.cases.desk.accounts import agents
from bot.cases.desk.views import desk_case, queue
from bot.cases.desk.work import decide_by_agent, take
from bot.cases.errors import CaseError
from bot.cases.identity.verification import verify
from bot.cases.model import CaseState, CustomerReason, Verdict
from bot.cases.payout.execution import carry_out_due
from bot.cases.ports.billing import BillingGateway
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.settings import load_settings
from bot.store.imports import import_orders, read_order_rows
from bot.store.ledger import Ledger
from bot.store.unit_of_work import SqlUnitOfWork
from tests.store_builders import an_order_row

HEARD = [{"at": "", "who": "customer", "text": "I want my money back"}]
TAKE_BACK_MINUTES = 10


class Fuse:
    """Counts the points at which a process can die, and kills it at one of them."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.passed = 0
        self.burning = False

    def point(self, *_: Any) -> None:
        """One place between two statements."""
        if not self.burning:
            return
        self.passed += 1
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A gateway whose caller may die just before or just after a call; at the first stop the card may be used."""

    def __init__(self, gateway: BillingGateway, fuse: Fuse, use: Any) -> None:
        self._gateway, self._fuse, self._use = gateway, fuse, use

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "stop_service":
                self._use()
            self._fuse.point()
            answer = getattr(self._gateway, name)(*args, **kwargs)
            self._fuse.point()
            return answer

        return call


class Clock:
    """The time of now, and what the plan adds to it."""

    offset = timedelta(0)

    def __call__(self) -> datetime:
        """The aware time of now."""
        return datetime.now(timezone.utc) + self.offset


def live(services: Services, clock: Clock, plan: dict[str, Any], fuse: Fuse) -> None:
    """One customer with one order, and the worker, from wherever the last process died to the end."""
    clock.offset = timedelta(seconds=plan["offset"])
    mortal = Mortal(services.gateway, fuse, lambda: used_meanwhile(services, plan))
    services = dataclasses.replace(services, gateway=mortal)
    fuse.burning = True
    for _ in range(plan["rounds"]):
        if plan["customer"]:
            customer(services, plan)
        if plan["kind"] == "desk":
            desk(services, plan)
        if plan["kind"] == "desk" and plan["customer"]:
            says_yes(services, plan)
        if not plan["worker"]:
            continue
        for minutes in (0, TAKE_BACK_MINUTES + 1, 0.6, 0.6):
            clock.offset += timedelta(minutes=minutes)
            while carry_out_due(services):
                pass
    if plan["give_up"]:
        clock.offset += timedelta(minutes=services.verification_minutes + 1)
        hand_over_left_quotes(services)
    fuse.burning = False


def used_meanwhile(services: Services, plan: dict[str, Any]) -> None:
    """The customer uses the card just before it is stopped, once."""
    if plan["use"] is None:
        return
    with services.unit_of_work() as uow:
        stored = uow.orders.lock(plan["number"])
        assert stored is not None
        if stored.order.remaining_balance == Decimal("50.00"):
            uow.orders.change(stored.id, remaining_balance=Decimal(plan["use"]))
            uow.commit()


def desk(services: Services, plan: dict[str, Any]) -> None:
    """Whoever works at the desk approves what waits there: the very same again where that was confirmed before."""
    agent = agents(services)[0]
    for item in queue(services):
        if item.order_number != plan["number"]:
            continue
        try:
            take(services, agent, item.reference)
            again = desk_case(services, item.reference).suggestion.sentence.startswith("Try again")
            verdict, refund = (Verdict.APPROVE, None) if again else (Verdict.CHANGE, Decimal(plan["grants"]))
            decide_by_agent(services, agent, item.reference, verdict=verdict, refund=refund, reason="As a courtesy.")
        except CaseError:
            continue  # another process was faster


def says_yes(services: Services, plan: dict[str, Any]) -> None:
    """To whatever is offered."""
    for offer in offers(services, conversation_id=plan["talk"]):
        try:
            accept_offer(
                services,
                conversation_id=plan["talk"],
                reference=offer.case.reference,
                agent_decision_id=offer.agent_decision_id,
            )
        except CaseError:
            continue  # it has changed meanwhile: the desk looks at it again


def customer(services: Services, plan: dict[str, Any]) -> None:
    """Verifies, asks, says yes to what is shown, and perhaps takes it back: everything again after a crash, as people
    do who got no answer."""
    talk, number = plan["talk"], plan["number"]
    message_id = str(services.clock().timestamp())
    verify(services, conversation_id=talk, message_id=message_id, order_number=number, email=plan["email"])
    asked = {"conversation_id": talk, "order_number": number, "requested_at": services.clock(), "transcript": HEARD}
    if plan["kind"] == "cancel":
        quote = quote_cancellation(services, **asked)
    else:
        quote = quote_refund(
            services,
            **asked,
            reason=CustomerReason.SERVICE_FAULT if plan["kind"] == "desk" else CustomerReason.CHANGE_OF_MIND,
            reason_words="changed my mind",
            destination=Destination.WALLET,
        )
    if not quote.existing and quote.case.state is CaseState.QUOTED and quote.decision is not None:
        confirm(
            services,
            conversation_id=talk,
            reference=quote.case.reference,
            decision_id=quote.decision.id,
            transcript=HEARD,
        )
    if plan["takes_back"]:
        try:
            take_back(services, conversation_id=talk, reference=quote.case.reference)
        except CaseError:
            return  # too late


def forked(services: Services, clock: Clock, plan: dict[str, Any], at: int | None, results: Path) -> int:
    """The process id of a child that lives the plan and dies at that point, if it gets there."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        fuse = Fuse(at)
        event.listen(Engine, "before_cursor_execute", fuse.point)
        event.listen(Engine, "commit", fuse.point)
        event.listen(Engine, "after_cursor_execute", fuse.point)
        live(services, clock, plan, fuse)
        results.write_text(str(fuse.passed))
        status = 0
    except BaseException:
        results.write_text(traceback.format_exc())
    finally:
        os._exit(status)


def warm_up(services: Services, clock: Clock, gateway: Ledger) -> None:
    """Live each kind of plan once in this process, unharmed: what SQLAlchemy compiles here, no child compiles anew."""
    services = dataclasses.replace(services, gateway=gateway)
    for index, kind in enumerate(("refund", "cancel", "desk")):
        number, email = f"CC-49999{index}", f"buyer49999{index}@example.net"
        placed_at = (clock() - timedelta(minutes=5)).isoformat()
        with services.unit_of_work() as uow:
            import_orders(uow, read_order_rows([an_order_row(number, email, placed_at=placed_at)], "warm-up"))
            uow.commit()
        plan = {"number": number, "email": email, "talk": f"warm-up-{number}", "kind": kind, "use": None}
        plan |= {"takes_back": False, "grants": "30.00", "customer": True, "worker": True}
        live(services, clock, {**plan, "rounds": 2, "give_up": True, "offset": 0}, Fuse(None))


def main() -> None:
    """Serve plans until the input ends."""
    folder = Path(sys.argv[1])
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library logs is no answer
    logs.set_up()
    clock = Clock()
    services = dataclasses.replace(bootstrap(load_settings(), clock), take_back_minutes=TAKE_BACK_MINUTES)
    uow = services.unit_of_work()
    assert isinstance(uow, SqlUnitOfWork)
    warm_up(services, clock, Ledger(uow._engine, clock))
    for engine in (uow._engine, uow.keys._engine):
        engine.dispose()  # a connection must not be shared by the processes that are forked
    gc.freeze()  # or each child would look through all of it, and copy it
    for line in sys.stdin:
        order = json.loads(line)
        children = {}
        for index, at in enumerate(order["deaths"]):
            results = folder / f"child-{index}"
            results.unlink(missing_ok=True)
            children[forked(services, clock, order["plan"], at, results)] = results
        answers = []
        for pid, results in children.items():
            _, status = os.waitpid(pid, 0)
            said = results.read_text() if results.exists() else ""
            passed = int(said) if said.isdigit() else None
            answers.append({"died": os.WIFSIGNALED(status), "passed": passed, "error": said})
        print(json.dumps(answers), file=output, flush=True)


if __name__ == "__main__":
    main()

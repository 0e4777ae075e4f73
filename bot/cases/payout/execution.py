"""Carrying out what was confirmed: the outbox, step by step, each exactly once, whatever dies in between.

A confirmation writes the first step in its own transaction. Whoever finds a step due takes a lease on it, calls the
gateway outside of any transaction, and writes what came of it together with the next step. A crash anywhere leaves a
step that somebody finishes after the lease, with the same idempotency key.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from typing_extensions import Unpack

from bot.cases.case.decisions import decide_and_store, same_figures
from bot.cases.case.handoff import save_handoff
from bot.cases.case.moves import move
from bot.cases.case.review import (
    AGENT_DECISION,
    UNKNOWN,
    changed_since,
    deal_of_agent,
    deal_of_policy,
    may_have_been_paid,
    payment,
    same_payment,
)
from bot.cases.identity.live_orders import sync_order
from bot.cases.model import (
    AgentDecision,
    Case,
    CaseKind,
    CaseState,
    Cause,
    CauseCode,
    MoveCause,
    OutboxStep,
    Step,
    StepState,
    StoredDecision,
    StoredOrder,
)
from bot.cases.payout.after_restore import look_up_before
from bot.cases.payout.dry_check import check_before_stop
from bot.cases.ports.billing import GatewayError, Unavailable, Unclear
from bot.cases.ports.outbox import StepChange
from bot.cases.ports.store import UnitOfWork
from bot.cases.queues import pause
from bot.cases.services import Services
from bot.policy import Outcome, decide_cancellation
from bot.policy.facts import CancelRequest, Destination, Order, OrderStatus, ProductKind, RefundRequest
from bot.policy.money import plain
from bot.policy.parsing import order_to_json, parse_request

LEASE = timedelta(seconds=30)
"""How long a step belongs to whoever took it; longer than any call to the gateway takes."""
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)
"""Between two attempts the delay doubles, from the first to the longest."""
PATIENCE = 2.0
"""Seconds after which no step is begun while a customer waits. With the longest call to a gateway it is still less than
an action may take."""
_GLANCE = 0.05
"""Seconds between two looks at a step that another has in hand."""

PROCESS_BY = "process_by"
"""In the payload of a step: the day that the customer was promised (R4), where no decision of the policy says it."""
_CARRIED = (AGENT_DECISION, PROCESS_BY)
"""What a step hands on to the next."""
RENEWED = "-again-"
"""In the key of a payment, before a number: an earlier one was refused for sure, and gateways remember refusals."""
_READY = frozenset({CaseState.CONFIRMED, CaseState.RECEIVED})


def schedule(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    decision_id: int,
    *,
    at_once: bool = False,
    carries: dict[str, Any] | None = None,
) -> None:
    """Put the first step of a confirmed case into the outbox, within the transaction that confirms it. A cancellation
    is due at once (C1), a refund after the time in which it can be taken back; ``at_once`` where it can't any more.
    ``carries``: AGENT_DECISION and PROCESS_BY."""
    now = services.clock()
    waits = case.kind is CaseKind.REFUND and not at_once
    at = now + timedelta(minutes=services.take_back_minutes) if waits else now
    uow.outbox.add(case, decision_id, Step.STOP_SERVICE, carries or {}, at, now)


def try_again(services: Services, uow: UnitOfWork, step: OutboxStep, decision: AgentDecision) -> None:
    """Put a step that failed back into the outbox, for an agent who approved what it carries out. A payment keeps its
    key while nobody knows whether it was made."""
    if step.step is Step.REFUND:
        _pay_again(services, uow, step, decision.decision_id, {**step.payload, AGENT_DECISION: decision.id})
    else:
        payload = {**step.payload, AGENT_DECISION: decision.id}
        _wake(services, uow, step, decision_id=decision.decision_id, payload=payload)


def cancel_again(services: Services, uow: UnitOfWork, step: OutboxStep) -> None:
    """Put a step of a cancellation that failed back into the outbox."""
    _wake(services, uow, step)


def _wake(services: Services, uow: UnitOfWork, step: OutboxStep, **values: Unpack[StepChange]) -> None:
    now = services.clock()
    waiting: StepChange = {
        "state": StepState.WAITING,
        "attempts": 0,
        "next_at": now,
        "lease_until": None,
        "error": None,
    }
    uow.outbox.change(step.id, **(waiting | values))


def carry_out(services: Services, case: Case, since: float | None = None) -> Case:
    """Do what is due of one case right now, as far as the customer's patience reaches, who has been waiting since then
    (``time.monotonic()``; default: now); the case as it is then.

    What fails here is not lost: it stays in the outbox. A step that the worker took first is waited for.
    """
    until = (time.monotonic() if since is None else since) + PATIENCE
    # The confirmation is on record: a failure from here on must not look as if it were not.
    with suppress(Exception):
        while time.monotonic() < until:
            due = [step for step in _due(services, 100) if step.case_id == case.id]
            if due and _run(services, due[0]):
                continue
            if not _is_in_hand(services, case):
                break
            time.sleep(_GLANCE)
        with services.reading() as uow:
            return uow.cases.get(case.id)
    return case


def _is_in_hand(services: Services, case: Case) -> bool:
    """Whether somebody is carrying out a step of the case at this moment."""
    now = services.clock()
    with services.reading() as uow:
        steps = [step for step in uow.outbox.of_case(case.id) if step.state is StepState.WAITING]
    return any(step.lease_until is not None and now < step.lease_until <= now + LEASE for step in steps)


def carry_out_due(services: Services, *, limit: int = 20) -> int:
    """Do the steps that are due, the longest waiting first; how many were done or tried."""
    return sum(_run(services, step) for step in _due(services, limit))


def _due(services: Services, limit: int) -> list[OutboxStep]:
    with services.reading() as uow:
        return uow.outbox.due(services.clock(), _longest_wait(services), LEASE, limit, demo=services.demo)


def _longest_wait(services: Services) -> timedelta:
    """A step that seems to wait longer than any ever does was written before the clock jumped back: it is due."""
    return max(LONGEST_DELAY, timedelta(minutes=services.take_back_minutes))


def _run(services: Services, step: OutboxStep) -> bool:
    claimed = _claim(services, step)
    if claimed is None:
        return False
    number, step = claimed
    try:
        _succeeded(services, number, step, _call(services, number, step))
    except GatewayError as error:
        _failed(services, number, step, error)
    except Exception as error:
        # A fault of ours is as good as no answer: tried again, and in the end a person has it. Where the store itself
        # is gone this raises, too, and the step comes again after its lease.
        _failed(services, number, step, Unavailable("carrying_out", error=type(error).__name__))
    return True


def _claim(services: Services, step: OutboxStep) -> tuple[str, OutboxStep] | None:
    """Take the step in hand, unless another worker has it, or the case was taken back."""
    now = services.clock()
    with services.unit_of_work() as uow:
        number = _lock_order(uow, step)
        step = uow.outbox.get(step.id)
        if not is_due(step, now, _longest_wait(services)):
            return None
        case = uow.cases.get(step.case_id)
        if case.state in _READY:
            move(services, uow, case, CaseState.EXECUTING, "system", MoveCause(CauseCode.CARRIED_OUT))
        elif case.state is not CaseState.EXECUTING:
            uow.outbox.change(step.id, state=StepState.DROPPED)
            uow.commit()
            return None
        step = uow.outbox.change(step.id, lease_until=now + LEASE, attempts=step.attempts + 1)
        uow.commit()
    return number, step


def is_due(step: OutboxStep, now: datetime, longest_wait: timedelta) -> bool:
    """Whether a step waits for somebody to take it. Times that lie further ahead than any wait are from before the
    clock jumped back, and hold nothing up."""
    if step.state is not StepState.WAITING:
        return False
    waits = now < step.next_at <= now + longest_wait
    leased = step.lease_until is not None and now < step.lease_until <= now + LEASE
    return not waits and not leased


def _call(services: Services, number: str, step: OutboxStep) -> dict[str, Any]:
    """Ask the gateway. Raises GatewayError."""
    look_up_before(services, number, step)
    check_before_stop(services, number, step)
    gateway = services.gateway
    if step.step is Step.STOP_SERVICE:
        gateway.stop_service(number, key=step.key)
        return {}
    if step.step is Step.END_AGREEMENT:
        gateway.end_agreement(number, date.fromisoformat(step.payload["on"]), key=step.key)
        return {}
    if step.step is Step.REFUND:
        amount, currency = Decimal(step.payload["amount"]), step.payload["currency"]
        destination = Destination(step.payload["destination"])
        return {"payment": gateway.refund(number, amount, currency, destination, key=step.key)}
    sync_order(services, number, fresh=True)
    balance = gateway.balance(number)
    remaining = None if balance.remaining is None else f"{balance.remaining:f}"
    return {"remaining": remaining, "currency": balance.currency, "used": balance.used}


def _succeeded(services: Services, number: str, step: OutboxStep, result: dict[str, Any]) -> None:
    with services.unit_of_work() as uow:
        stored = uow.orders.lock(number)
        step = uow.outbox.get(step.id)
        assert stored is not None
        if step.state is not StepState.WAITING:
            return  # its lease ran out, and another worker has finished it
        uow.outbox.change(step.id, state=StepState.DONE, result=result, lease_until=None, error=None)
        case = uow.cases.get(step.case_id)
        if step.step is Step.ASSESS:
            _assess(services, uow, case, stored, step, result)
        else:
            _go_on(services, uow, case, stored, step)
        uow.commit()


def _go_on(services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, step: OutboxStep) -> None:
    """The step after one that changed something, or the end."""
    now = services.clock()
    if case.kind is CaseKind.REFUND and step.step is Step.STOP_SERVICE:
        uow.outbox.add(case, step.decision_id, Step.ASSESS, _carried(step), now, now)
    elif case.kind is CaseKind.REFUND and step.step is Step.END_AGREEMENT:
        _pay(services, uow, case, step.decision_id, _carried(step))
    elif case.kind is CaseKind.REFUND:
        uow.orders.change(stored.id, status=OrderStatus.REFUNDED)
        move(services, uow, case, CaseState.DONE, "system", MoveCause(CauseCode.PAID))
    elif step.step is Step.STOP_SERVICE and stored.order.product_kind is ProductKind.SUBSCRIPTION:
        ends_on = uow.decisions.get(step.decision_id).result["agreement_ends_on"]
        uow.outbox.add(case, step.decision_id, Step.END_AGREEMENT, {"on": ends_on}, now, now)
    else:
        move(services, uow, case, CaseState.DONE, "system", MoveCause(CauseCode.SERVICE_STOPPED))


def _carried(step: OutboxStep) -> dict[str, Any]:
    return {name: step.payload[name] for name in _CARRIED if name in step.payload}


def _pay(services: Services, uow: UnitOfWork, case: Case, decision_id: int, carries: dict[str, Any]) -> None:
    """Pay what was agreed. A case has one payment: where one was refused for sure it is made anew, and where one may
    have been made nothing else is paid."""
    agreed = carries.get(AGENT_DECISION)
    if agreed is None:
        deal = deal_of_policy(case, uow.decisions.get(decision_id))
    else:
        deal = deal_of_agent(uow.agent_decisions.get(agreed))
    assert deal is not None
    payload = {
        "amount": plain(deal.refund, deal.currency),
        "currency": deal.currency,
        "destination": deal.destination.value,
        **carries,
    }
    now = services.clock()
    known = payment(uow, case)
    if known is None:
        uow.outbox.add(case, decision_id, Step.REFUND, payload, now, now)
    elif may_have_been_paid(known) and not same_payment(known, deal):
        error = MoveCause(CauseCode.OTHERWISE_SENT)
        facts = {"step": known.step.value, "error": error.to_json(), "payload": known.payload}
        _give_up(services, uow, case, error, facts)
    else:
        _pay_again(services, uow, known, decision_id, payload)


def _pay_again(
    services: Services, uow: UnitOfWork, step: OutboxStep, decision_id: int, payload: dict[str, Any]
) -> None:
    if may_have_been_paid(step):
        # The gateway knows the key if the payment was made, and does not make it twice. That it may have been is kept:
        # a refusal of a later attempt does not tell that none was made before.
        _wake(services, uow, step, decision_id=decision_id, payload=payload, result={UNKNOWN: True})
        return
    key = f"{step.key.partition(RENEWED)[0]}{RENEWED}{payload.get(AGENT_DECISION, decision_id)}"
    _wake(services, uow, step, decision_id=decision_id, payload=payload, result=None, key=key)


def _assess(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, step: OutboxStep, balance: dict[str, Any]
) -> None:
    """The service has stopped, so nobody can use it any more: does the confirmed quote still hold (R6, R8, R10)?

    What an agent has decided the policy does not decide again; but if there is less now than the agent saw, a person
    looks again."""
    confirmed = uow.decisions.get(step.decision_id)
    before = parse_request(confirmed.inputs)
    assert isinstance(before, RefundRequest)
    currency = balance["currency"]
    remaining = stored.order.remaining_balance if balance["remaining"] is None else Decimal(balance["remaining"])
    used = stored.order.used or balance["used"]
    uow.orders.change(stored.id, remaining_balance=remaining, used=used)
    waiting = stored.order.status is OrderStatus.REFUND_PENDING  # for this very case
    status = before.order.status if waiting else stored.order.status
    order = replace(stored.order, remaining_balance=remaining, used=used, status=status, currency=currency)
    if AGENT_DECISION in step.payload:
        _assess_for_agent(services, uow, case, before, order, step)
        return
    # As of the acceptance: R4 counts from there, and the customer's other refunds were counted there.
    result, fresh = decide_and_store(services, uow, case, replace(before, order=order))
    now = services.clock()
    if same_figures(confirmed, fresh):
        if order.product_kind is ProductKind.SUBSCRIPTION:
            ends_on = agreement_end(services, before)
            uow.outbox.add(case, fresh.id, Step.END_AGREEMENT, {"on": ends_on.isoformat()}, now, now)
        else:
            _pay(services, uow, case, fresh.id, _carried(step))
    elif result.outcome is confirmed_outcome(confirmed):
        uow.orders.change(stored.id, status=before.order.status)
        cause = MoveCause(CauseCode.FIGURES_CHANGED, {"decision": fresh.id})
        move(services, uow, case, CaseState.QUOTED, "system", cause)
    else:
        error = MoveCause(CauseCode.OUTCOME_CHANGED, {"outcome": result.outcome.value})
        _give_up(services, uow, case, error, {"step": step.step.value, "error": error.to_json()})


def _assess_for_agent(
    services: Services, uow: UnitOfWork, case: Case, seen: RefundRequest, order: Order, step: OutboxStep
) -> None:
    problem = changed_since(seen.order, order)
    if problem is not None:
        facts = {
            "step": step.step.value,
            "error": problem.to_json(),
            "seen": order_to_json(seen.order),
            "now": order_to_json(order),
        }
        _give_up(services, uow, case, problem.leading_to(CauseCode.CHANGED_SINCE_APPROVAL), facts, Cause.CHANGED)
        return
    now = services.clock()
    ended = seen.order.status in (OrderStatus.CANCELLED, OrderStatus.TERMINATED)
    if order.product_kind is ProductKind.SUBSCRIPTION and not ended:
        payload = {"on": agreement_end(services, seen).isoformat(), **_carried(step)}
        uow.outbox.add(case, step.decision_id, Step.END_AGREEMENT, payload, now, now)
    else:
        _pay(services, uow, case, step.decision_id, _carried(step))


def confirmed_outcome(decision: StoredDecision) -> Outcome:
    """The outcome of a stored decision."""
    return Outcome(decision.result["outcome"])


def agreement_end(services: Services, request: RefundRequest) -> date:
    """The last day of a plan whose charge is refunded: as for a cancellation asked for at that moment (C3)."""
    plan = replace(request.order, status=OrderStatus.ACTIVE)
    decision = decide_cancellation(CancelRequest(plan, request.requested_at, request.decided_at), services.policy)
    assert decision.agreement_ends_on is not None
    return decision.agreement_ends_on


def _failed(services: Services, number: str, step: OutboxStep, error: GatewayError) -> None:
    """Try again later, or give it to a person."""
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.orders.lock(number)
        step = uow.outbox.get(step.id)
        if step.state is not StepState.WAITING:
            return
        if isinstance(error, Unavailable) and step.attempts < services.gateway_attempts:
            delay = pause(step.attempts, FIRST_DELAY, LONGEST_DELAY)
            asked_for = timedelta(seconds=float(getattr(error, "retry_after", None) or 0))
            next_at = now + min(max(delay, asked_for), LONGEST_DELAY)
            uow.outbox.change(step.id, next_at=next_at, lease_until=None, error=str(error))
        else:
            # A refusal says nothing of attempts before it that were not answered.
            unclear = isinstance(error, (Unavailable, Unclear)) or step.attempts > 1
            unknown = unclear or bool((step.result or {}).get(UNKNOWN))
            uow.outbox.change(
                step.id, state=StepState.DEAD, lease_until=None, error=str(error), result={UNKNOWN: unknown}
            )
            facts = {
                "step": step.step.value,
                "error": str(error),
                "attempts": step.attempts,
                "idempotency_key": step.key,
                UNKNOWN: unknown,
                "payload": step.payload,
            }
            failed = MoveCause(CauseCode.GATEWAY_FAILED, {"error": str(error)})
            _give_up(services, uow, uow.cases.get(step.case_id), failed, facts)
        uow.commit()


def _give_up(
    services: Services,
    uow: UnitOfWork,
    case: Case,
    error: MoveCause,
    facts: dict[str, Any],
    cause: Cause = Cause.FAILURE,
) -> None:
    """The dead letter: a person has the case, with what was done and what is not known."""
    case = move(services, uow, case, CaseState.FAILED, "system", error)
    handed_over = MoveCause(CauseCode.HANDED_OVER, {"cause": cause.value})
    case = move(services, uow, case, CaseState.IN_REVIEW, "system", handed_over)
    done = [step.step.value for step in uow.outbox.of_case(case.id) if step.state is StepState.DONE]
    save_handoff(services, uow, case, cause, None, {**facts, "done": done, "verified": True})


def _lock_order(uow: UnitOfWork, step: OutboxStep) -> str:
    """Locks are taken in one order everywhere: the order first, then what belongs to it."""
    case = uow.cases.get(step.case_id)
    assert case.order_id is not None
    number = uow.orders.number_of(case.order_id)
    uow.orders.lock(number)
    return number

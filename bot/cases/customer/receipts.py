"""Receipts: what a customer said yes to, when, under which clauses, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.cases.case.review import clauses_of, deal_of_agent
from bot.cases.case.sending import Sending, read_sending
from bot.cases.customer.wording import base_rows, destination_words, state_words
from bot.cases.hashes import keyed_hash, same
from bot.cases.model import (
    AgentDecision,
    Case,
    CaseFile,
    CaseKind,
    CaseState,
    CauseCode,
    StoredDecision,
)
from bot.cases.payout.execution import PROCESS_BY, agreement_end
from bot.cases.services import Services
from bot.policy.facts import Destination, Order, ProductKind, RefundRequest
from bot.policy.money import Money, plain
from bot.policy.parsing import parse_request
from bot.policy.terms import Policy, Terms
from bot.wording import say
from bot.wording.clauses import Clause, clause_texts
from bot.wording.formats import spoken, spoken_date, spoken_moment

MAC_LENGTH = 32
"""Hex digits of the proof in a receipt's link: 128 bits."""


@dataclass(frozen=True)
class Agreed:
    """What a customer said yes to, and when. Sums are in ``currency``; None where none is about it.

    ``order`` is the order as it was then; ``by_person``: a person of the desk had decided it, not the policy alone.
    """

    confirmed_at: datetime
    order: Order
    currency: str
    clauses: tuple[str, ...]
    policy_version: str
    base: Decimal | None = None
    fee: Decimal | None = None
    refund: Decimal | None = None
    balance_lost: Decimal | None = None
    destination: Destination | None = None
    process_by: date | None = None
    service_stops_at: datetime | None = None
    agreement_ends_on: date | None = None
    next_charge_on: date | None = None
    by_person: bool = False


@dataclass(frozen=True)
class Receipt:
    """The receipt of a confirmed refund or cancellation. Times are in the business time zone; ``state`` is how far the
    case is now. It names no person: whoever has its link may read it."""

    reference: str
    kind: CaseKind
    order_number: str
    product: str
    requested_at: datetime
    agreed: Agreed
    clauses: tuple[Clause, ...]
    state: CaseState
    sending: Sending | None = None
    """How the card goes back; None where none has to."""
    demo: bool = False
    """Whether nothing of it is real."""

    @property
    def confirmed_at(self) -> datetime:
        """When the customer said yes."""
        return self.agreed.confirmed_at

    @property
    def title(self) -> str:
        """``Refund of $44.00`` or ``Cancellation``."""
        if self.kind is CaseKind.CANCEL:
            return say("receipt_cancellation")
        if self.agreed.refund is None:
            return say("receipt_refund")
        return say("receipt_refund_of", refund=Money(self.agreed.refund, self.agreed.currency))

    @property
    def state_words(self) -> str:
        """How far the case is: ``accepted and on its way``."""
        return say("receipt_in_review") if self.state is CaseState.IN_REVIEW else state_words(self.state)

    def rows(self) -> list[tuple[str, str]]:
        """What the receipt says, as labels and values in the order in which they are read."""
        agreed = self.agreed
        money = {
            say("label_fee"): agreed.fee,
            say("label_refund"): agreed.refund if self.kind is CaseKind.REFUND or agreed.refund else None,
            say("label_balance_that_is_lost"): agreed.balance_lost or None,
        }
        dates = {
            say("label_processed_by"): agreed.process_by,
            say("label_agreement_ends_on"): agreed.agreement_ends_on,
            say("label_first_charge_not_taken"): agreed.next_charge_on,
        }
        rows = [
            *([(say("label_demo"), say("demo"))] if self.demo else []),
            (say("label_reference"), self.reference),
            (say("label_order"), self.order_number),
            (say("label_product"), self.product),
            (say("label_asked_for"), spoken_moment(self.requested_at)),
            (say("label_confirmed"), spoken_moment(agreed.confirmed_at)),
            *(base_rows(agreed.clauses, agreed.base, agreed.order) if agreed.base is not None else []),
            *((label, spoken(sum_, agreed.currency)) for label, sum_ in money.items() if sum_ is not None),
        ]
        if self.kind is CaseKind.REFUND:
            rows.append((say("label_goes_to"), destination_words(agreed.destination)))
        if agreed.service_stops_at is not None:
            rows.append((say("label_service_stops"), spoken_moment(agreed.service_stops_at)))
        elif self.kind is CaseKind.REFUND:
            rows.append((say("label_service_stops"), say("receipt_stops_before_money")))
        rows += [(label, spoken_date(day)) for label, day in dates.items() if day is not None]
        if self.sending:
            rows += self.sending.rows()
        rows.append((say("label_decided_by"), say("receipt_by_person" if agreed.by_person else "receipt_by_policy")))
        rows.append((say("label_policy_version"), agreed.policy_version))
        return rows

    def to_json(self) -> dict[str, Any]:
        """The receipt as plain JSON values; times ISO 8601 with offset, money as decimal strings."""
        agreed = self.agreed
        return {
            "reference": self.reference,
            "demo": self.demo,
            "kind": self.kind.value,
            "order_number": self.order_number,
            "product": self.product,
            "requested_at": self.requested_at.isoformat(),
            "confirmed_at": agreed.confirmed_at.isoformat(),
            "base": plain(agreed.base, agreed.currency),
            "extras": plain(agreed.order.extras, agreed.currency),
            "fee": plain(agreed.fee, agreed.currency),
            "refund": plain(agreed.refund, agreed.currency),
            "balance_lost": plain(agreed.balance_lost, agreed.currency),
            "currency": agreed.currency,
            "destination": agreed.destination.value if agreed.destination else None,
            "process_by": _iso(agreed.process_by),
            "service_stops_at": _iso(agreed.service_stops_at),
            "agreement_ends_on": _iso(agreed.agreement_ends_on),
            "next_charge_on": _iso(agreed.next_charge_on),
            "return_number": self.sending.return_number if self.sending else None,
            "return_address": (self.sending and self.sending.address) or None,
            "return_instructions": (self.sending and self.sending.instructions) or None,
            "return_label": (self.sending and self.sending.label) or None,
            "tracking_number": (self.sending and self.sending.tracking_number) or None,
            "decided_by": "person" if agreed.by_person else "policy",
            "policy_version": agreed.policy_version,
            "clauses": [{"id": clause.id, "title": clause.title} for clause in self.clauses],
            "state": self.state.value,
        }


def receipt_of(services: Services, reference: str) -> Receipt | None:
    """The receipt of a case as it is now; None where nothing was confirmed under the reference."""
    with services.reading() as uow:
        file = uow.case_files.find(reference)
    return None if file is None else make_receipt(services, file)


def make_receipt(services: Services, file: CaseFile) -> Receipt | None:
    """The receipt of a case file; None where the customer has confirmed nothing."""
    agreed = _newest_yes(services, file)
    if agreed is None or file.order_number is None:
        return None
    zone = services.policy.terms_for(file.case.requested_at).time_zone
    return Receipt(
        reference=file.case.reference,
        kind=file.case.kind,
        order_number=file.order_number,
        product=file.decisions[0].inputs["order"]["product"],
        requested_at=file.case.requested_at.astimezone(zone),
        agreed=agreed,
        clauses=tuple(clause_texts(terms_of_version(services.policy, agreed.policy_version), agreed.clauses)),
        state=file.case.state,
        sending=read_sending(services, file.case),
        demo=services.demo or file.demo,
    )


def _newest_yes(services: Services, file: CaseFile) -> Agreed | None:
    """What the customer confirmed last: a decision of the policy, or of a person."""
    for entry in reversed(file.log):
        confirmed = entry.cause.values.get("decision")
        if entry.cause.code is CauseCode.CONFIRMED:
            found = [decision for decision in file.decisions if decision.id == confirmed]
            return agreed_in(services, file.case, found[0], entry.at) if found else None
        if entry.cause.code is CauseCode.OFFER_CONFIRMED:
            made = [decision for decision in file.agent_decisions if decision.id == confirmed]
            return _by_person(services, file, made[0], entry.at) if made else None
    return None


def _by_person(services: Services, file: CaseFile, made: AgentDecision, confirmed_at: datetime) -> Agreed:
    """What a person decided, beside the facts of the policy's decision."""
    if made.refund is None:
        newest = [decision for decision in file.decisions if decision.decided_at <= confirmed_at][-1]
        return replace(agreed_in(services, file.case, newest, confirmed_at), by_person=True)
    beside = next(decision for decision in file.decisions if decision.id == made.decision_id)
    deal = deal_of_agent(made)
    days = [step.payload[PROCESS_BY] for step in file.steps if step.payload.get(PROCESS_BY)]
    return replace(
        agreed_in(services, file.case, beside, confirmed_at),
        clauses=tuple(clauses_of(beside.result, deal, file.case.return_number is not None)),
        base=deal.base,
        fee=deal.fee,
        refund=deal.refund,
        currency=deal.currency,
        destination=deal.destination,
        process_by=_date(days[-1]) if days else None,
        by_person=True,
    )


def agreed_in(services: Services, case: Case, decision: StoredDecision, confirmed_at: datetime) -> Agreed:
    """What a yes to a decision of the policy, at that time, agrees to."""
    result = decision.result
    zone = services.policy.terms_for(case.requested_at).time_zone
    stops_at = result.get("service_stops_at")
    ends_on = _date(result.get("agreement_ends_on"))
    request = parse_request(decision.inputs)
    is_refund = isinstance(request, RefundRequest)
    if isinstance(request, RefundRequest) and request.order.product_kind is ProductKind.SUBSCRIPTION:
        ends_on = agreement_end(services, request)
    return Agreed(
        confirmed_at=confirmed_at.astimezone(zone),
        order=request.order,
        currency=result["currency"],
        clauses=tuple(result["clauses"]),
        policy_version=result["policy_version"],
        base=_decimal(result.get("base")),
        fee=_decimal(result.get("fee")),
        refund=_decimal(result.get("refund")),
        balance_lost=_decimal(result.get("balance_lost")),
        destination=(case.destination or Destination.WALLET) if is_refund else None,
        process_by=_date(result.get("process_by")),
        service_stops_at=datetime.fromisoformat(stops_at).astimezone(zone) if stops_at else None,
        agreement_ends_on=ends_on,
        next_charge_on=_date(result.get("next_charge_on")),
    )


# Links


def receipt_path(services: Services, reference: str) -> str:
    """Where the receipt of a case is: who knows this path may read it. ``.pdf`` and ``.json`` behind it give those."""
    return f"/receipts/{reference}/{_mac(services, reference)}"


def is_receipt_mac(services: Services, reference: str, mac: str) -> bool:
    """Whether this proof belongs to the reference; takes as long wherever they differ."""
    return same(_mac(services, reference), mac)


def _mac(services: Services, reference: str) -> str:
    return keyed_hash(services.hash_key, "receipt", reference)[:MAC_LENGTH]


def terms_of_version(policy: Policy, version: str) -> Terms:
    """The terms that decided; the newest where they are not in the policy file any more."""
    return policy.named(version) or policy.versions[-1]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _iso(moment: date | None) -> str | None:
    return None if moment is None else moment.isoformat()

"""The policy's questions, built from fresh facts of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.identity.verification import verified_order
from bot.cases.model import StoredOrder
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.policy import CancelDecision, NoTermsInForce, RefundDecision, decide_cancellation, decide_refund
from bot.policy.advice import next_question
from bot.policy.facts import CancelRequest, Channel, Destination, Order, Reason, RefundRequest

_CHANNELS = {"page": Channel.FORM, "email": Channel.EMAIL}
"""What counts as another way of asking than a chat (R2), by the channel of the conversation."""


@dataclass(frozen=True)
class OrderView:
    """What a verified customer may be told. ``cancelled_at`` is None for a service that has not been cancelled."""

    order: Order
    cancelled_at: datetime | None


def order_view(services: Services, *, conversation_id: str, order_number: str) -> OrderView:
    """The order. Raises NotVerified."""
    with services.reading() as uow:
        stored = verified_order(services, uow, conversation_id, order_number)
    return OrderView(stored.order, stored.cancelled_at)


def preview_refund(
    services: Services,
    *,
    conversation_id: str,
    order_number: str,
    reason: Reason,
    destination: Destination | None,
    requested_at: datetime,
) -> RefundDecision:
    """What the policy would say right now; nothing is stored. Raises NotVerified."""
    with services.reading() as uow:
        stored = verified_order(services, uow, conversation_id, order_number)
        channel = channel_of(uow, conversation_id)
        request = refund_request(services, uow, stored, reason, destination, requested_at, channel)
    return decide_refund(request, services.policy)


def question_that_matters(
    services: Services,
    *,
    conversation_id: str,
    order_number: str,
    reason: Reason | None,
    destination: Destination | None,
    requested_at: datetime,
) -> str | None:
    """``reason`` or ``destination``, if asking for it can still change what the customer gets. Raises NotVerified."""
    with services.reading() as uow:
        stored = verified_order(services, uow, conversation_id, order_number)
        given_reason, channel = reason or Reason.OTHER, channel_of(uow, conversation_id)
        request = refund_request(services, uow, stored, given_reason, destination, requested_at, channel)
    given = {"reason": reason, "destination": destination}
    return next_question(request, [fact for fact, value in given.items() if value], services.policy)


def preview_cancellation(
    services: Services, *, conversation_id: str, order_number: str, requested_at: datetime
) -> CancelDecision:
    """What cancelling would mean right now; nothing is stored. Raises NotVerified."""
    with services.reading() as uow:
        stored = verified_order(services, uow, conversation_id, order_number)
    return decide_cancellation(cancel_request(services, stored, requested_at), services.policy)


def channel_of(uow: Snapshot, conversation_id: str) -> Channel:
    """How whoever writes in a conversation asks (R2)."""
    conversation = uow.conversations.find(conversation_id)
    return _CHANNELS.get(conversation.channel, Channel.CHAT) if conversation is not None else Channel.CHAT


def channel_here(services: Services, conversation_id: str) -> Channel:
    """See channel_of."""
    with services.unit_of_work() as uow:
        return channel_of(uow, conversation_id)


def refund_request(
    services: Services,
    uow: Snapshot,
    stored: StoredOrder,
    reason: Reason,
    destination: Destination | None,
    requested_at: datetime,
    channel: Channel,
) -> RefundRequest:
    """The facts of a refund as they are now. A fault is confirmed by an incident that overlaps the time from
    order to request (R1); ``channel`` is how it was asked for (R2)."""
    order = stored.order
    # An order dated after the request contradicts itself; the policy says so, no incident is looked for.
    in_order = order.placed_at <= requested_at
    confirmed = in_order and uow.incidents.cover(order.product, order.placed_at, requested_at)
    try:
        days = services.policy.terms_for(order.placed_at).velocity_days
    except NoTermsInForce:
        days = services.policy.versions[0].velocity_days
    return RefundRequest(
        order=order,
        requested_at=requested_at,
        decided_at=max(services.clock(), requested_at),
        reason=reason,
        fault_confirmed=confirmed,
        destination=destination,
        recent_refunds=uow.cases.approved_refunds(
            stored.customer_id, requested_at - timedelta(days=days), requested_at
        ),
        channel=channel.value,
    )


def cancel_request(services: Services, stored: StoredOrder, requested_at: datetime) -> CancelRequest:
    """The facts of a cancellation as they are now."""
    return CancelRequest(stored.order, requested_at, max(services.clock(), requested_at))

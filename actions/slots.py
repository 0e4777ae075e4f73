"""What the dialogue remembers, as slots of the tracker, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rasa_sdk.events import EventType, SlotSet

from bot.cases.model import CustomerReason
from bot.dialogue.state import State


def state_of(slots: Mapping[str, Any]) -> State:
    """What the slots remember."""

    def text(name: str) -> str | None:
        value = slots.get(name)
        return None if value is None else str(value)

    def moment(name: str) -> datetime | None:
        value = text(name)
        return datetime.fromisoformat(value) if value else None

    def reason(name: str) -> CustomerReason | None:
        value = text(name)
        return CustomerReason(value) if value else None

    return State(
        task=text("task"),
        asked=text("asked"),
        tries=int(slots.get("tries") or 0),
        order_number=text("order_number"),
        later_orders=tuple((text("later_orders") or "").split()),
        later_tasks=tuple((text("later_tasks") or "").split()),
        email=text("email"),
        phone=text("phone"),
        reason=reason("refund_reason"),
        reason_words=text("reason_words") or "",
        proposed=reason("proposed_reason"),
        destination=text("refund_destination"),
        plan=text("plan"),
        refund_requested_at=moment("refund_requested_at"),
        cancel_requested_at=moment("cancel_requested_at"),
        case_reference=text("case_reference"),
        decision_id=int(slots["decision_id"]) if slots.get("decision_id") else None,
        tracking_number=text("tracking_number"),
        return_topic=text("return_topic"),
    )


def values_of(state: State) -> dict[str, Any]:
    """The slots that remember it."""
    return {
        "task": state.task,
        "asked": state.asked,
        "tries": float(state.tries) or None,
        "order_number": state.order_number,
        "later_orders": " ".join(state.later_orders) or None,
        "later_tasks": " ".join(state.later_tasks) or None,
        "email": state.email,
        "phone": state.phone,
        "refund_reason": state.reason.value if state.reason else None,
        "reason_words": state.reason_words or None,
        "proposed_reason": state.proposed.value if state.proposed else None,
        "refund_destination": state.destination,
        "plan": state.plan,
        "refund_requested_at": state.refund_requested_at.isoformat() if state.refund_requested_at else None,
        "cancel_requested_at": state.cancel_requested_at.isoformat() if state.cancel_requested_at else None,
        "case_reference": state.case_reference,
        "decision_id": float(state.decision_id) if state.decision_id else None,
        "tracking_number": state.tracking_number,
        "return_topic": state.return_topic,
    }


def changes(before: Mapping[str, Any], state: State) -> list[EventType]:
    """The events that make the slots remember a state; of those that stay as they are, none."""
    return [SlotSet(name, value) for name, value in values_of(state).items() if before.get(name) != value]

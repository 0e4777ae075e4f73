"""Questions about the policy, answered with its own figures and clauses."""

from __future__ import annotations

import re
from collections.abc import Callable

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.talk import Talk
from bot.policy import Terms
from bot.policy.words import percent


def _fee(terms: Terms) -> str:
    return (
        f"The fee is {percent(terms.default_fee_rate)}: of the remaining balance for a used card (R6), of the amount "
        f"paid for an unused one (R7). An unused product with a fault on our side costs "
        f"{percent(terms.confirmed_fault_fee_rate)} (R7b). You see the sum before anything happens (R10)."
    )


def _window(terms: Terms) -> str:
    return f"A refund can be asked for within {terms.window_working_days} working days after the order date (R2)."


def _time(terms: Terms) -> str:
    return (
        f"An accepted refund is processed within {terms.processing_working_days} working days; for a shipped card, "
        "after it has come back (R4, R5)."
    )


def _half(terms: Terms) -> str:
    return (
        f"A used card gives its remaining balance less a fee of {percent(terms.default_fee_rate)} (R6). There is no "
        f"refund where less than {percent(terms.minimum_ratio)} of the original balance would be left (R8)."
    )


def _shipping(terms: Terms) -> str:
    return "A card that was shipped comes back first, complete and as purchased; the customer pays that shipping (R5)."


def _destination(terms: Terms) -> str:
    return "The money goes to your store wallet or back to the original payment method; you choose (R9)."


def _cancelling(terms: Terms) -> str:
    return (
        "A cancellation takes effect at once (C1) and gives no refund (C2). For a monthly plan the agreement ends with "
        f"the billing cycle (C3); to avoid the next charge, cancel before day {terms.calendar.cycle_day} of the next "
        "month starts (C4). A renewal charge is not refundable (C5)."
    )


def _general(terms: Terms) -> str:
    return " ".join([_window(terms), _half(terms), _fee(terms)])


_TOPICS: tuple[tuple[str, Callable[[Terms], str]], ...] = (
    (r"ship|parcel|post|send (it|the card) back", _shipping),
    (r"cancel|renew|next charge|auto.?charge|plan end", _cancelling),
    (r"fee|cost|charge for|how much", _fee),
    (r"how long (does|will|until)|when (will|do) i get|processing|how fast", _time),
    (r"how long|window|deadline|how many days|until when|working day", _window),
    (r"used|half|50|balance", _half),
    (r"where|wallet|store credit|credit|bank|payment method", _destination),
)


class AnswerPolicy(SafeAction):
    """One answer with its clauses; every figure comes from the policy file."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_answer_policy"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Answer from the terms in force today."""
        terms = services().policy.terms_for(services().clock())
        words = talk.text.lower()
        answer = next((answer for pattern, answer in _TOPICS if re.search(pattern, words)), _general)
        dispatcher.utter_message(response="utter_policy", policy=answer(terms))
        return []

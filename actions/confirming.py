"""The customer's answer to a quote: carried out, or closed."""

from __future__ import annotations

from actions.base import Turn, services
from actions.replies import tell_left
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.customer.quotes import Confirmation, confirm
from bot.cases.model import Case, CauseCode

AGAIN = "again"
"""What a task says whose quote has to be shown once more."""


def decided_again(turn: Turn) -> Confirmation:
    """The customer's yes to the quote that was shown last. Raises NotVerified."""
    assert turn.state.case_reference is not None and turn.state.decision_id is not None
    return confirm(
        services(),
        conversation_id=turn.conversation_id,
        reference=turn.state.case_reference,
        decision_id=turn.state.decision_id,
        transcript=turn.talk.transcript,
    )


def close(turn: Turn, cause: CauseCode) -> list[Case]:
    """Close the quotes of this conversation that wait for an answer."""
    return close_quotes(services(), conversation_id=turn.conversation_id, cause=cause, message_id=turn.talk.message_id)


def refuse(turn: Turn) -> None:
    """The customer said no to what was shown."""
    if not tell_left(turn.dispatcher, close(turn, CauseCode.QUOTE_REFUSED)):
        turn.tell("utter_not_confirmed")

"""The first words of a session."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.replies import tell_left
from actions.talk import Talk
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.model import CaseState, CauseCode


class StartSession(SafeAction):
    """Says what this is and how to reach a person; to someone who comes back, that the session is a new one."""

    def name(self) -> str:
        """The name that Rasa gives it."""
        return "action_session_start"

    def failed(self, slots: dict[str, Any]) -> list[EventType]:
        """The session starts whatever happens."""
        return [SessionStarted(), ActionExecuted("action_listen")]

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """A quote of the last session that was never answered is closed."""
        if talk.transcript:
            closed = close_quotes(
                services(),
                conversation_id=talk.conversation_id,
                cause=CauseCode.SESSION_ENDED,
                message_id=f"session-after-{talk.message_id}",
            )
            unanswered = any(case.state is CaseState.WITHDRAWN for case in closed)
            dispatcher.utter_message(response="utter_welcome_back" + ("/unanswered" if unanswered else ""))
            tell_left(dispatcher, closed)
        else:
            dispatcher.utter_message(response="utter_introduction")
        return self.failed(talk.slots)

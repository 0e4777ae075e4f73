"""Where requests stand."""

from __future__ import annotations

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.replies import STATES, business_day
from actions.talk import Talk
from bot.cases.quotes import conversation_cases

_MOST = 5


class ShowStatus(SafeAction):
    """The requests of this conversation and of the customers verified in it."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_show_status"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """A line for each, the newest first."""
        cases = conversation_cases(services(), conversation_id=talk.conversation_id)[:_MOST]
        if not cases:
            dispatcher.utter_message(response="utter_no_cases")
            return []
        lines = [
            f"{case.reference}, {case.kind.value}, asked for on {business_day(case.requested_at)}: "
            f"{STATES[case.state]}."
            for case in cases
        ]
        dispatcher.utter_message(response="utter_cases", cases="\n".join(lines))
        return []

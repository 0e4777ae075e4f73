"""What every action has in common: it never fails loudly at the customer, and never half."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import stamina
import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import InterfaceError, OperationalError

from actions.slots import changes
from actions.talk import Talk
from bot import order_numbers
from bot.bootstrap import bootstrap
from bot.cases.case.handoff import hand_to_human
from bot.cases.identity.refusals import no_person_now
from bot.cases.model import Cause, HeldBack
from bot.cases.ports.billing import GatewayError, Unavailable
from bot.cases.services import Services
from bot.dialogue.state import Context, State
from bot.policy.values import Value
from bot.wording import DEFAULT, say
from bot.wording.catalogue import catalogue

logger = structlog.get_logger()
OUTAGE_SECONDS = 3.0
"""For how long the database may be away without anybody being told."""


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, built at the first use."""
    return bootstrap()


def tell(
    dispatcher: CollectingDispatcher,
    response: str,
    *,
    card: dict[str, Any] | None = None,
    buttons: list[dict[str, str]] | None = None,
    **values: Value,
) -> None:
    """Utter a response of the domain, with the values that its words name; beside them a card, on a channel that can
    show one. Where it leaves its words to the catalogue, they are made here."""
    code = f"chat_{response.removeprefix('utter_').replace('/', '_')}"
    words = {}
    if catalogue(DEFAULT).has_message(code):
        values["order_example"] = order_numbers.in_use().example
        words["words"] = say(code, DEFAULT, **values)
        if catalogue(DEFAULT).has_message(f"{code}_other"):
            words["other_words"] = say(f"{code}_other", DEFAULT, **values)
    dispatcher.utter_message(response=response, json_message=card, buttons=buttons, **words)


@dataclass
class Turn:
    """A turn that is being carried out: what is known so far, and where the answers go.

    ``aside``: something was answered in between, so that the open question is asked once more.
    """

    talk: Talk
    context: Context
    state: State
    dispatcher: CollectingDispatcher
    aside: bool = False

    def tell(self, response: str, **values: Any) -> None:
        """Utter a response; see ``tell``."""
        tell(self.dispatcher, response, **values)

    @property
    def conversation_id(self) -> str:
        """Whose turn it is."""
        return self.talk.conversation_id


class SafeAction(Action, ABC):
    """An action whose failure is an apology with nothing done, not silence."""

    @abstractmethod
    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Answer the turn. May block: it runs in a thread."""

    def failed(self, slots: dict[str, Any]) -> list[EventType]:
        """The events after a failure: the task is over."""
        return changes(slots, State())

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Called by the action server."""
        talk = None
        try:
            talk = Talk.of(tracker)
            return await self._answered(talk, dispatcher)
        except GatewayError as error:
            # The shop does not say how the order stands: nothing is decided on what it said before.
            logger.error("shop.unreachable", action=self.name(), error=type(error).__name__)
            dispatcher.messages.clear()
            if talk is not None:
                await asyncio.to_thread(_ask_a_person, talk, error, dispatcher)
            return self.failed(tracker.slots)
        except Exception as error:
            # The message may quote what the customer wrote: only the kind of error is logged.
            logger.error("action.failed", action=self.name(), error=type(error).__name__)
            dispatcher.messages.clear()
            # After a failed yes nobody can say that nothing was done.
            unsure = tracker.slots.get("asked") == "answer"
            dispatcher.utter_message(response="utter_sorry_unsure" if unsure else "utter_sorry")
            return self.failed(tracker.slots)

    async def _answered(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """The turn; made again where the database was away for a moment, since what is written for a message is written
        once."""
        async for attempt in stamina.retry_context(
            on=(OperationalError, InterfaceError),
            attempts=None,
            timeout=OUTAGE_SECONDS,
            wait_initial=0.1,
            wait_max=0.5,
            wait_jitter=0.1,
        ):
            with attempt:
                dispatcher.messages.clear()
                return await asyncio.to_thread(self.turn, talk, dispatcher)
        raise AssertionError("the last attempt returns or raises")


def _ask_a_person(talk: Talk, error: GatewayError, dispatcher: CollectingDispatcher) -> None:
    """A person has it, with what the shop said; if even that fails, the apology."""
    try:
        handoff = hand_to_human(
            services(),
            conversation_id=talk.conversation_id,
            cause=Cause.FAILURE,
            transcript=talk.transcript,
            facts={"shop": str(error)},
            order_number=talk.state.order_number,
            message_id=talk.message_id,
        )
    except Exception as failure:
        logger.error("handoff.failed", error=type(failure).__name__)
        dispatcher.utter_message(response="utter_sorry")
        return
    if isinstance(handoff, HeldBack):
        silent = isinstance(error, Unavailable)
        tell(dispatcher, "utter_shop_unreachable/held_back", silent=silent, why=no_person_now(services(), handoff))
        return
    tell(
        dispatcher,
        "utter_shop_unreachable",
        silent=isinstance(error, Unavailable),
        reference=handoff.reference,
        answer_by=handoff.answer_by,
    )

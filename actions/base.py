"""What every action has in common: it never fails loudly at the customer, and never half."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import stamina
import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import InterfaceError, OperationalError

from actions.signals import signal_in
from actions.talk import Talk
from bot.bootstrap import bootstrap
from bot.cases.case.handoff import hand_to_human
from bot.cases.case.overview import renewed_quotes
from bot.cases.identity.refusals import no_person_now
from bot.cases.model import Cause, HeldBack
from bot.cases.ports.billing import GatewayError
from bot.cases.services import Services
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import DEFAULT, say

logger = structlog.get_logger()
OUTAGE_SECONDS = 3.0
"""For how long the database may be away without anybody being told."""
QUIET_TURNS = 3
"""For how many turns a customer who was told of a renewed quote is not told again."""
SAY_PERSON = frozenset({"utter_still_not_understood", "utter_person_instead"})
"""Responses that offer a person already."""

TASK_SLOTS = (
    "task",
    "plan",
    "order_number",
    "later_orders",
    "email",
    "phone",
    "refund_reason",
    "reason_words",
    "refund_destination",
    "refund_requested_at",
    "cancel_requested_at",
    "case_reference",
    "decision_id",
    "answer",
    "unclear",
)
"""What belongs to one task: cleared at its end, so that no second request starts with the answers of the first."""


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, built at the first use."""
    return bootstrap()


def tell(
    dispatcher: CollectingDispatcher, response: str, *, card: dict[str, Any] | None = None, **values: Value
) -> None:
    """Utter a response of the domain that leaves its words to the catalogue, with the values that they name; beside
    them a card, on a channel that can show one."""
    words = say(f"chat_{response.removeprefix('utter_').replace('/', '_')}", DEFAULT, **values)
    dispatcher.utter_message(response=response, json_message=card, words=words)


class SafeAction(Action, ABC):
    """An action whose failure is an apology with nothing done, not silence."""

    offers_person = True
    """Whether a person is offered beside the answer where the customer's words or a repetition call for it."""
    tells_news = True
    """Whether a quote that changed while it was carried out is told of after the answer."""
    apology = "utter_sorry"
    """What is said after a failure."""

    @abstractmethod
    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Answer the turn. May block: it runs in a thread."""

    def failed(self) -> list[EventType]:
        """The events after a failure."""
        return end_of_task()

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Called by the action server."""
        try:
            talk = Talk.of(tracker)
            events = await self._answered(talk, dispatcher)
            if self.offers_person:
                _offer_person(talk, events, dispatcher)
            if self.tells_news and not talk.requested:
                await asyncio.to_thread(_tell_renewed, talk, events, dispatcher)
            return events
        except GatewayError as error:
            # The shop does not say how the order stands: nothing is decided on what it said before.
            logger.error("shop.unreachable", action=self.name(), error=type(error).__name__)
            dispatcher.messages.clear()
            await asyncio.to_thread(_ask_a_person, talk, error, dispatcher)
            return self.failed()
        except Exception as error:
            # The message may quote what the customer wrote: only the kind of error is logged.
            logger.error("action.failed", action=self.name(), error=type(error).__name__)
            dispatcher.messages.clear()
            dispatcher.utter_message(response=self.apology)
            return self.failed()

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
            order_number=talk.slot("order_number"),
            message_id=talk.message_id,
        )
    except Exception as failure:
        logger.error("handoff.failed", error=type(failure).__name__)
        dispatcher.utter_message(response="utter_sorry")
        return
    if isinstance(handoff, HeldBack):
        tell(dispatcher, "utter_shop_unreachable/held_back", why=no_person_now(services(), handoff))
        return
    tell(dispatcher, "utter_shop_unreachable", reference=handoff.reference, answer_by=handoff.answer_by)


def _offer_person(talk: Talk, events: list[EventType], dispatcher: CollectingDispatcher) -> None:
    """A person at once, beside the answer: after words that call for one, or where the bot would repeat itself."""
    if not dispatcher.messages:
        return
    signal = signal_in(talk.text)
    if signal is not None and not talk.handled_by:
        dispatcher.utter_message(response=f"utter_person_at_once/{signal.value}")
        dispatcher.messages.insert(0, dispatcher.messages.pop())
        return
    if any(_is_news(talk, event) for event in events):
        return
    # After a question in between, the open question has to be asked once more; only then twice is a repetition.
    turns = talk.responses[: 2 if talk.handled_by else 1]
    said = {message.get("response") for message in dispatcher.messages}
    if said - {None} and turns and all(said & set(turn) for turn in turns) and not said & SAY_PERSON:
        dispatcher.utter_message(response="utter_person_instead")
        dispatcher.messages.insert(0, dispatcher.messages.pop())


def _tell_renewed(talk: Talk, events: list[EventType], dispatcher: CollectingDispatcher) -> None:
    """A quote that was confirmed and then changed waits for a new yes; said once in a while, when nothing else is."""
    if any(event["event"] == "followup" for event in events):
        return
    if any("utter_quote_renewed" in turn for turn in talk.responses[:QUIET_TURNS]):
        return
    for renewed in renewed_quotes(services(), conversation_id=talk.conversation_id):
        tell(
            dispatcher,
            "utter_quote_renewed",
            order=renewed.order_number,
            before=Money(renewed.before, renewed.currency),
            refund=Money(renewed.refund, renewed.currency),
        )
        return


def _is_news(talk: Talk, event: EventType) -> bool:
    """Whether the turn brought a detail that was not known before."""
    known = talk.slots.get(event.get("name"))
    return event["event"] == "slot" and event["name"] in TASK_SLOTS[:-2] and event["value"] != known


def end_of_task() -> list[EventType]:
    """Leave the form and forget the details of the task."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *cleared()]


def cleared() -> list[EventType]:
    """Forget the details of the task."""
    return [SlotSet(name, None) for name in TASK_SLOTS]

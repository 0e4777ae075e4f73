"""The turns that all requests share: hear the details, verify the customer, ask the next question."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services, tell
from actions.details import Details, hear
from actions.notes import reason_buttons
from actions.policy import tell_policy
from actions.replies import order_buttons, tell_left, tell_refused
from actions.talk import SURE, Talk
from actions.wishes import asks_something, says_cancel, wants_both, which_cancel
from bot.cases.case.overview import conversation_requests, customer_orders
from bot.cases.customer.flow import Proof, prove
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.identity.email_codes import GOOD_FOR
from bot.cases.identity.tries import Limit
from bot.cases.identity.verification import VerificationStatus
from bot.cases.model import CaseState, CauseCode, CustomerReason
from bot.wording import say

LEAVING = frozenset({"talk_to_human", "nevermind", "withdraw_request"})
"""Wishes that come before the form, whatever else the message holds."""

DIGRESSIONS = frozenset({"ask_policy", "check_request_status", "greet", "thank", "bot_challenge", "help", "complain"})
"""Words in between: answered by their own rule, then the form asks again."""

PERHAPS_A_REASON = frozenset({"complain", "bot_challenge", "help"})
"""Words in between that may have been meant as the reason: said twice to that question, a person reads them."""

CHANGE = "/inform"
"""What the button beside a quote sends with which something of it is to be changed."""

LONG_SILENCE = timedelta(minutes=10)
"""After such a break the customer is told where they were."""


class RequestForm(SafeAction):
    """The validation action of a form. It asks its own questions, so that each is asked only where it matters."""

    tells_news = False
    task = ""
    """The form is ``<task>_form``; the message ``the_task`` has what it is called towards the customer."""
    other_task = ""
    """The intent that leaves this form for the other one."""
    subject: frozenset[str] = frozenset()
    """The words for what the customer is asked to confirm."""
    foreign: frozenset[str] = frozenset()
    """The words for what the other form does: with them, a yes is none."""

    @abstractmethod
    def proceed(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """With a verified order: ask the next question (and name its slot), or say the outcome and end (None)."""

    def name(self) -> str:
        """The name in the domain."""
        return f"validate_{self.task}_form"

    def failed(self) -> list[EventType]:
        """End the form; the action that follows it finds nothing to do."""
        return [SlotSet("answer", "told"), SlotSet("requested_slot", None)]

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Hear, then ask. An empty answer makes Rasa leave the turn to the rules."""
        details, asked = Details.before(talk, self.task), talk.requested
        if talk.slot("task") not in (None, self.task):
            asked = None
            details = self._taken_over(talk, details, dispatcher)
        finished = any(name.startswith("action_finish") for name in talk.handled_by)
        if not finished and not self.was_answered(talk):
            if asked and _HOLD.fullmatch(talk.text.strip()):
                dispatcher.utter_message(response="utter_take_your_time")
                return self._events(details, asked)
            if asked and self._leaves(talk, asked):
                return []
            if (
                asked in ("order_number", "email", "email_code")
                and not talk.entities
                and _NOT_AT_HAND.search(talk.text)
            ):
                if asked == "order_number":
                    dispatcher.utter_message(response="utter_no_order_number")
                else:
                    tell(dispatcher, f"utter_no_{asked}", order=details.order_number or "")
                return self._events(details, asked)
            if asked in ("order_number", "email") and not talk.entities and _WHY.match(talk.text):
                dispatcher.utter_message(response="utter_why_asked")
                return self._events(details, asked)
            if asked == "answer" and talk.said == CHANGE:
                dispatcher.utter_message(response=f"utter_what_to_change/{self.task}")
                return self._events(details, asked)
            details = self.hear(talk, details, asked)
            may_be_reason = asked == "refund_reason" and talk.intent in PERHAPS_A_REASON and details.unclear
            if asked and not details.heard and self._is_digression(talk, asked) and not may_be_reason:
                return []
            if asked and talk.silence > LONG_SILENCE:
                number = details.order_number
                tell(dispatcher, "utter_where_we_were", task=self.task, with_order=bool(number), order=number or "")
            if asked and not details.heard:
                return self._unclear(talk, details, asked, dispatcher)
            if "later_orders" in details.heard:
                tell(dispatcher, "utter_later_orders", orders=_all_of(details.later_orders))
            _answer_questions_beside(talk, asked, dispatcher)
        elif asked and not finished:
            words, other = say("chat_back_to_it", task=self.task), say("chat_back_to_it_other", task=self.task)
            dispatcher.utter_message(response="utter_back_to_it", words=words, other_words=other)
            if asked == "refund_reason" and talk.intent in PERHAPS_A_REASON:
                details = replace(details, unclear=details.unclear + 1)
        details, asks = self.next(talk, details, dispatcher)
        return self._events(details, asks)

    def was_answered(self, talk: Talk) -> bool:
        """Whether this form gave way in this turn, and what it gave way to has answered the message."""
        return f"{self.task}_form" in talk.handled_by

    def hear(self, talk: Talk, details: Details, asked: str | None) -> Details:
        """Take what the message says."""
        if asked == "email_code" and (digits := _code_in(talk)):
            return replace(details, email_code=digits, unclear=0, heard=frozenset({"email_code"}))
        if asked == "which_cancel":
            choice = which_cancel(talk, self.task)
            if choice is None:
                return details if says_cancel(talk) else hear(talk, details, None, self.subject, self.foreign)
            details = hear(talk, details, None, self.subject, self.foreign)
            answer = None if choice == "here" else choice
            return replace(details, answer=answer, unclear=0, heard=details.heard | {"which_cancel"})
        if (says_cancel(talk) or talk.intent == "withdraw_request") and self._cancel_is_unclear(talk, asked):
            return replace(details, answer="which_cancel", unclear=0, heard=frozenset({"which_cancel"}))
        return hear(talk, details, asked, self.subject, self.foreign)

    def next(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> tuple[Details, str | None]:
        """Ask for the order and for what proves whose it is, then go on with the task."""
        if details.answer == "which_cancel":
            dispatcher.utter_message(response=f"utter_which_cancel/{self.task}")
            return replace(details, answer=None), "which_cancel"
        if details.answer:
            return details, None
        if details.order_number is None:
            orders = customer_orders(services(), conversation_id=talk.conversation_id)
            if len(orders) == 1:
                # The quote names it, and another number is taken at any time.
                return self.next(talk, replace(details, order_number=orders[0].number), dispatcher)
            if orders:
                dispatcher.utter_message(response="utter_which_of_your_orders", buttons=order_buttons(orders))
            else:
                dispatcher.utter_message(response="utter_which_order")
            return details, "order_number"
        result = prove(
            services(),
            conversation_id=talk.conversation_id,
            message_id=talk.message_id,
            order_number=details.order_number,
            proof=_shown(talk, details),
        )
        if result is None:
            if talk.requested == "email_code":
                tell(dispatcher, "utter_which_code", order=details.order_number)
                return details, "email_code"
            number = details.order_number
            words, other = say("chat_which_email", order=number), say("chat_which_email_other", order=number)
            dispatcher.utter_message(response="utter_which_email", words=words, other_words=other)
            return details, "email"
        if result.status is VerificationStatus.VERIFIED:
            return self.proceed(talk, details, dispatcher)
        if result.limit is not None:
            tell_refused(dispatcher, details.order_number, result)
            if result.status is VerificationStatus.LOCKED:
                return replace(details, answer="locked"), None
            return details, "email_code" if details.email_code or result.limit is Limit.CODES else "email"
        if result.status is VerificationStatus.CODE_SENT:
            tell(dispatcher, "utter_code_sent", order=details.order_number, good_for=GOOD_FOR)
            return details, "email_code"
        if details.email_code:
            tell(dispatcher, "utter_code_mismatch", tries_left=result.tries_left)
            return details, "email_code"
        tell(dispatcher, "utter_mismatch", order=details.order_number, tries_left=result.tries_left)
        return details, "email"

    def _taken_over(self, talk: Talk, details: Details, dispatcher: CollectingDispatcher) -> Details:
        """Another form gave way to this one: its quote is closed, what the customer said stays."""
        cause = CauseCode.TURNED_AWAY
        closed = close_quotes(services(), conversation_id=talk.conversation_id, cause=cause, message_id=talk.message_id)
        tell_left(dispatcher, closed)
        return replace(details, case_reference=None, decision_id=None, unclear=0)

    def _leaves(self, talk: Talk, asked: str) -> bool:
        if asked == "answer" and (says_cancel(talk) or talk.says_yes(self.subject, self.foreign)):
            return False
        if talk.intent in ("nevermind", "goodbye") and (talk.entities or asks_something(talk)):
            return False  # "no wait, it's 104273", "does it stop at once?": no farewell
        if talk.intent == "nevermind" and asked == "answer" and _may_be_a_yes(talk):
            return False
        if talk.intent == "withdraw_request" and self.task in ("refund", "cancel"):
            return asked != "answer" and _has_requests_to_withdraw(talk)
        if talk.intent == "talk_to_human" and asked == "refund_reason" and not _A_PERSON.search(talk.text):
            return False  # "I can't call anyone": not far from a reason, and no wish for a person
        if talk.intent == "goodbye":
            return talk.confidence >= SURE
        if talk.intent == self.other_task:
            return not (says_cancel(talk) or wants_both(talk))
        return talk.intent in LEAVING

    def _is_digression(self, talk: Talk, asked: str) -> bool:
        return talk.intent in DIGRESSIONS or (talk.intent == "out_of_scope" and asked != "refund_reason")

    def _cancel_is_unclear(self, talk: Talk, asked: str | None) -> bool:
        """A bare "cancel" may mean the service, the request or the chat. Said to a quote it means the request, and
        nothing is done; said to the question which of the two is wanted, it means the service."""
        if asked is None:
            return self.task == "cancel" and not talk.said_last("utter_which_task", "utter_help")
        return asked not in ("answer", "plan")

    def _unclear(self, talk: Talk, details: Details, asked: str, dispatcher: CollectingDispatcher) -> list[EventType]:
        details = replace(details, unclear=details.unclear + 1)
        if asked == "refund_reason" and details.unclear > 1:
            # Twice unclear: the words are kept, and a person reads them. Never the cheaper guess.
            details = replace(details, reason=CustomerReason.OTHER, reason_words=talk.said, unclear=0)
            details, asks = self.next(talk, details, dispatcher)
            return self._events(details, asks)
        if details.unclear > 1:
            dispatcher.utter_message(response="utter_still_not_understood")
        if asked == "email":
            tell(dispatcher, "utter_email_unclear", order=details.order_number or "")
        else:
            buttons = reason_buttons() if asked == "refund_reason" else None
            dispatcher.utter_message(response=_UNCLEAR.get(asked, "utter_not_understood"), buttons=buttons)
        return self._events(details, asked)

    def _events(self, details: Details, asks: str | None) -> list[EventType]:
        events = [*details.events(), SlotSet("task", self.task), SlotSet("requested_slot", asks)]
        tasks = ("refund", "cancel") if details.plan else (self.task,)
        return events + [
            SlotSet(f"{task}_requested_at", details.requested_at.isoformat())
            for task in tasks
            if task in ("refund", "cancel")
        ]


def _has_requests_to_withdraw(talk: Talk) -> bool:
    requests = conversation_requests(services(), conversation_id=talk.conversation_id)
    return any(request.withdrawable and request.case.state is not CaseState.QUOTED for request in requests)


def _may_be_a_yes(talk: Talk) -> bool:
    """Neither a farewell nor a clear yes: "so, ok, do it", or a single word that may be a misspelt one."""
    is_a_guess = len(talk.words) == 1 and talk.confidence < SURE
    return is_a_guess or any(part["name"] == "affirm" for part in talk.parts)


def _answer_questions_beside(talk: Talk, asked: str | None, dispatcher: CollectingDispatcher) -> None:
    """A question asked in the same breath as a detail is answered, too."""
    topics = [part["detail"] for part in talk.parts if part["name"] == "ask_policy"]
    if talk.intent == "ask_policy" and asked:
        topics = topics or [talk.detail]
    for topic in dict.fromkeys(topics):
        tell_policy(talk, topic, dispatcher)


def _shown(talk: Talk, details: Details) -> Proof:
    """What proves the order. An address that was compared before is not compared again by what is said later."""
    if details.email_code:
        return Proof(code=details.email_code)
    if talk.requested and not details.heard & {"order_number", "email", "phone"}:
        return Proof()
    return Proof(email=details.email, phone=details.phone)


def _code_in(talk: Talk) -> str | None:
    """The six digits of a mailed code; with its prefix it is an order number."""
    found = _CODE.search(talk.text)
    return re.sub(r"\D", "", found.group()) if found and "cc" not in talk.text.lower() else None


def _all_of(orders: Iterable[str]) -> str:
    return reduce(lambda named, order: say("and_order", orders=named, order=order), orders)


_CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){5}(?![ -]?\d)")
_HOLD = re.compile(
    r"(?:please |just )*(?:wait|hold on|hang on|let me (?:think|check|look|see)|"
    r"(?:give me )?(?:one|a) (?:moment|second|sec|minute))(?: please| (?:one|a) (?:moment|second|sec|minute))*[\s.!]*",
    re.I,
)
_NOT_AT_HAND = re.compile(
    r"\b(?:don'?t (?:have|know|remember|see)|do not (?:have|know|remember)|dont (?:have|know)|lost|can(?:'|no)?t find|"
    r"no idea|idk|dunno|forgot|where (?:do|can|is)|did(?:n'?t| not) (?:get|receive)|"
    r"has(?:n'?t| not) (?:come|arrived)|no code|how (?:do|can) i (?:find|get|see)|what (?:order )?number)\b",
    re.I,
)
_WHY = re.compile(r"\W*(?:but |and |ok )?(?:why|what for)\b(?!.*\b(?:reason|fee|charge|refund)\b)", re.I)
_A_PERSON = re.compile(
    r"/|\b(?:person|people|humans?|agents?|rep|reps|representatives?|operators?|someone|somebody|staff|team|manager|"
    r"supervisor|advisor|employee|speak|talk|chat|support|service|care|call me)\b",
    re.I,
)
_UNCLEAR = {
    "order_number": "utter_order_number_unclear",
    "email_code": "utter_code_unclear",
    "refund_reason": "utter_reason_unclear",
    "refund_destination": "utter_destination_unclear",
    "answer": "utter_answer_unclear",
    "plan": "utter_plan_unclear",
    "which_cancel": "utter_cancel_unclear",
    "which_case": "utter_case_unclear",
}

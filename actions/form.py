"""The turns that all requests share: hear the details, verify the customer, ask the next question."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, services
from actions.notes import reason_of
from actions.policy import tell_policy
from actions.replies import order_buttons
from actions.talk import SURE, Talk
from bot.cases.identity import VerificationStatus, is_verified, verify
from bot.cases.model import CaseState, CustomerReason
from bot.cases.overview import conversation_requests, customer_orders
from bot.cases.withdrawals import close_quotes
from bot.policy.facts import Destination

LEAVING = frozenset({"talk_to_human", "nevermind", "withdraw_request"})
"""Wishes that come before the form, whatever else the message holds."""

DIGRESSIONS = frozenset({"ask_policy", "check_request_status", "greet", "thank", "bot_challenge", "help", "complain"})
"""Words in between: answered by their own rule, then the form asks again."""

PERHAPS_A_REASON = frozenset({"complain", "bot_challenge", "help"})
"""Words in between that may have been meant as the reason: said twice to that question, a person reads them."""

LONG_SILENCE = timedelta(minutes=10)
"""After such a break the customer is told where they were."""


@dataclass(frozen=True)
class Details:
    """What the customer has said so far, after this turn; ``heard`` names what this turn added or took back.

    ``later_orders`` wait for their turn. ``plan`` is set for someone who wants to cancel and the money back.
    ``case_reference`` and ``decision_id`` are the quote that was shown last: a yes can only mean that one.
    """

    order_number: str | None
    later_orders: tuple[str, ...]
    email: str | None
    reason: CustomerReason | None
    reason_words: str
    destination: str | None
    plan: str | None
    requested_at: datetime
    answer: str | None
    unclear: int
    case_reference: str | None = None
    decision_id: int | None = None
    heard: frozenset[str] = field(default=frozenset())

    @classmethod
    def before(cls, talk: Talk, task: str) -> Details:
        """What the slots remember. The request counts from the first message that asked for it (R2)."""
        reason = talk.slot("refund_reason")
        asked_at = talk.slot(f"{task}_requested_at")
        return cls(
            order_number=talk.slot("order_number"),
            later_orders=tuple((talk.slot("later_orders") or "").split()),
            email=talk.slot("email"),
            reason=CustomerReason(reason) if reason else None,
            reason_words=talk.slot("reason_words") or "",
            destination=talk.slot("refund_destination"),
            plan=talk.slot("plan"),
            requested_at=datetime.fromisoformat(asked_at) if asked_at else talk.said_at,
            answer=None,
            unclear=int(talk.slots.get("unclear") or 0) if talk.requested else 0,
            case_reference=talk.slot("case_reference"),
            decision_id=int(talk.slots["decision_id"]) if talk.slots.get("decision_id") else None,
        )

    def events(self) -> list[EventType]:
        """The slots as they are now."""
        values = {
            "order_number": self.order_number,
            "later_orders": " ".join(self.later_orders) or None,
            "email": self.email,
            "refund_reason": self.reason.value if self.reason else None,
            "reason_words": self.reason_words or None,
            "refund_destination": self.destination,
            "plan": self.plan,
            "answer": self.answer,
            "case_reference": self.case_reference,
            "decision_id": float(self.decision_id) if self.decision_id else None,
            "unclear": float(self.unclear),
        }
        return [SlotSet(name, value) for name, value in values.items()]


class RequestForm(SafeAction):
    """The validation action of a form. It asks its own questions, so that each is asked only where it matters."""

    task = ""
    """The form is ``<task>_form``."""
    task_name = ""
    """What the task is called towards the customer."""
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
            details = self._taken_over(talk, details)
        finished = any(name.startswith("action_finish") for name in talk.handled_by)
        if not finished and not self.was_answered(talk):
            if asked and _HOLD.fullmatch(talk.text.strip()):
                dispatcher.utter_message(response="utter_take_your_time")
                return self._events(details, asked)
            if asked and self._leaves(talk, asked):
                return []
            if asked in ("order_number", "email") and not talk.entities and _NOT_AT_HAND.search(talk.text):
                dispatcher.utter_message(response=f"utter_no_{asked}", order_number=details.order_number or "")
                return self._events(details, asked)
            details = self.hear(talk, details, asked)
            may_be_reason = asked == "refund_reason" and talk.intent in PERHAPS_A_REASON and details.unclear
            if asked and not details.heard and self._is_digression(talk, asked) and not may_be_reason:
                return []
            if asked and talk.silence > LONG_SILENCE:
                dispatcher.utter_message(
                    response="utter_where_we_were", task=self.task_name, order=_of_order(details.order_number)
                )
            if asked and not details.heard:
                return self._unclear(talk, details, asked, dispatcher)
            if "later_orders" in details.heard:
                dispatcher.utter_message(response="utter_later_orders", orders=" and ".join(details.later_orders))
            _answer_questions_beside(talk, asked, dispatcher)
        elif asked and not finished:
            dispatcher.utter_message(response="utter_back_to_it", task=self.task_name)
            if asked == "refund_reason" and talk.intent in PERHAPS_A_REASON:
                details = replace(details, unclear=details.unclear + 1)
        details, asks = self.next(talk, details, dispatcher)
        return self._events(details, asks)

    def was_answered(self, talk: Talk) -> bool:
        """Whether this form gave way in this turn, and what it gave way to has answered the message."""
        return f"{self.task}_form" in talk.handled_by

    def hear(self, talk: Talk, details: Details, asked: str | None) -> Details:
        """Take what the message says."""
        if asked == "which_cancel":
            choice = _which_cancel(talk, self.task)
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
        known = is_verified(services(), conversation_id=talk.conversation_id, order_number=details.order_number)
        if not known and details.email and (not talk.requested or details.heard & {"order_number", "email"}):
            result = verify(
                services(),
                conversation_id=talk.conversation_id,
                message_id=talk.message_id,
                order_number=details.order_number,
                email=details.email,
            )
            if result.status is VerificationStatus.LOCKED:
                return replace(details, answer="locked"), None
            known = result.status is VerificationStatus.VERIFIED
            if not known:
                dispatcher.utter_message(
                    response="utter_mismatch", order_number=details.order_number, tries_left=result.tries_left
                )
                return details, "email"
        if not known:
            dispatcher.utter_message(response="utter_which_email", order_number=details.order_number)
            return details, "email"
        return self.proceed(talk, details, dispatcher)

    def _taken_over(self, talk: Talk, details: Details) -> Details:
        """Another form gave way to this one: its quote is closed, what the customer said stays."""
        close_quotes(services(), conversation_id=talk.conversation_id, cause="the customer turned to another request")
        return replace(details, case_reference=None, decision_id=None, unclear=0)

    def _leaves(self, talk: Talk, asked: str) -> bool:
        if asked == "answer" and (says_cancel(talk) or talk.says_yes(self.subject, self.foreign)):
            return False
        if talk.intent in ("nevermind", "goodbye") and (talk.entities or asks_something(talk)):
            return False  # "no wait, it's 104273", "does it stop at once?": no farewell
        if talk.intent == "nevermind" and asked == "answer" and any(part["name"] == "affirm" for part in talk.parts):
            return False  # neither a farewell nor a clear yes
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
        response = _UNCLEAR.get(asked, "utter_not_understood")
        dispatcher.utter_message(response=response, order_number=details.order_number or "")
        return self._events(details, asked)

    def _events(self, details: Details, asks: str | None) -> list[EventType]:
        events = [*details.events(), SlotSet("task", self.task), SlotSet("requested_slot", asks)]
        tasks = ("refund", "cancel") if details.plan else (self.task,)
        return events + [
            SlotSet(f"{task}_requested_at", details.requested_at.isoformat())
            for task in tasks
            if task in ("refund", "cancel")
        ]


def hear(talk: Talk, details: Details, asked: str | None, subject: frozenset[str], foreign: frozenset[str]) -> Details:
    """Take what the message says: order numbers, address, reason, destination, and yes or no to the quote, which is
    about ``subject``. A detail that is only called wrong is forgotten, so that it is asked again."""
    heard: dict[str, Any] = _orders(talk, details)
    if talk.entities.get("email"):
        heard["email"] = talk.entities["email"][-1]
    if talk.entities.get("destination") and not _only_asks_where(talk, asked):
        heard["destination"] = talk.entities["destination"][-1]
    elif asked == "refund_destination" and (named := _destination_named(talk)):
        heard["destination"] = named
    called_wrong = _called_wrong(talk) if not heard and asked and asked != "refund_reason" else {}
    reason = None if called_wrong else reason_of(talk, asked)
    if reason and not (asked == "answer" and (heard or reason is details.reason)):
        heard["reason"] = reason
        heard["reason_words"] = talk.said
    heard = heard or called_wrong
    if wants_both(talk):
        heard["plan"] = "both"
    if asked == "answer" and not heard:
        if talk.says_yes(subject, foreign):
            heard["answer"] = "yes"
        elif talk.intent in ("deny", "withdraw_request") or says_cancel(talk) or _NO.match(talk.text):
            heard["answer"] = "no"
    if not heard:
        return details
    return replace(details, **heard, unclear=0, heard=frozenset(heard))


def _orders(talk: Talk, details: Details) -> dict[str, Any]:
    numbers = talk.entities.get("order_number", [])
    if not numbers:
        return {}
    rejected = {number for number in numbers if _is_rejected(talk.text, number)}
    numbers = [number for number in numbers if number not in rejected] or numbers
    new = [number for number in numbers if number != details.order_number and number not in details.later_orders]
    corrects = bool(talk.words & _CORRECTING)
    if details.order_number and not corrects and talk.words & _ADDING:
        return {"later_orders": (*details.later_orders, *new)} if new else {"order_number": details.order_number}
    if not new:
        return {"order_number": details.order_number or numbers[0]}
    if corrects or len(new) == 1:
        return {"order_number": new[-1]}
    return {"order_number": new[0], "later_orders": (*details.later_orders, *new[1:])}


def _is_rejected(text: str, number: str) -> bool:
    digits = r"\D{0,3}".join(number[3:])
    return bool(re.search(rf"\b(?:not|isn't|instead of|rather than|wasn't)\b[^,.;]{{0,25}}?{digits}", text, re.I))


def _called_wrong(talk: Talk) -> dict[str, Any]:
    match = _WRONG.search(talk.text)
    if match is None or _WRONG_PRODUCT.search(talk.text):
        return {}
    return {_DETAIL_NAMES[match["what"].lower()]: None}


def says_cancel(talk: Talk) -> bool:
    """A bare "cancel" that does not say what."""
    return talk.text.strip(" .!?").lower() in _CANCEL_WORDS


def asks_something(talk: Talk) -> bool:
    """Whether the message is put as a question."""
    return "?" in talk.text or (talk.text.lower().split() or [""])[0] in _QUESTION_WORDS


def chosen_task(talk: Talk) -> str | None:
    """The form that the message chooses, right after the bot has asked which one."""
    if not talk.said_last(*_TASK_OFFERS):
        return None
    refund, cancel = bool(talk.words & _REFUND_WORDS), bool(talk.words & _CANCEL_TASK_WORDS)
    if refund == cancel:
        return None
    return "refund_form" if refund else "cancel_form"


def _destination_named(talk: Talk) -> str | None:
    """A destination in fewer words than would name one elsewhere."""
    if asks_something(talk) or talk.words & {"not", "no", "don't", "neither"}:
        return None
    wallet, original = bool(talk.words & {"store", "credit"}), bool(talk.words & _ORIGINAL_WORDS)
    if wallet == original:
        return None
    return Destination.WALLET.value if wallet else Destination.ORIGINAL_PAYMENT_METHOD.value


def _only_asks_where(talk: Talk, asked: str | None) -> bool:
    """Whether a destination is only asked about. "Can I have it in my wallet?" is an answer, once that was asked."""
    if talk.intent != "ask_policy" or not asks_something(talk):
        return False
    return asked != "refund_destination" or talk.text.lower().split()[0] in _WH_WORDS


def wants_both(talk: Talk) -> bool:
    """Someone who wants to end the service and the money back, in one message."""
    if talk.intent in ("ask_policy", "check_request_status", "talk_to_human", "report_problem", "dispute_charge"):
        return False
    return bool(_CANCEL_VERB.search(talk.text) and _MONEY_BACK.search(talk.text)) and not _NOT_BOTH.search(talk.text)


def wants_money_back(talk: Talk) -> bool:
    """Someone who says what is wrong and asks for a refund in one message."""
    return bool(_MONEY_BACK.search(talk.text)) and not _NO_MONEY_BACK.search(talk.text)


def _which_cancel(talk: Talk, task: str) -> str | None:
    """What a bare "cancel" meant: go on ``here``, ``stop``, or another form."""
    if says_cancel(talk):
        return None
    if talk.intent in ("nevermind", "deny", "goodbye") or talk.words & _THE_CHAT:
        return "stop"
    if talk.words & {"request", "refund"}:
        return "to_withdraw" if task == "cancel" else "stop"
    if talk.intent == "cancel_service" or talk.entities.get("order_number") or talk.words & _THE_SERVICE:
        return "here" if task == "cancel" else "to_cancel"
    return None


def _has_requests_to_withdraw(talk: Talk) -> bool:
    requests = conversation_requests(services(), conversation_id=talk.conversation_id)
    return any(request.withdrawable and request.case.state is not CaseState.QUOTED for request in requests)


def _answer_questions_beside(talk: Talk, asked: str | None, dispatcher: CollectingDispatcher) -> None:
    """A question asked in the same breath as a detail is answered, too."""
    topics = [part["detail"] for part in talk.parts if part["name"] == "ask_policy"]
    if talk.intent == "ask_policy" and asked:
        topics = topics or [talk.detail]
    for topic in dict.fromkeys(topics):
        tell_policy(talk, topic, dispatcher)


def _of_order(number: str | None) -> str:
    return f" of order {number}" if number else ""


_CANCEL_WORDS = frozenset(
    f"{before}{word}{after}"
    for before in ("", "please ", "just ", "i want to ", "pls ")
    for word in ("cancel", "cancel that", "cancel this", "cancel it", "abort", "cancle", "canel")
    for after in ("", " please", " pls", " now")
)
_NO = re.compile(r"\s*(?:(?:no|nope|nah|don'?t)\b|👎|❌)", re.I)
_TASK_OFFERS = ("utter_which_task", "utter_help", "utter_greet", "utter_not_understood", "utter_nothing_to_stop")
_REFUND_WORDS = frozenset("refund refunded money cash reimburse first".split())
_CANCEL_TASK_WORDS = frozenset("cancel end stop service plan subscription second".split())
_WH_WORDS = frozenset("how what what's when where who why which".split())
_QUESTION_WORDS = _WH_WORDS | frozenset("is are can could do does will would".split())
_HOLD = re.compile(
    r"(?:please |just )*(?:wait|hold on|hang on|let me (?:think|check|look|see)|"
    r"(?:give me )?(?:one|a) (?:moment|second|sec|minute))(?: please| (?:one|a) (?:moment|second|sec|minute))*[\s.!]*",
    re.I,
)
_ORIGINAL_WORDS = frozenset("original card bank paypal account visa mastercard".split())
_NOT_AT_HAND = re.compile(
    r"\b(?:don'?t (?:have|know|remember|see)|do not (?:have|know|remember)|dont (?:have|know)|lost|can(?:'|no)?t find|"
    r"no idea|idk|dunno|forgot|where (?:do|can|is)|how (?:do|can) i (?:find|get|see)|what (?:order )?number)\b",
    re.I,
)
_CORRECTING = frozenset("no not wait sorry mean meant instead actually oops wrong rather typo correction".split())
_ADDING = frozenset("also too and both then plus".split())
_A_PERSON = re.compile(
    r"/|\b(?:person|people|humans?|agents?|rep|reps|representatives?|operators?|someone|somebody|staff|team|manager|"
    r"supervisor|advisor|employee|speak|talk|chat|support|service|care|call me)\b",
    re.I,
)
_THE_CHAT = frozenset("chat conversation nothing stop this leave".split())
_THE_SERVICE = frozenset("service plan card subscription account contract line order membership".split())
_CANCEL_VERB = re.compile(r"\b(?:cancel|cancle|canceling|cancelling|end|stop|terminate|close|quit|get rid of)\b", re.I)
_MONEY_BACK = re.compile(
    r"\b(?:refund\w*|money back|reimburs\w+|cash back|pay me back|my money|money returned)\b", re.I
)
_NOT_BOTH = re.compile(
    r"\b(?:instead|rather|or|don'?t|not|no|never|won'?t|can'?t|if i|when i|forget|skip|drop|scrap|without|"
    r"cancel(?:ling|ing)? (?:the|my|that|this) "
    r"(?:refund|request))\b",
    re.I,
)
_NO_MONEY_BACK = re.compile(
    r"\b(?:(?:don'?t|do not|no|not|never) (?:\w+ ){0,3}(?:refund|money)|instead of|rather than|already|refunded)\b",
    re.I,
)
_DETAIL_NAMES = {
    "email": "email",
    "e-mail": "email",
    "mail": "email",
    "address": "email",
    "order": "order_number",
    "number": "order_number",
    "reason": "reason",
    "destination": "destination",
}
_WRONG = re.compile(
    r"\b(?:wrong|other|different|another|change|correct|incorrect|mistyped|typo in)\b[^.?!]{0,20}?"
    rf"\b(?P<what>{'|'.join(_DETAIL_NAMES)})\b",
    re.I,
)
_WRONG_PRODUCT = re.compile(r"\b(?:sent|got|received|delivered|bought|ordered|product)\b", re.I)
_UNCLEAR = {
    "order_number": "utter_order_number_unclear",
    "email": "utter_email_unclear",
    "refund_reason": "utter_reason_unclear",
    "refund_destination": "utter_destination_unclear",
    "answer": "utter_answer_unclear",
    "plan": "utter_plan_unclear",
    "which_cancel": "utter_cancel_unclear",
    "which_case": "utter_case_unclear",
}

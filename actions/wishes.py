"""What a message wishes for, by its words, where the intent alone does not tell."""

from __future__ import annotations

import re

from actions.talk import Talk


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


def same_again(talk: Talk) -> str | None:
    """The form that "the same for order …" begins anew, right after a request was recorded."""
    if not talk.words & _AGAIN_WORDS:
        return None
    forms = {"refund_form": _REFUND_RECORDED, "cancel_form": _CANCEL_RECORDED}
    return next((form for form, responses in forms.items() if talk.said_last(*responses)), None)


def wants_both(talk: Talk) -> bool:
    """Someone who wants to end the service and the money back, in one message."""
    if talk.intent in ("ask_policy", "check_request_status", "talk_to_human", "report_problem", "dispute_charge"):
        return False
    return bool(_CANCEL_VERB.search(talk.text) and _MONEY_BACK.search(talk.text)) and not _NOT_BOTH.search(talk.text)


def wants_money_back(talk: Talk) -> bool:
    """Someone who says what is wrong and asks for a refund in one message."""
    return bool(_MONEY_BACK.search(talk.text)) and not _NO_MONEY_BACK.search(talk.text)


def which_cancel(talk: Talk, task: str) -> str | None:
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


_CANCEL_WORDS = frozenset(
    f"{before}{word}{after}"
    for before in ("", "please ", "just ", "i want to ", "pls ")
    for word in ("cancel", "cancel that", "cancel this", "cancel it", "abort")
    for after in ("", " please", " pls", " now")
)
_TASK_OFFERS = ("utter_which_task", "utter_help", "utter_greet", "utter_not_understood", "utter_nothing_to_stop")
_REFUND_RECORDED = ("utter_refund_confirmed", "utter_refund_paid", "utter_return_confirmed")
_CANCEL_RECORDED = ("utter_cancel_confirmed", "utter_cancel_recorded")
_AGAIN_WORDS = frozenset("same too also likewise again another".split())
_REFUND_WORDS = frozenset("refund refunded money cash reimburse first".split())
_CANCEL_TASK_WORDS = frozenset("cancel end stop service plan subscription second".split())
WH_WORDS = frozenset("how what what's when where who why which".split())
_QUESTION_WORDS = WH_WORDS | frozenset("is are can could do does will would".split())
_THE_CHAT = frozenset("chat conversation nothing stop this leave".split())
_THE_SERVICE = frozenset("service plan card subscription account contract line order membership".split())
_CANCEL_VERB = re.compile(r"\b(?:cancel|canceling|cancelling|end|stop|terminate|close|quit|get rid of)\b", re.I)
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

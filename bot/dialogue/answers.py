"""Yes and no, where the bot has asked for one, and the answers to its other closed questions."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.dialogue.heard import SURE, Heard
from bot.dialogue.tasks import TASKS
from bot.language.consent import doubts, plain_yes
from bot.language.pack import LanguagePack, straight

_SENTENCE_END = re.compile(r"[.,!;\n]+\s+")
_MOST_WORDS = 12
"""A yes with more words around it may well have a condition among them."""


def says_yes(heard: Heard, task: str, pack: LanguagePack) -> bool:
    """An unmistakable yes to the quote of a task: the button, an idiom, words that say yes and nothing else than what
    was asked, the task's own verb, or what is understood as a yes without a doubt or the wish of another task in it.
    Never what was written before they could see what it would answer."""
    if heard.crossed:
        return False
    if heard.text == "/affirm" or _is_idiom(heard, pack):
        return True
    heard = replace(heard, text=pack.patterns["no_of_no_weight"].sub("", straight(heard.text)))
    subject, foreign = pack.words[f"subject_{task}"], pack.words[f"foreign_{task}"]
    if doubts(heard.text, foreign, pack):
        return False
    if plain_yes(heard.text, subject, pack) or is_own_verb(heard, task, pack):
        return True
    own = heard.intent in ("affirm", "thank", TASKS[task].intent)
    if own and pack.finds("begins_with_yes", heard.text) and len(heard.words) <= _MOST_WORDS and not heard.values:
        return True
    last = _SENTENCE_END.split(heard.text.strip(" .!"))[-1]
    if (
        heard.intent != "deny"
        and len(heard.words) <= _MOST_WORDS
        and not heard.values
        and plain_yes(last, subject, pack)
    ):
        return True
    # Also without the question: to it, words that say nothing look like a yes.
    return heard.intent == "affirm" and min(heard.confidence, heard.alone) >= SURE


def _is_idiom(heard: Heard, pack: LanguagePack) -> bool:
    return pack.says("yes", heard.text) or (pack.finds("yes_with_no", heard.text) and "?" not in heard.text)


def is_own_verb(heard: Heard, task: str, pack: LanguagePack) -> bool:
    """Whether the message is the task's own wish once more, and nothing else: "refund it" to the quote of a refund. A
    bare "cancel" is not: it may mean the chat."""
    if pack.says("bare_cancel", heard.text) or doubts(heard.text, pack.words[f"foreign_{task}"], pack):
        return False
    verbs = pack.words[f"verbs_{task}"]
    known = pack.words["yes"] | pack.words["beside_yes"] | pack.words[f"subject_{task}"] | verbs
    return not heard.words.isdisjoint(verbs) and heard.words <= known and not heard.values.get("order_number")


def says_no(heard: Heard, task: str, pack: LanguagePack) -> bool:
    """A no to the quote of a task. A question is none; the wish to take a request back, said to a quote, is one."""
    if heard.text == "/deny" or pack.says("no", heard.text):
        return True
    if "?" in heard.text or _is_idiom(heard, pack):
        return False
    if task == "refund" and pack.says("bare_cancel", heard.text):
        return True
    takes_back = heard.intent == "withdraw_request" and task != "withdraw"
    both = heard.intent == "affirm" and not heard.words.isdisjoint(pack.words["yes"] - pack.words["polite_yes"])
    begins = pack.finds("begins_with_no", heard.text) and not both
    return (heard.intent == "deny" and heard.is_sure) or takes_back or begins


def accepts_offer(heard: Heard, pack: LanguagePack) -> bool:
    """A yes to an offer that was made in passing. "Ok, good" is none."""
    if heard.crossed or doubts(heard.text, pack=pack):
        return pack.says("yes", heard.text) and not heard.crossed
    if heard.text == "/affirm":
        return True
    if heard.intent in ("thank", "goodbye"):
        return False
    if len(heard.words) > 1 and heard.words <= pack.words["polite_yes"] | pack.words["beside_no"]:
        return False
    return plain_yes(heard.text, pack=pack) or (heard.intent == "affirm" and min(heard.confidence, heard.alone) >= SURE)


def which_cancel(heard: Heard, task: str, pack: LanguagePack) -> str | None:
    """What a bare "cancel" meant: go on ``here``, ``stop``, or another task."""
    if pack.says("bare_cancel", heard.text):
        return None
    if heard.intent in ("nevermind", "deny", "goodbye") or not heard.words.isdisjoint(pack.words["the_chat"]):
        return "stop"
    if not heard.words.isdisjoint(pack.words["the_request"]):
        return "withdraw" if task == "cancel" else "stop"
    is_service = heard.intent == "cancel_service" or heard.first("order_number")
    if is_service or not heard.words.isdisjoint(pack.words["the_service"]):
        return "here" if task == "cancel" else "cancel"
    return "withdraw" if heard.intent == "withdraw_request" else None


def which_first(heard: Heard, pack: LanguagePack) -> str | None:
    """To the choice between refund and cancellation: ``refund`` or ``cancel``."""
    if heard.intent in ("ask_policy", "check_request_status", "help", "bot_challenge") and pack.is_question(heard.text):
        return None
    words = heard.words
    refund = heard.intent == "request_refund" or not words.isdisjoint(pack.words["refund_first"])
    cancel = heard.intent == "cancel_service" or not words.isdisjoint(pack.words["only_cancel"])
    cancel = cancel or pack.says("bare_cancel", heard.text)
    if refund and cancel:
        return None if words.isdisjoint(pack.words["both_of_them"]) else "refund"
    return "refund" if refund else "cancel" if cancel else None


def which_task(heard: Heard, pack: LanguagePack) -> str | None:
    """To the question which task it shall be: ``refund`` or ``cancel``."""
    refund = not heard.words.isdisjoint(pack.words["choose_refund"])
    cancel = not heard.words.isdisjoint(pack.words["choose_cancel"])
    return None if refund == cancel else "refund" if refund else "cancel"

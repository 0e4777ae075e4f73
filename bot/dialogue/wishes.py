"""What a message wishes for by its words, where the intent alone does not tell."""

from __future__ import annotations

import re

from bot import order_numbers
from bot.cases.model import CaseKind
from bot.dialogue.commands import Basis
from bot.dialogue.heard import Heard
from bot.dialogue.state import Context
from bot.language.pack import LanguagePack, straight

_NOT_A_WISH = frozenset({"ask_policy", "check_request_status", "talk_to_human", "report_problem", "dispute_charge"})
"""Intents with which a refund and a cancellation are only spoken of."""
_LEAVES_PERSON = frozenset({"affirm", "deny", "complain", "thank", "nlu_fallback", "nevermind"})
"""Intents of a message of which a part may be the wish for a person."""
_LONG_CLAUSE = 14
_CLAUSE = re.compile(r"[.,;:!?\n]+(?=\s|$)|\s[-–—]\s")
_DISPUTES = frozenset({"charged_twice", "charged_after_cancelling", "trial_charged"})


def safety_in(heard: Heard, pack: LanguagePack) -> str | None:
    """The gravest of what calls for a person at once: someone who needs care, legal steps, anger. Who says sorry is not
    angry."""
    if heard.is_button:
        return None
    text = straight(heard.text)
    found = next((name for name, pattern in pack.safety.items() if pattern.search(text)), None)
    return None if found == "anger" and pack.finds("apology", text) else found


def wants_person(heard: Heard, context: Context, pack: LanguagePack) -> Basis | None:
    """What a wish for a person rests on; None where there is none. It may stand in any clause."""
    if heard.is_button:
        return Basis.BUTTON if heard.intent == "talk_to_human" else None
    if pack.finds("no_person", heard.text):
        return None
    if heard.intent in _LEAVES_PERSON and any(part.intent == "talk_to_human" for part in heard.parts):
        return Basis.MODEL  # "yes, a colleague please"
    clauses = [clause.strip() for clause in _CLAUSE.split(straight(heard.text)) if clause.strip()]
    if any(len(clause.split()) <= _LONG_CLAUSE and pack.finds("person", clause) for clause in clauses):
        return Basis.WORDS
    if heard.intent != "talk_to_human":
        return None
    # "I can't call anyone" is not far from a reason, and no wish for a person.
    guess = context.asked == "refund_reason" and not pack.finds("mentions_person", heard.text)
    return None if guess else Basis.MODEL


def wants_both(heard: Heard, pack: LanguagePack) -> bool:
    """Someone who wants to end the service and the money back, in one message."""
    if heard.intent in _NOT_A_WISH or heard.is_button:
        return False
    text = heard.text
    return pack.finds("cancel_verb", text) and pack.finds("money_back", text) and not pack.finds("not_both", text)


def wants_money_back(heard: Heard, pack: LanguagePack) -> bool:
    """Someone who says what is wrong and asks for a refund in one message."""
    unread = heard.intent in ("nlu_fallback", "out_of_scope", "inform") and heard.values.get("order_number")
    if unread and pack.finds("gives_back", heard.text):
        return True
    if heard.intent not in ("report_problem", "change_of_mind", "dispute_charge", "inform", "complain", "nlu_fallback"):
        return False
    return pack.finds("money_back", heard.text) and not pack.finds("no_money_back", heard.text)


def wants_refund_words(heard: Heard, pack: LanguagePack) -> bool:
    """Whether the words ask for money, whatever the intent is."""
    return pack.finds("money_back", heard.text) and not pack.finds("no_money_back", heard.text)


def two_wishes(heard: Heard, pack: LanguagePack) -> list[tuple[str, str]]:
    """Two tasks for two orders in one message, each with its own; empty where it is not so. What is wished for stands
    before the number, or else after it."""
    numbers = heard.values.get("order_number", ())
    if len(numbers) < 2 or heard.is_button:
        return []
    text = straight(heard.text)
    verbs = sorted(
        (match.start(), task)
        for task, pattern in (("refund", "money_back"), ("cancel", "cancel_verb"))
        for match in pack.patterns[pattern].finditer(text)
    )
    found: list[tuple[str, str]] = []
    taken: set[int] = set()
    for number in numbers:
        match = re.search(order_numbers.digits_anywhere(number), text)
        if match is None:
            return []
        before = [verb for verb in verbs if verb[0] < match.start() and verb[0] not in taken]
        after = [verb for verb in verbs if verb[0] > match.end()]
        follows = after and (not found or not _CLAUSE.search(text[match.end() : after[0][0]]))
        at, task = before[-1] if before else after[0] if follows else (-1, "")
        if not task:
            return []
        taken |= {verb[0] for verb in verbs if verb[0] <= at}
        found.append((task, number))
    return found if len({task for task, _ in found}) > 1 else []


def no_wish_for(task: str, heard: Heard, pack: LanguagePack) -> bool:
    """Whether a task is only denied, asked about or spoken of in the past."""
    if heard.is_button:
        return False
    if task == "cancel":
        return pack.finds("no_cancellation", heard.text)
    if task == "refund":
        return pack.finds("no_refund_wished", heard.text)
    return False


def beside_ours(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """The wish that this bot does not carry out, if the message has one. A wrong charge beside the wish for the money
    is the reason for it."""
    if heard.is_button or context.asked in ("refund_reason", "reason_check", "order_number", "email", "email_code"):
        return None
    text = straight(heard.text)
    name = next((name for name, pattern in pack.beside_ours.items() if pattern.search(text)), None)
    if name is None or (name in _DISPUTES and (context.asked or wants_money_back(heard, pack))):
        return None
    wants_money = pack.finds("money_back", text) and not pack.finds("no_money_back", text)
    if name in ("exchange", *_DISPUTES) and (wants_money or heard.intent == "request_refund"):
        return None
    if name in ("downgrade", "exchange", "pause") and heard.intent == "report_problem":
        return None
    return name


def about_the_request(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """What is asked about the request just made, or the quote just shown."""
    text = heard.text
    if context.asked == "answer" and not pack.says("yes", text):
        if pack.finds("went_through", text):
            return "not_yet"
        return "why" if pack.finds("why_decided", text) else None
    last = context.last_request
    if context.asked:
        return None
    if topic := _about_the_return(heard, context, pack):
        return topic
    if last is None or heard.first("order_number"):
        return None
    for name in ("why_decided", "by_mail", "went_through", "when_done", "other_order"):
        if pack.finds(name, text):
            return {"why_decided": "why"}.get(name, name)
    return None


def _about_the_return(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """What is asked or said about a card that goes back. Where no refund is known, only what was told before: the order
    is asked for then."""
    order, last = heard.first("order_number"), context.last_request
    waits = context.return_of(order) is not None
    made = last is not None and last.kind is CaseKind.REFUND and order in (None, last.order_number)
    for name in ("return_label", "return_number", "return_address"):
        if pack.finds(name, heard.text) and (waits or made or pack.finds("told_before", heard.text)):
            return name
    asks = heard.intent == "check_request_status" or pack.is_question(heard.text)
    return "return_sent" if waits and not asks and pack.finds("return_sent", heard.text) else None

"""From a message in its context to commands: the one place that says what a customer means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.cases.model import CustomerReason
from bot.dialogue.answers import accepts_offer, says_no, says_yes, which_cancel, which_first, which_task
from bot.dialogue.commands import Basis, Command, Kind, in_order
from bot.dialogue.heard import SURE, Heard
from bot.dialogue.offers import (
    OF_THE_REQUEST,
    OF_THE_RETURN,
    PART_OF_SUM,
    STOPPED,
    TASK_OFFERS,
    offers_person,
    recorded_task,
)
from bot.dialogue.state import Context
from bot.dialogue.tasks import BY_INTENT
from bot.dialogue.values import beside_tracking, given, statements, tracking_in
from bot.dialogue.wishes import (
    about_the_request,
    beside_ours,
    no_wish_for,
    safety_in,
    two_wishes,
    wants_both,
    wants_money_back,
    wants_person,
    wants_refund_words,
)
from bot.language.consent import plain_no
from bot.language.pack import LanguagePack

_OF_A_CANCELLATION = {
    "fee": "cancel_fee",
    "fee_computed": "cancel_fee",
    "amount": "cancel_refund",
    "processing_time": "cancelling",
}
"""What a question about a refund means in the middle of a cancellation."""
_SMALL_TALK = frozenset({"greet", "thank", "bot_challenge", "help", "out_of_scope", "other_language"})
_NOT_OURS = frozenset({"out_of_scope", "other_language"})
"""What the model makes of words of which the dialogue may know more."""
_LEAVES_NO_REASON = frozenset({"complain", "bot_challenge", "help", "out_of_scope"})
"""What is taken for no small talk in answer to the question for the reason: a person reads it in the end."""
_FEW_WORDS = 8
"""In more, a place where money is may be part of a story."""
_NO_POLICY_ABOUT = frozenset({"email_code", "which_cancel"})


def understand(
    heard: Heard, context: Context, titles: Mapping[str, CustomerReason], pack: LanguagePack
) -> list[Command]:
    """What the message wants, the first to be carried out first; never empty. ``titles`` are what the buttons for a
    reason read, as bot.language.pack.bare has them."""
    tracking = tracking_in(heard, context, pack)
    if tracking is not None:
        return _of_the_parcel(tracking, beside_tracking(heard, tracking), context, titles, pack)
    commands = [
        *_safety(heard, pack),
        *_person(heard, context, pack),
        *_closed_answer(heard, context, pack),
    ]
    keeps = _keeps_it(heard, context, pack)
    if keeps is not None:
        commands = [*(command for command in commands if command.kind is not Kind.AFFIRM), keeps]
    values = [] if keeps is not None or _is_closed(commands) else given(heard, context, titles, pack)
    commands += values
    commands += _leaving(heard, context, pack, values)
    commands += _questions(heard, context, pack, values)
    commands += [c for c in _wishes(heard, context, pack, values) if not _is_asked_instead(c, commands)]
    beside = [command for command in commands if command.kind is not Kind.SAFETY]
    commands += [c for c in _small_talk(heard, context, pack) if not (beside and c.name in _NOT_OURS)]
    commands = _without_guesses(commands, heard, pack)
    if not commands or all(command.kind is Kind.SAFETY for command in commands):
        commands.append(_not_understood(heard, context, pack))
    return in_order(commands)


def _is_asked_instead(wish: Command, commands: list[Command]) -> bool:
    """Whether it is asked about the request just made, which says more than where requests stand; or about a card that
    goes back, of which the model may make anything."""
    asked = {command.name for command in commands if command.kind is Kind.ASK}
    if wish.kind is Kind.START and wish.basis is Basis.MODEL and asked.intersection(OF_THE_RETURN):
        return True
    return wish.name == "status" and bool(asked.intersection(OF_THE_REQUEST))


def _of_the_parcel(
    tracking: str, heard: Heard, context: Context, titles: Mapping[str, CustomerReason], pack: LanguagePack
) -> list[Command]:
    """A message with the number of a parcel: what is sure in it by its words, beside that. Its intent is only what the
    model makes of digits, and it takes nothing back."""
    order = heard.first("order_number")
    commands = [*_safety(heard, pack), *_person(heard, context, pack)]
    commands.append(Command(Kind.GIVE, "tracking_number", tracking, order=order))
    commands += [c for c in given(heard, context, titles, pack) if c.name != "reason"]
    if context.return_of(order) is None and wants_refund_words(heard, pack):
        commands += [Command(Kind.START, "refund")] if not context.asked else []
    if pack.is_question(heard.text):
        commands += [c for c in _questions(heard, context, pack, commands) if c.name not in OF_THE_RETURN]
        if heard.intent == "check_request_status" and not context.asked:
            commands.append(Command(Kind.START, "status"))
    return in_order(commands)


def _without_guesses(commands: list[Command], heard: Heard, pack: LanguagePack) -> list[Command]:
    """Beside a question a "no" that begins a sentence is none to the quote; beside a wish that has an answer of its own
    a question is only what the model made of the same words; and who asks about the card that goes back takes nothing
    back, unless they say so."""
    kinds = {command.kind for command in commands}
    of_return = any(command.kind is Kind.ASK and command.name in OF_THE_RETURN for command in commands)
    if of_return and not pack.finds("undo", heard.text):
        commands = [command for command in commands if command.kind is not Kind.TAKE_BACK]
    if Kind.BESIDE_OURS in kinds:
        commands = [c for c in commands if c.kind is not Kind.ASK or c.basis is not Basis.MODEL]
    if Kind.ASK in kinds and not heard.is_button and not plain_no(heard.text, pack):
        commands = [command for command in commands if command.kind is not Kind.DENY]
    return commands


def _keeps_it(heard: Heard, context: Context, pack: LanguagePack) -> Command | None:
    """Who keeps what they have wants nothing done: a no at the quote, and a stop before."""
    asked = context.asked
    if not asked or heard.is_button or asked == "which_cancel" or context.state.task not in ("refund", "cancel"):
        return None
    if not pack.finds("keeps_it", statements(heard.text)) or heard.values.get("order_number"):
        return None
    return Command(Kind.DENY) if asked == "answer" else Command(Kind.STOP)


def _is_closed(commands: list[Command]) -> bool:
    """Whether the answer to a closed question leaves no values in the message."""
    return any(c.kind in (Kind.AFFIRM, Kind.DENY) and c.basis is Basis.BUTTON for c in commands)


def _safety(heard: Heard, pack: LanguagePack) -> list[Command]:
    name = safety_in(heard, pack)
    return [Command(Kind.SAFETY, name)] if name else []


def _person(heard: Heard, context: Context, pack: LanguagePack) -> list[Command]:
    basis = wants_person(heard, context, pack)
    if basis is not None:
        return [Command(Kind.PERSON, basis=basis, confidence=heard.confidence if basis is Basis.MODEL else 1.0)]
    no_question = context.asked not in ("answer", "reason_check")
    if context.said_last("utter_declined") and pack.finds("asks_why", heard.text):
        return []  # "why not?" to a decline
    if no_question and offers_person(context) and accepts_offer(heard, pack):
        return [Command(Kind.PERSON, basis=Basis.BUTTON if heard.is_button else Basis.WORDS)]
    return []


def _closed_answer(heard: Heard, context: Context, pack: LanguagePack) -> list[Command]:
    """The answer to the bot's question, where that has a few answers only."""
    asked, task = context.asked, context.state.task or ""
    basis = Basis.BUTTON if heard.is_button else Basis.WORDS
    heard = _without_what_is_known(heard, context)
    if asked == "answer":
        if heard.text == "/inform":
            return [Command(Kind.CORRECT, "", basis=Basis.BUTTON)]
        if says_yes(heard, task, pack):
            return [Command(Kind.AFFIRM, basis=basis)]
        return [Command(Kind.DENY, basis=basis)] if says_no(heard, task, pack) else []
    if asked == "reason_check":
        if accepts_offer(heard, pack):
            return [Command(Kind.AFFIRM, basis=basis)]
        return [Command(Kind.DENY, basis=basis)] if says_no(heard, task, pack) else []
    choice = None
    if asked == "which_cancel":
        choice = which_cancel(heard, task, pack)
    elif asked == "plan":
        choice = which_first(heard, pack)
    elif asked == "which_case":
        kinds = ("kind_refund", "kind_cancel", "kind_question")
        named = heard.last("reference") or ("" if not any(pack.has(kind, heard.text) for kind in kinds) else "*")
        choice = named or None
    return [Command(Kind.GIVE, asked or "", choice)] if choice else []


def _without_what_is_known(heard: Heard, context: Context) -> Heard:
    """A yes may name again what it says yes to."""
    state = context.state
    known = {"order_number": state.order_number, "email": state.email, "destination": state.destination}
    left = {name: found for name, found in heard.values.items() if set(found) != {known.get(name)}}
    return replace(heard, values=left)


def _leaving(heard: Heard, context: Context, pack: LanguagePack, values: list[Command]) -> list[Command]:
    """Taking back, stopping, waiting."""
    asked, task = context.asked, context.state.task
    if asked and pack.says("hold", heard.text):
        return [Command(Kind.HOLD)]
    if _takes_back(heard, context, pack):
        return [Command(Kind.TAKE_BACK, basis=Basis.MODEL, confidence=heard.confidence)]
    if asked != "which_cancel" and _stops(heard, context, pack, values):
        return [Command(Kind.STOP, "goodbye" if heard.intent == "goodbye" else "")]
    bare = pack.says("bare_cancel", heard.text)
    unclear = bare or (heard.intent == "withdraw_request" and task in ("refund", "cancel"))
    asks_which = asked not in ("answer", "plan", "which_cancel") and task != "withdraw"
    if unclear and asks_which and (asked or not context.said_last("utter_which_task", "utter_help")):
        return [Command(Kind.START, "which_cancel")]
    return []


def _takes_back(heard: Heard, context: Context, pack: LanguagePack) -> bool:
    if no_wish_for("cancel", heard, pack) and heard.intent != "withdraw_request":
        return False
    made = any(r.withdrawable and r.state.value != "quoted" for r in context.requests)
    if context.asked:
        if context.state.task not in ("refund", "cancel") or context.asked in ("answer", "which_cancel"):
            return False
        return heard.intent == "withdraw_request" and made
    if heard.intent == "withdraw_request":
        return bool(context.requests) or not wants_refund_words(heard, pack)
    undoes = pack.finds("undo", heard.text) or (
        heard.intent == "nevermind" and not heard.words.isdisjoint(pack.words["take_back"])
    )
    return undoes and (made or context.last_request is not None)


def _stops(heard: Heard, context: Context, pack: LanguagePack, values: list[Command]) -> bool:
    asked = context.asked
    if heard.text == "/nevermind":
        return True
    if heard.is_button or pack.says("bare_cancel", heard.text):
        return False
    if asked == "answer" and says_yes(heard, context.state.task or "", pack):
        return False
    if pack.says("stop", heard.text):
        return True
    told = [value for value in values if value.name != "reason"]
    if asked and not told and not pack.is_question(heard.text) and _stops_in_a_clause(heard.text, pack):
        return True
    if heard.intent not in ("nevermind", "goodbye") or values or heard.values or pack.is_question(heard.text):
        return False  # "no wait, it's 104273", "does it stop at once?": no farewell
    if heard.intent == "goodbye":
        return heard.is_sure
    if asked == "answer" and (
        (len(heard.words) == 1 and heard.confidence < SURE) or any(part.intent == "affirm" for part in heard.parts)
    ):
        return False  # "so, ok, do it", or a single word that may be a misspelt yes
    return not (asked == "refund_reason" and pack.finds("no_longer_wanted", heard.text))


def _stops_in_a_clause(text: str, pack: LanguagePack) -> bool:
    return any(pack.says("stop_clause", clause) for clause in pack.patterns["clause_end"].split(text) if clause)


def _questions(heard: Heard, context: Context, pack: LanguagePack, values: list[Command]) -> list[Command]:
    asked = context.asked
    if heard.is_button:
        return [Command(Kind.ASK, heard.detail or "", basis=Basis.BUTTON)] if heard.intent == "ask_policy" else []
    if asked in ("order_number", "email", "email_code") and not heard.values:
        if pack.finds("not_at_hand", heard.text):
            return [Command(Kind.ASK, "not_at_hand")]
        if asked != "email_code" and pack.finds("asks_why", heard.text):
            return [Command(Kind.ASK, "why_asked")]
    if topic := about_the_request(heard, context, pack):
        return [Command(Kind.ASK, topic)]
    topics = [part.detail or "" for part in heard.parts if part.intent == "ask_policy"]
    if heard.intent == "ask_policy" and (heard.is_sure or not values or pack.is_question(heard.text)):
        topics = topics or [heard.detail or ""]
    if not (topics or asked) and pack.finds("return_address", heard.text):
        topics = ["return_shipping"]
    if topics and pack.finds("charged_again", heard.text):
        topics = ["cancel_by"]
    elif context.state.task == "cancel":
        topics = [_OF_A_CANCELLATION.get(topic, topic) for topic in topics]
    asks = [Command(Kind.ASK, topic, basis=Basis.MODEL, confidence=heard.confidence) for topic in topics]
    return [] if asked in _NO_POLICY_ABOUT and not pack.is_question(heard.text) else asks


def _wishes(heard: Heard, context: Context, pack: LanguagePack, values: list[Command]) -> list[Command]:
    asked, task = context.asked, context.state.task
    if both := two_wishes(heard, pack):
        return [Command(Kind.START, name, order=order) for name, order in both]
    name = beside_ours(heard, context, pack)
    if name is not None:
        return [Command(Kind.BESIDE_OURS, name)]
    started = _started(heard, context, pack, values)
    if started is None or no_wish_for(started.name, heard, pack):
        asks = pack.finds("done_already", heard.text) and not heard.is_button
        return [Command(Kind.START, "status")] if asks and task != "status" and not asked else []
    return [started]


def _started(heard: Heard, context: Context, pack: LanguagePack, values: list[Command]) -> Command | None:
    """The task that the message begins, the one under way aside."""
    asked, task = context.asked, context.state.task
    basis = Basis.BUTTON if heard.is_button else Basis.MODEL
    by_intent = BY_INTENT.get(heard.intent)
    if wants_both(heard, pack) and asked not in ("plan", "which_cancel"):
        return Command(Kind.START, "both")
    if by_intent == "withdraw":
        by_intent = None  # taking back is a command of its own
    asks_of_order = heard.intent in ("ask_policy", "check_request_status") and heard.first("order_number")
    unclear = heard.intent in ("inform", "nlu_fallback", "deny", "nevermind", "affirm", "thank") or asks_of_order
    if by_intent is None and unclear and pack.finds("cancel_wish", heard.text):
        by_intent = "cancel"
    if asked:
        if by_intent is None or by_intent == task or pack.says("bare_cancel", heard.text):
            return None
        if asked in ("plan", "which_cancel") or (asked == "answer" and task == "withdraw"):
            return None
        return Command(Kind.START, by_intent, basis=basis, confidence=heard.confidence)
    if (resumed := _resumed(heard, context, pack)) is not None:
        return Command(Kind.START, resumed)
    if by_intent is not None:
        return Command(Kind.START, by_intent, basis=basis, confidence=heard.confidence)
    offered = context.said_last(*TASK_OFFERS) and not pack.is_question(heard.text)  # a question is no choice
    if offered and (chosen := which_task(heard, pack)):
        return Command(Kind.START, chosen)
    if wants_money_back(heard, pack) or (
        heard.intent == "withdraw_request" and not context.requests and wants_refund_words(heard, pack)
    ):
        return Command(Kind.START, "refund")
    again = recorded_task(context)
    alike = not heard.words.isdisjoint(pack.words["again"]) or pack.finds("other_order", heard.text)
    if again and heard.first("order_number") and alike:
        return Command(Kind.START, again)
    # Where money shall go is only said by somebody who wants it back.
    goes = any(value.name == "destination" for value in values)
    few = len(heard.words) <= _FEW_WORDS and context.last_request is None
    return Command(Kind.START, "refund") if goes and few else None


def _resumed(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """The task that goes on after all: one that was just stopped, or a refund of which only a part was wished."""
    if heard.is_button or pack.is_question(heard.text):
        return None
    if context.said_last(PART_OF_SUM) and (accepts_offer(heard, pack) or pack.finds("all_of_it", heard.text)):
        return "refund"
    stopped = next((task for response, task in STOPPED.items() if context.said_last(response)), None)
    return stopped if stopped and pack.finds("resume", heard.text) else None


def _small_talk(heard: Heard, context: Context, pack: LanguagePack) -> list[Command]:
    asked, intent = context.asked, heard.intent
    about_reason = asked == "refund_reason"
    if intent == "complain" and not pack.finds("apology", heard.text) and not about_reason:
        return [Command(Kind.COMPLAIN, basis=Basis.MODEL, confidence=heard.confidence)]
    if intent == "other_language" and asked in ("order_number", "email", "email_code"):
        return []  # a name or an address in the street
    may_be_reason = about_reason and intent in _LEAVES_NO_REASON and not pack.is_question(heard.text)
    may_be_yes = asked == "answer" and intent in _NOT_OURS and pack.finds("begins_with_yes", heard.text)
    if intent in _SMALL_TALK and not may_be_reason and not may_be_yes:
        return [Command(Kind.SMALL_TALK, intent, basis=Basis.MODEL, confidence=heard.confidence)]
    if not asked and intent == "deny":
        return [Command(Kind.DENY, basis=Basis.MODEL, confidence=heard.confidence)]
    if not asked and intent == "affirm":
        polite = heard.words <= pack.words["polite_yes"] and not context.said_last(*TASK_OFFERS, "utter_quote_renewed")
        return [Command(Kind.DENY if polite else Kind.AFFIRM, basis=Basis.MODEL, confidence=heard.confidence)]
    return []


def _not_understood(heard: Heard, context: Context, pack: LanguagePack) -> Command:
    """With what it may be instead of an order number."""
    looks_like = "question" if context.asked == "refund_reason" and pack.is_question(heard.text) else ""
    if context.asked == "order_number":
        digits = sum(character.isdigit() for character in heard.text)
        if pack.finds("pin", heard.text) and digits:
            looks_like = "pin"
        elif digits >= 9 or (digits and pack.finds("card_number", heard.text)):
            looks_like = "card_back"
    return replace(Command(Kind.NOT_UNDERSTOOD, looks_like), confidence=heard.confidence, basis=Basis.MODEL)

"""The values that a message gives, corrects or takes back: orders, what proves them, a reason, a destination."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot import order_numbers
from bot.cases.model import CustomerReason
from bot.dialogue.commands import Basis, Command, Kind
from bot.dialogue.heard import Heard
from bot.dialogue.state import Context
from bot.language.pack import LanguagePack, bare, straight
from bot.policy.facts import Destination

ELSEWHERE, BOTH = "elsewhere", "both"
"""Destinations that are none: one that no money can be sent to, and two in one message."""

_BY_INTENT = {"change_of_mind": CustomerReason.CHANGE_OF_MIND, "dispute_charge": CustomerReason.BILLING}
_BY_DETAIL = {**{reason.value: reason for reason in CustomerReason}, "fault": CustomerReason.SERVICE_FAULT}
_FEW = 4
_GUESS = 0.5
"""How sure a reason is that may be about something else than the product."""
_CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){5}(?![ -]?\d)")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_OF_THE_PERSON = ("order_number", "email", "email_code")
"""Questions beside whose answers people speak of their mail and telephone: a fault that is heard there is none yet."""
_SURE_UNASKED = 0.9
"""How sure the model must be of a reason that nobody asked for."""


def given(heard: Heard, context: Context, titles: Mapping[str, CustomerReason], pack: LanguagePack) -> list[Command]:
    """What the message gives, and what it only calls wrong, which is forgotten, so that it is asked again. ``titles``
    are what the buttons for a reason read."""
    if context.asked == "email_code" and (digits := _code_in(heard)):
        return [Command(Kind.GIVE, "email_code", digits)]
    commands = [*_orders(heard, context, pack), *_contact(heard, context, pack)]
    destination = destination_of(heard, context, pack)
    # What the quote says already is no change of it, unless it is said against the quote.
    same = destination == context.state.destination and context.asked == "answer"
    known = same and not pack.finds("begins_with_no", heard.text)
    if destination is not None and not known:
        commands.append(Command(Kind.GIVE, "destination", destination))
    asked = context.asked
    if not commands and asked and asked != "refund_reason" and (wrong := _called_wrong(heard, pack)):
        return [Command(Kind.CORRECT, wrong)]
    reason = reason_of(heard, context, titles, pack)
    if reason is not None and _is_told(reason, bool(commands), context):
        commands.append(reason)
    return commands


def tracking_in(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """The tracking number of a parcel, without spaces: in the form of a carrier, called so, or all that is written
    while a card is waited for."""
    if heard.is_button or context.asked == "email_code":
        return None
    text = straight(heard.said)
    found = pack.patterns["tracking_form"].search(text)
    if found is None and not pack.finds("calls", text):
        found = pack.patterns["tracking_named"].search(text)
    if found is None and not context.asked and context.return_of(None) is not None:
        found = pack.patterns["tracking_alone"].search(text)
    number = re.sub(r"[ -]", "", found["number"]).upper() if found else None
    return None if number in heard.values.get("order_number", ()) else number


def beside_tracking(heard: Heard, tracking_number: str) -> Heard:
    """The message without the values that are only digits of the tracking number."""
    values = {
        name: tuple(value for value in found if re.sub(r"\D", "", value) not in tracking_number)
        for name, found in heard.values.items()
        if name in ("order_number", "phone")
    }
    return replace(heard, values={**heard.values, **values})


def _is_told(reason: Command, beside: bool, context: Context) -> bool:
    """Whether a reason is meant as one. Another one than is known is so only by the whole message, at the quote, which
    then is shown anew."""
    known, asked = _known(context), context.asked
    if asked == "answer":
        return not beside and reason.value != known
    return known is None or asked not in ("refund_destination", "plan")


def _known(context: Context) -> str | None:
    return context.state.reason.value if context.state.reason else None


def _code_in(heard: Heard) -> str | None:
    """The six digits of a mailed code; with its prefix it is an order number."""
    found = _CODE.search(heard.text)
    return re.sub(r"\D", "", found.group()) if found and not order_numbers.in_use().has_prefix(heard.text) else None


def _orders(heard: Heard, context: Context, pack: LanguagePack) -> list[Command]:
    """The order that is meant, and those that shall come after it."""
    numbers = list(heard.values.get("order_number", ()))
    if not numbers:
        return []
    known, later = context.state.order_number, context.state.later_orders
    rejected = {number for number in numbers if _is_not_meant(heard.text, number, len(numbers), pack)}
    numbers = [number for number in numbers if number not in rejected] or numbers
    new = [number for number in numbers if number != known and number not in later]
    corrects = pack.has("correcting", heard.text)
    if known and not corrects and pack.has("adding", heard.text):
        first, after = known, new
    elif not new:
        first, after = known or numbers[0], []
    elif corrects or len(new) == 1:
        first, after = new[-1], []
    else:
        first, after = new[0], new[1:]
    return [
        Command(Kind.GIVE, "order_number", first),
        *(Command(Kind.GIVE, "later_order", number) for number in after),
    ]


def _is_not_meant(text: str, number: str, of: int, pack: LanguagePack) -> bool:
    """Whether a number is only denied; or, beside another one, stays as it is or is asked about."""
    digits = order_numbers.digits_anywhere(number)
    if pack.rejects(text, digits):
        return True
    match = re.search(digits, text)
    if match is None or of < 2:
        return False
    ends = pack.patterns["clause_end"]
    before, after = ends.split(text[: match.start()])[-1], ends.split(text[match.end() :])[0]
    asks = text[match.end() :].lstrip().startswith("?") and pack.finds(
        "only_asked", before.removesuffix(order_numbers.in_use().prefix)
    )
    return asks or pack.finds("goes_on", after) or pack.finds("goes_on", before)


def _contact(heard: Heard, context: Context, pack: LanguagePack) -> list[Command]:
    orders, emails = heard.values.get("order_number", ()), heard.values.get("email", ())
    if email := (emails[0] if len(emails) == len(orders) > 1 else heard.last("email")):
        return [Command(Kind.GIVE, "email", email)]
    if (phone := heard.last("phone")) and is_own_phone(heard, context.asked, pack):
        return [Command(Kind.GIVE, "phone", phone)]
    return []


def is_own_phone(heard: Heard, asked: str | None, pack: LanguagePack) -> bool:
    """Whether a phone number is told to show whose the order is: not one that was called, or where to be called."""
    return not pack.finds("calls", heard.text) and (asked == "email" or pack.has("phone", heard.text))


def destination_of(heard: Heard, context: Context, pack: LanguagePack) -> str | None:
    """Where the money shall go, if the message says so; ELSEWHERE for somewhere that it can't go, BOTH for two places.

    To name the card that was paid with, or to ask about the wallet, is no choice (R9). In answer to the question the
    place alone is enough, in other words only one that the money is sent to.
    """
    text = straight(heard.text)
    asked = context.asked
    if heard.is_button or _only_asks(heard, asked, pack) or pack.finds("cancel_wish", text):
        return None
    chosen, refused = set(), set()
    if pack.finds("counted", text) and not pack.has("wallet_alone", text):
        return None
    for name, place in (("wallet", Destination.WALLET), ("original", Destination.ORIGINAL_PAYMENT_METHOD)):
        for match in pack.patterns[name].finditer(text):
            before = text[: match.start()]
            if pack.patterns["not_there"].search(before):
                refused.add(place.value)
            elif name == "original" and pack.patterns["paid_with"].search(before):
                continue
            elif _is_choice(name, match.group(), before, heard, asked, pack):
                chosen.add(place.value)
    original = Destination.ORIGINAL_PAYMENT_METHOD.value
    if pack.finds("unusable", text) and asked in ("refund_destination", "answer"):
        if original in refused and len(chosen - {original}) == 1:
            return (chosen - {original}).pop()
        if Destination.WALLET.value in chosen:
            return Destination.WALLET.value
        return ELSEWHERE if chosen or refused or asked == "refund_destination" else None
    if pack.finds("elsewhere", text) and (asked == "refund_destination" or context.state.task == "refund"):
        return ELSEWHERE if Destination.WALLET.value not in chosen else BOTH
    chosen -= refused
    if len(chosen) > 1:
        return BOTH
    if chosen:
        return chosen.pop()
    if asked == "refund_destination" and not refused:
        wallet, card = pack.has("wallet_alone", text), pack.has("original_alone", text)
        paid = any(
            pack.patterns["paid_with"].search(text[: m.start()]) for m in pack.patterns["original"].finditer(text)
        )
        if wallet != card and not (card and paid) and not pack.has("denies", text):
            return Destination.WALLET.value if wallet else original
    return None


def _is_choice(name: str, place: str, before: str, heard: Heard, asked: str | None, pack: LanguagePack) -> bool:
    if asked == "refund_destination" or pack.patterns["towards"].search(before):
        return True
    clause = pack.patterns["clause_end"].split(before)[-1].split()
    after = pack.patterns["clause_end"].split(straight(heard.text)[len(before) + len(place) :])[0].split()
    ends_with_it = heard.intent == "request_refund" and not straight(heard.text)[len(before) + len(place) :].strip(
        " .!"
    )
    alone = len(clause) + len(after) <= _FEW or asked == "answer" or ends_with_it
    return alone and (name == "wallet" or pack.finds("original_itself", place))


def _only_asks(heard: Heard, asked: str | None, pack: LanguagePack) -> bool:
    """Whether a place is only asked about. "Can I have it in my wallet?" is an answer, once that was asked."""
    if not pack.is_question(heard.text):
        return False
    if any(pack.patterns[name].search(statements(heard.text)) for name in ("wallet", "original")):
        return False
    first = next(iter(straight(heard.text).lower().split()), "").strip(",.!")
    polite = first in pack.words["modals"] or heard.intent == "request_refund"
    return not (asked in ("refund_destination", None) and polite and first not in pack.words["wh"])


def statements(text: str) -> str:
    """The sentences of a text that are not put as questions by their mark."""
    return " ".join(s.group().strip() for s in _SENTENCE.finditer(text) if not s.group().rstrip().endswith("?"))


def reason_of(
    heard: Heard, context: Context, titles: Mapping[str, CustomerReason], pack: LanguagePack
) -> Command | None:
    """The reason that a message gives: in answer to that question, or else unmistakably, and of the product. Told when
    asked for, several reasons, or a problem of an unclear kind, are a person's to read: never the cheaper guess."""
    is_answer = context.asked in ("refund_reason", "reason_check")
    if is_answer:
        if pack.says("other_reason", heard.text):
            return _reason(CustomerReason.OTHER)
        if (title := titles.get(bare(heard.text))) is not None:
            return _reason(title)
    if heard.text == "/report_problem":
        return _reason(CustomerReason.SERVICE_FAULT, Basis.BUTTON)
    if not heard.is_button and pack.is_question(heard.text) and not statements(heard.text).strip():
        return None
    told = {_meant(part.intent, part.detail) for part in heard.parts}
    sure = bool(told - {None}) or heard.is_sure
    if is_answer or heard.confidence >= _SURE_UNASKED:
        told.add(_meant(heard.intent, heard.detail))
    if context.asked in _OF_THE_PERSON:
        told &= {CustomerReason.CHANGE_OF_MIND}
    told.discard(None)
    by_words = heard.intent == "change_of_mind" and pack.finds("no_longer_wanted", heard.text)
    if by_words and not pack.finds("broken", heard.text):
        told &= {CustomerReason.CHANGE_OF_MIND}  # what the model makes of a clause is less than their own words
    unwanted = pack.finds("no_longer_wanted", statements(heard.text))
    if unwanted and not is_answer:
        told.discard(CustomerReason.BILLING)
    wants_money = pack.finds("money_back", heard.text) and not pack.finds("no_money_back", heard.text)
    wished = is_answer or heard.intent == "request_refund" or context.state.task == "refund" or wants_money
    if unwanted and wished and not told:
        told, sure = {CustomerReason.CHANGE_OF_MIND}, True
    basis = Basis.BUTTON if heard.is_button else Basis.MODEL
    if told - {CustomerReason.CHANGE_OF_MIND, CustomerReason.BILLING} and _is_of_their_own(heard.said, pack):
        if not is_answer:
            told &= {CustomerReason.CHANGE_OF_MIND}
        sure = False
    confidence = 1.0 if heard.is_button else max(heard.confidence, 0.8) if sure else min(heard.confidence, _GUESS)
    if len(told) == 1 and (is_answer or CustomerReason.OTHER not in told):
        return _reason(told.pop(), basis, confidence)  # type: ignore[arg-type]
    return _reason(CustomerReason.OTHER) if told and is_answer else None


def _is_of_their_own(text: str, pack: LanguagePack) -> bool:
    """Whether something of the customer's own is spoken of, and not only as the place where the money shall go."""
    plain = straight(text)
    own = pack.patterns["not_the_product"].finditer(plain)
    return any(not pack.patterns["towards"].search(plain[: match.start()]) for match in own)


def _reason(reason: CustomerReason, basis: Basis = Basis.WORDS, confidence: float = 1.0) -> Command:
    return Command(Kind.GIVE, "reason", reason.value, basis=basis, confidence=confidence)


def _meant(intent: str, detail: str | None) -> CustomerReason | None:
    if intent != "report_problem":
        return _BY_INTENT.get(intent)
    return _BY_DETAIL.get(detail or "", CustomerReason.OTHER)


def _called_wrong(heard: Heard, pack: LanguagePack) -> str | None:
    match = pack.patterns["called_wrong"].search(heard.text)
    if match is None or pack.finds("wrong_product", heard.text):
        return None
    return next(name for name, found in match.groupdict().items() if found)

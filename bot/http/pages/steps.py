"""What comes of a form that was sent: the same verification, quotes and handoffs as in the chat, and the same log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.cases.case.handoff import Transcript, hand_to_human
from bot.cases.case.overview import RequestView
from bot.cases.conversation.messages import exchange, newest
from bot.cases.conversation.notices import BadEmail, leave_email
from bot.cases.conversation.transcript import of_messages
from bot.cases.customer.flow import Missing, Proof, prove, refund_or_question
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.customer.offers import accept_offer, decline_offer
from bot.cases.customer.quotes import Confirmation, ConfirmationStatus, confirm, quote_cancellation
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import MoveNotAllowed, NotVerified
from bot.cases.identity.addresses import plain_characters
from bot.cases.identity.email_codes import GOOD_FOR
from bot.cases.identity.refusals import no_person_now, why_not
from bot.cases.identity.verification import Verification, VerificationStatus
from bot.cases.model import Author, CaseState, Cause, CauseCode, Handoff, HeldBack, Message
from bot.cases.ports.billing import GatewayError, Unavailable
from bot.cases.services import Services
from bot.http.pages.forms import Entry, Task
from bot.policy.facts import Destination
from bot.wording import say
from bot.wording.decisions import explained

logger = structlog.get_logger()

_MANY = 500


@dataclass(frozen=True)
class Next:
    """Where the customer goes on (``path``), or what has to be entered again (``errors`` by field); ``said`` is what
    the transcript has as the answer."""

    said: str
    path: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    reference: str | None = None


@dataclass(frozen=True)
class Sent:
    """A form that was sent: in which conversation, and under which id, the same for the same form sent again."""

    services: Services
    conversation_id: str
    message_id: str

    def log(self, text: str, answer: Next, **more: Any) -> Next:
        """Store what was entered and what is answered, and give the answer back."""
        said = {"text": answer.said, **({"reference": answer.reference} if answer.reference else {})}
        exchange(self.services, self.conversation_id, self.message_id, {"text": text, **more}, [said])
        return answer

    def transcript(self, text: str) -> Transcript:
        """The conversation so far, with what is entered right now."""
        now = {"at": self.services.clock().isoformat(), "who": "customer", "text": text}
        return [*of_messages(newest(self.services, self.conversation_id, _MANY)), now]


def submit(sent: Sent, entry: Entry) -> Next:
    """The first form of a task, without errors of its own."""
    asked_at = _asked_at(sent, entry.task)
    try:
        answer = _verified(sent, entry, asked_at)
    except GatewayError as error:
        answer = _to_person(sent, entry, entry.sentence, error)
    return sent.log(entry.sentence, answer, form={**entry.kept(), "asked_at": asked_at.isoformat()})


def note_errors(sent: Sent, entry: Entry) -> None:
    """Keep a form that has to be filled in again: it was asked for at that moment already (R2)."""
    asked_at = _asked_at(sent, entry.task)
    answer = Next(" ".join(entry.errors.values()))
    sent.log(entry.sentence, answer, form={**entry.kept(), "asked_at": asked_at.isoformat()})


def submit_code(sent: Sent, task: Task, digits: str) -> Next:
    """The digits of a mailed code, for the form that was sent last."""
    pending = pending_form(sent.services, sent.conversation_id, task)
    if pending is None:
        return Next(say("page_begin_again"), path=task.path)
    entry, asked_at = Entry.of_kept(pending), datetime.fromisoformat(pending["asked_at"])
    text = say("page_said_code")
    try:
        answer = _with_code(sent, entry, asked_at, text, digits)
    except GatewayError as error:
        answer = _to_person(sent, entry, text, error)
    return sent.log(text, answer)


def _with_code(sent: Sent, entry: Entry, asked_at: datetime, text: str, digits: str) -> Next:
    result = _proven(sent, entry, Proof(code=digits))
    assert result is not None
    if result.status is VerificationStatus.MISMATCH:
        return Next(said := say("page_code_wrong", left=result.tries_left), errors={"code": said})
    if result.status is VerificationStatus.LATER:
        return Next(said := why_not(entry.order_number, result), errors={"code": said})
    if result.status is VerificationStatus.LOCKED:
        return _locked(sent, entry, text, result)
    return _begun(sent, entry, asked_at, text)


def pending_form(services: Services, conversation_id: str, task: Task) -> dict[str, Any] | None:
    """What was entered last for the task, unless a request came of it; see Entry.kept."""
    messages = newest(services, conversation_id, _MANY)
    forms = [m for m in messages if m.author is Author.CUSTOMER and m.body.get("form", {}).get("task") == task.value]
    if not forms or _concluded(messages, forms[-1]):
        return None
    kept: dict[str, Any] = forms[-1].body["form"]
    return kept


def _concluded(messages: list[Message], form: Message) -> bool:
    later = [message for message in messages if message.seq > form.seq and message.author is Author.BOT]
    return any("reference" in message.body for message in later)


def _asked_at(sent: Sent, task: Task) -> datetime:
    """The request counts from the first form that asked for it (R2), also when that had a mistake in it."""
    now = sent.services.clock()
    pending = pending_form(sent.services, sent.conversation_id, task)
    if pending is None:
        return now
    before = datetime.fromisoformat(pending["asked_at"])
    recent = timedelta(0) <= now - before <= timedelta(minutes=sent.services.verification_minutes)
    return before if recent else now


def _verified(sent: Sent, entry: Entry, asked_at: datetime) -> Next:
    number = entry.order_number
    result = _proven(sent, entry, Proof(email=entry.email, phone=entry.phone))
    if result is None:
        return _missing("contact")
    if result.status is VerificationStatus.CODE_SENT:
        return Next(
            say("page_code_sent", order=number, minutes=GOOD_FOR // timedelta(minutes=1)),
            path=f"{entry.task.path}/code",
        )
    if result.status is VerificationStatus.MISMATCH:
        said = say("page_mismatch", order=number, left=result.tries_left)
        return Next(said, errors={"contact": said})
    if result.status is VerificationStatus.LATER:
        said = why_not(number, result)
        return Next(said, errors={"contact": said})
    if result.status is VerificationStatus.LOCKED:
        return _locked(sent, entry, entry.sentence, result)
    return _begun(sent, entry, asked_at, entry.sentence)


def _proven(sent: Sent, entry: Entry, proof: Proof) -> Verification | None:
    return prove(
        sent.services,
        conversation_id=sent.conversation_id,
        message_id=sent.message_id,
        order_number=entry.order_number,
        proof=proof,
    )


def _locked(sent: Sent, entry: Entry, text: str, refused: Verification) -> Next:
    facts = {"claimed_order": entry.order_number, "claimed_email": entry.email, "claimed_phone": entry.phone}
    handoff = hand_to_human(
        sent.services,
        conversation_id=sent.conversation_id,
        cause=Cause.VERIFICATION,
        transcript=sent.transcript(text),
        facts=facts,
    )
    return _with_person(sent, entry, why_not(entry.order_number, refused), handoff)


def _to_person(sent: Sent, entry: Entry, text: str, error: GatewayError) -> Next:
    """The shop, or whoever pays, does not say how the order stands, or says what only a person can make sense of."""
    logger.error("shop.unreachable", page=entry.task.value, error=type(error).__name__)
    handoff = hand_to_human(
        sent.services,
        conversation_id=sent.conversation_id,
        cause=Cause.FAILURE,
        transcript=sent.transcript(text),
        facts={"shop": str(error)},
        order_number=entry.order_number,
        message_id=sent.message_id,
    )
    return _with_person(sent, entry, say("page_order_unclear", silent=isinstance(error, Unavailable)), handoff)


def _with_person(sent: Sent, entry: Entry, why: str, handoff: Handoff | HeldBack) -> Next:
    if isinstance(handoff, HeldBack):
        said = f"{why} {no_person_now(sent.services, handoff)}"
        return Next(said, errors={"contact": said})
    said = f"{why} {say('page_person_has_it', reference=handoff.reference)}"
    return Next(said, path=f"{entry.task.path}/{handoff.reference}", reference=handoff.reference)


def _missing(field_name: str) -> Next:
    said = say(f"page_{field_name}_missing")
    return Next(said, errors={field_name: said})


def _begun(sent: Sent, entry: Entry, asked_at: datetime, text: str) -> Next:
    """The order is the customer's: quote what is asked for."""
    try:
        if entry.task is Task.REFUND:
            return _refund(sent, entry, asked_at, text)
        if entry.task is Task.CANCEL:
            return _cancellation(sent, entry, asked_at, text)
    except NotVerified:
        return _missing("contact")
    return Next(say("page_requests_shown"), path=Task.WITHDRAW.path)


def _refund(sent: Sent, entry: Entry, asked_at: datetime, text: str) -> Next:
    quote = refund_or_question(
        sent.services,
        conversation_id=sent.conversation_id,
        order_number=entry.order_number,
        reason=entry.reason,
        reason_words=entry.words,
        destination=None,
        requested_at=asked_at,
        transcript=sent.transcript(text),
        destination_beside_figures=True,
    )
    if isinstance(quote, Missing):
        return _missing("reason")
    reference = quote.case.reference
    said = explained(quote.decision.result) if quote.decision else say("page_under_way")
    return Next(f"{reference}: {said}", path=f"{Task.REFUND.path}/{reference}", reference=reference)


def _cancellation(sent: Sent, entry: Entry, asked_at: datetime, text: str) -> Next:
    quote = quote_cancellation(
        sent.services,
        conversation_id=sent.conversation_id,
        order_number=entry.order_number,
        requested_at=asked_at,
        transcript=sent.transcript(text),
    )
    reference = quote.case.reference
    said = explained(quote.decision.result) if quote.decision else say("page_under_way")
    return Next(f"{reference}: {said}", path=f"{Task.CANCEL.path}/{reference}", reference=reference)


def answer_quote(sent: Sent, task: Task, view: RequestView, decision_id: int, destination: Destination | None) -> Next:
    """The customer's yes to the figures of that decision. Raises NotVerified and UnknownCase."""
    reference, path = view.case.reference, f"{task.path}/{view.case.reference}"
    text = say("page_said_confirm", reference=reference)
    if destination:
        text += " " + say("page_said_destination", destination=destination.value)
    done: Confirmation = confirm(
        sent.services,
        conversation_id=sent.conversation_id,
        reference=reference,
        decision_id=decision_id,
        transcript=sent.transcript(text),
        destination=destination,
    )
    if done.status is ConfirmationStatus.ELSEWHERE:
        reference = done.case.reference
        path = f"{task.path}/{reference}"
    changed = done.status is ConfirmationStatus.CHANGED and done.case.state is CaseState.QUOTED
    said = say("page_figures_changed") if changed else say("page_confirmed", state=done.case.state.value)
    answer = Next(f"{reference}: {said}", path=path + ("?changed=1" if changed else ""), reference=reference)
    return sent.log(text, answer)


def answer_offer(sent: Sent, task: Task, view: RequestView, agent_decision_id: int, *, yes: bool) -> Next:
    """The customer's answer to what a person has approved. Raises NotVerified and UnknownCase."""
    reference = view.case.reference
    path, conversation_id = f"{task.path}/{reference}", sent.conversation_id
    try:
        if yes:
            accept_offer(
                sent.services,
                conversation_id=conversation_id,
                reference=reference,
                agent_decision_id=agent_decision_id,
            )
            said = say("page_offer_confirmed", reference=reference)
        else:
            decline_offer(sent.services, conversation_id=conversation_id, reference=reference)
            said = say("page_offer_refused", reference=reference)
    except MoveNotAllowed as error:
        said, path = error.text(), f"{path}?changed=1"
    text = say("page_said_offer_yes" if yes else "page_said_offer_no", reference=reference)
    return sent.log(text, Next(said, path=path, reference=reference))


def refuse_quote(sent: Sent, task: Task, view: RequestView) -> Next:
    """The customer's no: nothing is done, or a person takes care of what was begun."""
    close_quotes(sent.services, conversation_id=sent.conversation_id, cause=CauseCode.QUOTE_REFUSED)
    reference = view.case.reference
    answer = Next(say("page_quote_left", reference=reference), path=f"{task.path}/{reference}", reference=reference)
    return sent.log(say("page_said_leave", reference=reference), answer)


def withdraw(sent: Sent, reference: str) -> Next:
    """Take a request back. Raises NotVerified and UnknownCase."""
    try:
        take_back(sent.services, conversation_id=sent.conversation_id, reference=reference)
        said = say("page_taken_back", reference=reference)
    except MoveNotAllowed:
        said = say("page_not_taken_back", reference=reference)
    answer = Next(said, path=f"{Task.WITHDRAW.path}/{reference}", reference=reference)
    return sent.log(say("page_said_take_back", reference=reference), answer)


def ask_person(sent: Sent, task: Task, view: RequestView, words: str, email: str) -> Next:
    """The customer wants a person, or writes to the one who has it; ``email`` is where the answer is mailed, too."""
    if email:
        try:
            leave_email(sent.services, conversation_id=sent.conversation_id, email=plain_characters(email))
        except BadEmail as error:
            return Next(error.text(), errors={"email": error.text()})
    text = f"{say('page_said_person', reference=view.case.reference)} {words}".strip()
    reference = view.case.reference
    if view.case.state is not CaseState.IN_REVIEW:
        handoff = hand_to_human(
            sent.services,
            conversation_id=sent.conversation_id,
            cause=Cause.ASKED,
            transcript=sent.transcript(text),
            facts={"case_reference": reference, "words": words},
            order_number=view.request.order_number,
        )
        if isinstance(handoff, HeldBack):
            said = no_person_now(sent.services, handoff)
            return sent.log(text, Next(said, errors={"words": said}))
        reference = handoff.reference
    answer = Next(say("page_person_has_it", reference=reference), path=f"{task.path}/{reference}", reference=reference)
    return sent.log(text, answer)

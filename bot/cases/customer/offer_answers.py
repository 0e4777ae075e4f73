"""The customer's answer to what a person has approved. It is taken while the person still has the conversation, too,
and only from somebody who has seen the numbers: by the button below them, or in plain words right after them (R10)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.cases.case.sending import read_sending
from bot.cases.conversation.messages import Body
from bot.cases.customer.flow import Proof, prove
from bot.cases.customer.offers import accept_offer, decline_offer
from bot.cases.customer.receipts import receipt_path
from bot.cases.errors import MoveNotAllowed, NotVerified, UnknownCase
from bot.cases.identity.addresses import plain_characters
from bot.cases.identity.refusals import why_not
from bot.cases.identity.tries import Limit
from bot.cases.identity.verification import VerificationStatus
from bot.cases.model import Author, Case, CaseState, Message, MessageKind
from bot.cases.ports.billing import GatewayError
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.language.consent import plain_no, plain_yes
from bot.wording import DEFAULT, say

BUTTON = re.compile(r"/(accept|decline)_offer (RD-[A-Z0-9]{6}) (\d{1,12})")
"""What the buttons of an offer send."""

_EMAIL = re.compile(r"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,190}\.[a-z]{2,}", re.I)
_PHONE = re.compile(r"\+?[\d(][\d ().-]{6,}\d")
_CODE = re.compile(r"\b\d{6}\b")
_LOOK_BACK = 20


@dataclass(frozen=True)
class OfferAnswer:
    """What a message answers: the offer ``decision`` of a case, with a yes, a no, or what proves whose it is."""

    reference: str
    decision: int
    yes: bool = False
    order_number: str | None = None
    proof: Proof | None = None


def read_offer_answer(uow: Snapshot, conversation_id: str, body: Body, before: int | None = None) -> OfferAnswer | None:
    """What a customer's message answers to an offer, None for every other message. ``before`` is the ``seq`` of the
    message, if it is in the log already."""
    text = str(body.get("text") or "").strip()
    if pressed := BUTTON.fullmatch(text):
        return OfferAnswer(pressed[2], int(pressed[3]), yes=pressed[1] == "accept")
    last = _said_last(uow, conversation_id, before)
    if last is None:
        return None
    if offer := last.body.get("offer"):
        seen = last.delivered_at is not None or int(body.get("seen") or 0) >= last.seq
        if seen and (plain_yes(text, _SUBJECT) or plain_no(text)):
            return OfferAnswer(offer["reference"], offer["decision"], yes=not plain_no(text))
    if proof := last.body.get("proof"):
        return _proof(proof, text)
    return None


def answer_offer(services: Services, message: Message) -> Body | None:
    """Do what the message answers to an offer, and what is said then; None where it answers none."""
    with services.reading() as uow:
        answer = read_offer_answer(uow, message.conversation_id, message.body, message.seq)
    if answer is None:
        return None
    try:
        if answer.order_number is not None:
            refused = _verify(services, message, answer)
            if refused is not None:
                return refused
            answer = OfferAnswer(answer.reference, answer.decision, yes=True)
        return _carry_out(services, message.conversation_id, answer)
    except NotVerified as error:
        return _ask_proof(answer, error.order_number, "email")
    except GatewayError:
        return {"text": say("offer_shop_silent")}
    except UnknownCase:
        return {"text": say("offer_unknown")}
    except MoveNotAllowed as error:
        return {"text": say("offer_not_now", problem=error.text())}


_SUBJECT = frozenset("refund money back send pay cancel it".split())


def _carry_out(services: Services, conversation_id: str, answer: OfferAnswer) -> Body:
    if not answer.yes:
        case = decline_offer(services, conversation_id=conversation_id, reference=answer.reference)
        return {"text": say("offer_declined", reference=case.reference)}
    case = accept_offer(
        services, conversation_id=conversation_id, reference=answer.reference, agent_decision_id=answer.decision
    )
    return {
        "text": _what_comes(services, case),
        "card": {
            "type": "case",
            "title": say("card_confirmed_by_you"),
            "rows": [],
            "reference": case.reference,
            "receipt": receipt_path(services, case.reference),
        },
    }


def _what_comes(services: Services, case: Case) -> str:
    sending = read_sending(services, case)
    if case.state is CaseState.AWAITING_RETURN and sending is not None:
        return say("offer_accepted_return", DEFAULT, reference=case.reference, **sending.values)
    return say("offer_accepted", state=case.state.value, reference=case.reference)


def _verify(services: Services, message: Message, answer: OfferAnswer) -> Body | None:
    """None once the customer is verified, else what they are told."""
    result = prove(
        services,
        conversation_id=message.conversation_id,
        message_id=message.client_id or "",
        order_number=answer.order_number or "",
        proof=answer.proof or Proof(),
    )
    if result is None:
        return _ask_proof(answer, answer.order_number or "", "email")
    if result.status is VerificationStatus.VERIFIED:
        return None
    if result.status is VerificationStatus.CODE_SENT:
        return _ask_proof(answer, answer.order_number or "", "code")
    why = why_not(answer.order_number or "", result) if result.limit is not None else ""
    if result.status is VerificationStatus.LOCKED:
        return {"text": say("offer_person_has_it", why=why)}
    if result.status is VerificationStatus.LATER:
        body = _ask_proof(answer, answer.order_number or "", "code" if result.limit is Limit.CODES else "email")
        return {**body, "text": why}
    body = _ask_proof(answer, answer.order_number or "", "code" if answer.proof and answer.proof.code else "email")
    return {**body, "text": say("offer_proof_wrong", ask=body["text"])}


def _ask_proof(answer: OfferAnswer, order_number: str, what: str) -> Body:
    proof = {"reference": answer.reference, "decision": answer.decision, "order": order_number, "what": what}
    return {"text": say(f"offer_ask_{what}", order=order_number), "proof": proof}


def _proof(proof: dict[str, str | int], text: str) -> OfferAnswer | None:
    asked = OfferAnswer(str(proof["reference"]), int(proof["decision"]), order_number=str(proof["order"]))
    code, email, phone = _CODE.search(text), _EMAIL.search(plain_characters(text)), _PHONE.search(text)
    if proof["what"] == "code":
        return replace(asked, proof=Proof(code=code[0])) if code else None
    if email:
        return replace(asked, proof=Proof(email=email[0]))
    return replace(asked, proof=Proof(phone=phone[0])) if phone else None


def _said_last(uow: Snapshot, conversation_id: str, before: int | None) -> Message | None:
    newest = before - 1 if before is not None else uow.messages.newest([conversation_id]).get(conversation_id, 0)
    recent = uow.messages.of_conversation(conversation_id, after=max(0, newest - _LOOK_BACK), limit=_LOOK_BACK)
    told = [m for m in recent if m.seq <= newest and m.author is not Author.CUSTOMER and m.kind is MessageKind.TEXT]
    return told[-1] if told else None

"""Cases: what a customer asked for and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from bot.policy.facts import Channel, Destination, Order, Reason
from bot.policy.values import Values, values_to_json


class CaseKind(str, Enum):
    """What a case is about; a question is any wish for a person."""

    REFUND = "refund"
    CANCEL = "cancel"
    QUESTION = "question"


class CaseState(str, Enum):
    """How far a case has come."""

    QUOTED = "quoted"
    CONFIRMED = "confirmed"
    EXECUTING = "executing"
    DONE = "done"
    DECLINED = "declined"
    IN_REVIEW = "in_review"
    APPROVED_BY_AGENT = "approved_by_agent"
    REFUSED_BY_AGENT = "refused_by_agent"
    AWAITING_RETURN = "awaiting_return"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


_S = CaseState
MOVES: dict[CaseState, frozenset[CaseState]] = {
    _S.QUOTED: frozenset({_S.CONFIRMED, _S.AWAITING_RETURN, _S.WITHDRAWN, _S.DECLINED, _S.IN_REVIEW}),
    _S.CONFIRMED: frozenset({_S.EXECUTING, _S.DONE, _S.WITHDRAWN, _S.IN_REVIEW}),
    _S.EXECUTING: frozenset({_S.DONE, _S.FAILED, _S.QUOTED}),
    _S.AWAITING_RETURN: frozenset({_S.RECEIVED, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.RECEIVED: frozenset({_S.EXECUTING}),
    _S.IN_REVIEW: frozenset({_S.APPROVED_BY_AGENT, _S.REFUSED_BY_AGENT, _S.WITHDRAWN, _S.DONE}),
    _S.APPROVED_BY_AGENT: frozenset({_S.CONFIRMED, _S.AWAITING_RETURN, _S.EXECUTING, _S.IN_REVIEW, _S.WITHDRAWN}),
    _S.FAILED: frozenset({_S.IN_REVIEW}),
    _S.DONE: frozenset(),
    _S.DECLINED: frozenset(),
    _S.REFUSED_BY_AGENT: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
"""The moves that a case may make. From executing back to quoted: the balance changed before the service was stopped.
What an agent approved is confirmed by the customer, as a quote is; it is carried out at once only where the customer
had confirmed the very same before. From in review to done: a question that was answered."""

OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
"""States from which a case still moves: at most one such case per order and kind."""

APPROVED_STATES = frozenset(
    {_S.CONFIRMED, _S.EXECUTING, _S.DONE, _S.APPROVED_BY_AGENT, _S.AWAITING_RETURN, _S.RECEIVED}
)
"""A refund case in one of these counts as approved (velocity limit)."""


class CauseCode(str, Enum):
    """Why a case has moved; in parentheses the names of the values that come with it. Codes are stored: one that was
    used keeps its meaning. bot.wording has words for each."""

    ASKED_FOR = "asked_for"
    """The customer asked for it (kind)."""
    ASKED_ELSEWHERE = "asked_elsewhere"
    """It was asked for again in another conversation."""
    DECIDED = "decided"
    """The policy decided it (outcome, clauses: ``precedence`` where none did)."""
    CONFIRMED = "confirmed"
    """The customer's yes to a decision of the policy (decision)."""
    OFFER_CONFIRMED = "offer_confirmed"
    """The customer's yes to what a person decided (decision: of the agent)."""
    OFFER_REFUSED = "offer_refused"
    QUOTE_REFUSED = "quote_refused"
    STOPPED = "stopped"
    """The customer stopped."""
    TURNED_AWAY = "turned_away"
    """The customer turned to another request."""
    SESSION_ENDED = "session_ended"
    TAKEN_BACK = "taken_back"
    """By the customer (state: from which)."""
    QUOTE_UNANSWERED = "quote_unanswered"
    HANDED_OVER = "handed_over"
    """A person is asked (cause: a Cause)."""
    LEFT_TO_PERSON = "left_to_person"
    """A person has to sort it out (because)."""
    AGENT_DECIDED = "agent_decided"
    """Somebody at the desk decided (verdict, decision)."""
    CONFIRMED_BEFORE = "confirmed_before"
    """The customer had confirmed the very same."""
    ANSWERED = "answered"
    VIOLATION = "violation"
    CARD_COMPLETE = "card_complete"
    CARD_INCOMPLETE = "card_incomplete"
    CARD_BACK_OTHERWISE = "card_back_otherwise"
    """The card is back, but its order is not what it was (status)."""
    CARRIED_OUT = "carried_out"
    PAID = "paid"
    SERVICE_STOPPED = "service_stopped"
    FIGURES_CHANGED = "figures_changed"
    """There is a new quote (decision)."""
    OUTCOME_CHANGED = "outcome_changed"
    """After the stop the policy decides otherwise (outcome)."""
    GATEWAY_FAILED = "gateway_failed"
    """What the gateway did not do (error: its own text)."""
    CHANGED_SINCE_APPROVAL = "changed_since_approval"
    """What a person approved does not hold any more (because)."""
    OTHERWISE_SENT = "otherwise_sent"
    """Another amount may have been sent already."""
    MAY_BE_SENT = "may_be_sent"
    """Money may have been sent already."""
    OTHERWISE_REFUNDED = "otherwise_refunded"
    OTHERWISE_PAID = "otherwise_paid"
    """Another amount was paid for the order."""
    LESS_LEFT = "less_left"
    USED_SINCE = "used_since"
    DISPUTED_SINCE = "disputed_since"
    ENDED_SINCE = "ended_since"
    STATUS_CHANGED = "status_changed"
    """Of the order (status)."""
    ERASED = "erased"
    DEMO_DATA = "demo_data"
    DEMO_TAKEN_OUT = "demo_taken_out"
    IN_WORDS = "in_words"
    """From before there were codes (text)."""


@dataclass(frozen=True)
class MoveCause:
    """Why a case has moved: a code with its values. ``because`` among them is the code of another cause, whose values
    stand beside it."""

    code: CauseCode
    values: Values = field(default_factory=dict)

    def leading_to(self, code: CauseCode) -> MoveCause:
        """This cause as the reason of another one."""
        return MoveCause(code, {**self.values, "because": self.code.value})

    def to_json(self) -> dict[str, Any]:
        """The cause as plain JSON values."""
        return {"code": self.code.value, "values": values_to_json(self.values)}


class Cause(str, Enum):
    """Why a person is asked."""

    ASKED = "asked"
    REVIEW = "review"
    VERIFICATION = "verification"
    FAILURE = "failure"
    QUOTE_LEFT = "quote_left"
    RETURN = "return"
    OFFER_DECLINED = "offer_declined"
    CHANGED = "changed"


class CustomerReason(str, Enum):
    """Why a customer wants a refund, as far as it was understood; a person sees it beside the customer's words."""

    SERVICE_FAULT = "service_fault"
    CHANGE_OF_MIND = "change_of_mind"
    BILLING = "billing"
    WRONG_PRODUCT = "wrong_product"
    OTHER = "other"

    @property
    def for_policy(self) -> Reason:
        """What the policy knows it as (R3): all but two go to a person."""
        known = {reason.value: reason for reason in Reason}
        return known.get(self.value, Reason.OTHER)


@dataclass(frozen=True)
class StoredOrder:
    """An order in the store: what the policy sees, and what the desk needs beside it."""

    id: int
    customer_id: int
    order: Order
    cancelled_at: datetime | None
    agreement_ends_on: date | None
    demo: bool = False
    """Whether it is made up."""


@dataclass(frozen=True, repr=False)
class Customer:
    """Whoever ordered under an e-mail address, in lower case: many may have typed it. Has no text of its own, so that
    none gets into a log."""

    id: int
    email: str


@dataclass(frozen=True, repr=False)
class Contact:
    """What an order says of its buyer; never taken from another order. Has no text of its own, either."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True)
class Proven:
    """What was proven in a conversation: single orders, and customers whose address was, with all of their orders.
    Both by their ids."""

    orders: frozenset[int] = frozenset()
    customers: frozenset[int] = frozenset()

    def covers(self, order: StoredOrder) -> bool:
        """Whether the order may be seen."""
        return order.id in self.orders or order.customer_id in self.customers


@dataclass(frozen=True)
class Case:
    """One case as it is now."""

    id: int
    reference: str
    kind: CaseKind
    state: CaseState
    order_id: int | None
    conversation_id: str
    requested_at: datetime
    created_at: datetime
    reason: CustomerReason | None = None
    reason_words: str | None = None
    destination: Destination | None = None
    return_number: str | None = None
    agent_id: int | None = None
    """Who at the desk has taken it."""
    taken_at: datetime | None = None
    channel: Channel = Channel.CHAT
    """How it was asked for first (R2)."""


@dataclass(frozen=True)
class StoredDecision:
    """A decision as stored: its inputs, and the result to which they can be replayed."""

    id: int
    case_id: int
    decided_at: datetime
    inputs: dict[str, Any]
    policy_version: str
    policy_digest: str
    result: dict[str, Any]


class Step(str, Enum):
    """One thing that carries out a case, in the order in which a refund takes them."""

    STOP_SERVICE = "stop_service"
    ASSESS = "assess"
    END_AGREEMENT = "end_agreement"
    REFUND = "refund"


class StepState(str, Enum):
    """How far a step has come. A dead one has become a handoff, a dropped one was overtaken by a withdrawal."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


@dataclass(frozen=True)
class OutboxStep:
    """A step that waits in the outbox, or went through it. ``key`` is the idempotency key of its call; ``next_at`` is
    when it is due; until ``lease_until`` a worker has it in hand."""

    id: int
    case_id: int
    decision_id: int
    step: Step
    state: StepState
    key: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    next_at: datetime
    lease_until: datetime | None
    error: str | None
    result: dict[str, Any] | None


@dataclass(frozen=True)
class Handoff:
    """What a person is given. ``answer_by`` is the business date by which the customer was promised an answer."""

    case_id: int
    reference: str
    cause: Cause
    transcript: list[dict[str, str]]
    facts: dict[str, Any]
    created_at: datetime
    answer_by: date


@dataclass(frozen=True)
class HeldBack:
    """A wish for a person that is kept, and not put into the queue: there were too many within the hour, of one account
    or conversation, or, ``by_network``, from one address. ``wait``: for how long. ``reference``: the newest one that
    the conversation has. ``may_ask``: only a lock has asked, and who asks for a person by themselves is let in."""

    reference: str | None
    by_network: bool
    wait: timedelta
    may_ask: bool


@dataclass(frozen=True)
class HeldRow:
    """A conversation whose request was held back, and has not come into the queue since (bot.cases.desk.held_back)."""

    conversation_id: str
    origin: str
    cause: Cause
    since: datetime


@dataclass(frozen=True)
class LogEntry:
    """One move of a case: who, when, from where to where, and why."""

    at: datetime
    actor: str
    from_state: CaseState | None
    to_state: CaseState
    cause: MoveCause


class Verdict(str, Enum):
    """What somebody at the desk decides: as the policy computes it, otherwise, no, or the company's order to end a
    service after a violation (C1)."""

    APPROVE = "approve"
    CHANGE = "change"
    DECLINE = "decline"
    TERMINATE = "terminate"

    @property
    def agrees(self) -> bool:
        """Whether the customer gets what it says."""
        return self in (Verdict.APPROVE, Verdict.CHANGE)


@dataclass(frozen=True)
class AgentDecision:
    """What a person decided, beside the policy's decision ``decision_id``, which was made on the same facts at the same
    moment. Sums are in ``currency``; None where nothing is paid.

    One that ``needs_second`` counts once ``second_agrees`` is True; None: nobody has said yet. ``reason`` is sealed.
    """

    id: int
    case_id: int
    decision_id: int
    agent_id: int
    agent_name: str
    at: datetime
    verdict: Verdict
    base: Decimal | None
    fee: Decimal | None
    refund: Decimal | None
    currency: str | None
    destination: Destination | None
    reason: str
    needs_second: bool
    second_id: int | None = None
    second_name: str | None = None
    second_at: datetime | None = None
    second_agrees: bool | None = None

    @property
    def waits(self) -> bool:
        """Whether a second person has to say something yet."""
        return self.needs_second and self.second_agrees is None

    @property
    def final(self) -> bool:
        """Whether it counts."""
        return not self.needs_second or self.second_agrees is True


@dataclass(frozen=True)
class Note:
    """What an agent wrote for the others at the desk; no customer sees it."""

    id: int
    case_id: int
    agent_name: str
    at: datetime
    text: str


@dataclass(frozen=True)
class QueueRow:
    """A case that waits for somebody at the desk, as the store finds it. ``since`` is when it came into its state;
    ``result`` of the newest decision; ``verified``: an order was proven in its conversation, be it long ago."""

    case: Case
    order_number: str | None
    cause: Cause | None
    answer_by: date | None
    since: datetime
    taken_by: Agent | None
    needs_second: bool
    verified: bool
    result: dict[str, Any] | None


@dataclass(frozen=True)
class CaseFile:
    """All that is known about one case."""

    case: Case
    order_number: str | None
    decisions: list[StoredDecision] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    handoff: Handoff | None = None
    steps: list[OutboxStep] = field(default_factory=list)
    agent_decisions: list[AgentDecision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    demo: bool = False
    """Whether its order is made up."""


@dataclass(frozen=True)
class Conversation:
    """Who may write in a conversation, and what they have shown; secrets and addresses as keyed hashes only.

    ``sender`` is what the client calls it. ``secret_hashes`` are of the secrets that were given to its client: several
    until one of them was sent back, which makes it ``bound``. ``subject_index`` is whose signed token opens it, and
    ``proven_…`` what a channel has verified of the customer, until ``proven_until``.
    """

    id: str
    channel: str
    sender: str
    created_at: datetime
    last_at: datetime
    address_index: str | None = None
    address_limited: bool = False
    secret_hashes: tuple[str, ...] = ()
    bound: bool = False
    subject_index: str | None = None
    proven_email_index: str | None = None
    proven_phone_index: str | None = None
    proven_national_index: str | None = None
    proven_until: datetime | None = None
    agent_id: int | None = None
    """Who of the desk answers in it; None: the bot does."""
    reply_email: str | None = field(default=None, repr=False)
    """Where the customer wants a person's answers mailed, too; sealed."""
    reply_address: str | None = field(default=None, repr=False)
    """Where a messaging channel brings what is said to the customer; sealed."""


@dataclass(frozen=True)
class SecretChange:
    """What a message makes of its client's secret, should it prove whose order it is; see bot.cases.conversation.

    ``former_hash``: of the secret that it was sent with, None where its client had none yet. ``sender_hash``: by what
    its sender is known again. ``nonce``: of the secret that is then the only one, and ``secret_hash`` of that, once it
    is.
    """

    conversation_id: str
    message_id: str
    former_hash: str | None
    sender_hash: str
    address_index: str
    nonce: str
    at: datetime
    secret_hash: str | None = None


class Role(str, Enum):
    """What somebody at the desk may do; see bot.cases.desk.accounts."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True)
class Agent:
    """Somebody at the desk. ``login`` is what they sign in with, ``name`` what customers read."""

    id: int
    login: str
    name: str
    role: Role
    active: bool = True
    second_factor: bool = False
    """Whether a code is asked for when they sign in."""

    @property
    def external(self) -> bool:
        """Whether they work at a help desk of others, and never sign in here."""
        return ":" in self.login


@dataclass(frozen=True)
class Link:
    """What a link to set a password with is recognised by, and which account made it (None: the command line)."""

    token_hash: str = field(repr=False)
    made_by: int | None


class AccountChange(str, Enum):
    """What was done to an account of the desk."""

    FOUND = "found"
    """It was there when accounts began to be recorded."""
    MADE = "made"
    RENAMED = "renamed"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    LINK_MADE = "link_made"
    """A link to set a password with."""
    LINK_USED = "link_used"
    """A password was set with a link; ``by`` is who had made the link."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    """By themselves."""
    FACTOR_RESET = "factor_reset"
    """By somebody else."""
    CODES_MADE = "codes_made"
    """New recovery codes."""
    CODE_USED = "code_used"
    """A recovery code."""
    MENDED = "mended"
    """It had been changed outside of this program, and is again as it was recorded."""


class Author(str, Enum):
    """Who a message is from."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class MessageKind(str, Enum):
    """What a message is: something said, or something that happened and is shown as such."""

    TEXT = "text"
    OPENED = "opened"
    JOINED = "joined"
    LEFT = "left"
    RATING = "rating"


@dataclass(frozen=True, repr=False)
class Message:
    """A row of the message log. Has no text of its own, so that none gets into a log.

    ``seq`` counts within the conversation, from 1 and without a gap. ``client_id`` is the name that a customer's client
    gave the message; ``reply_to`` is the ``seq`` of what it answers. ``body`` holds ``text``, and perhaps ``buttons``
    (``title``, ``payload``), a ``card``, and for a pressed button its ``title``. A customer message is unanswered while
    ``answered_at`` is None; a message to the customer is not known to have reached them while ``delivered_at`` is None.
    Where a messaging channel brings it: ``attempts`` were made, the next at ``next_at``, ``parts_sent`` of its parts
    have been taken by the provider, and at ``failed_at`` it was given up.
    """

    id: int
    conversation_id: str
    seq: int
    at: datetime
    author: Author
    kind: MessageKind
    body: dict[str, Any]
    agent_id: int | None = None
    agent_name: str | None = None
    agent_login: str | None = None
    client_id: str | None = None
    reply_to: int | None = None
    lease_until: datetime | None = None
    answered_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    parts_sent: int = 0
    next_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def text(self) -> str:
        """The words."""
        return str(self.body.get("text") or "")


@dataclass(frozen=True)
class ConversationStatus:
    """How a conversation stands. ``agent_id`` and ``agent_name`` are of the person who has it, if any. ``waiting``: a
    case of it is with the people of the desk, and none of them has taken it. ``answering``: the bot has a message to
    answer. ``newest`` is the highest ``seq``."""

    agent_id: int | None
    agent_name: str | None
    waiting: bool
    answering: bool
    newest: int


@dataclass(frozen=True)
class EmailCode:
    """A code that was asked for. ``customer_id`` is None where order and customer do not belong together."""

    id: int
    conversation_id: str
    order_number: str
    customer_id: int | None
    nonce: str
    expires_at: datetime
    tries: int
    used: bool


@dataclass(frozen=True)
class DueMail:
    """A mail to be sent, and how often it was taken in hand."""

    id: int
    attempts: int
    code: EmailCode


@dataclass(frozen=True, repr=False)
class Misunderstood:
    """One message: its words as they were said (card numbers never get this far), and the intent that was the best
    guess. Has no text of its own, so that none gets into a log."""

    id: int
    text: str
    guess: str
    at: datetime
    exported_at: datetime | None


class NoticeKind(str, Enum):
    """What a notice tells: a confirmed case, or a message of a person."""

    RECEIPT = "receipt"
    ANSWER = "answer"


@dataclass(frozen=True)
class DueNotice:
    """A notice to be sent, and how often it was taken in hand."""

    id: int
    kind: NoticeKind
    conversation_id: str
    case_id: int | None
    message_id: int | None
    attempts: int


@dataclass(frozen=True)
class Restored:
    """The store went back: ``at`` that time to what it was at ``backup_at``."""

    at: datetime
    backup_at: datetime

"""What the functions of bot.cases work with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from bot.cases.business_hours import ALWAYS, BusinessHours
from bot.cases.model import Role
from bot.cases.payout_limits import PayoutLimits
from bot.cases.ports.billing import BillingGateway
from bot.cases.ports.helpdesk import HelpDesk
from bot.cases.ports.mailing import Mailer
from bot.cases.ports.printing import Printable
from bot.cases.ports.shop import OrderSource, PaymentReader
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.return_terms import ReturnTerms
from bot.policy import Policy


@dataclass(frozen=True)
class Services:
    """What the functions of bot.cases work with. ``clock`` gives the aware time of now, ``hash_key`` is the key of
    bot.cases.hashes.

    ``unit_of_work`` begins a transaction, ``reading`` one that only looks: whatever writes nothing takes that.
    A confirmed refund is carried out after ``take_back_minutes``; a call that the gateway does not answer is made up to
    ``gateway_attempts`` times, then a person has the case. ``contact`` is how to reach a person when nothing else
    works. ``email_code``: whether a code by mail is asked for as well, which ``mailer`` then sends. ``limits``: what
    somebody at the desk may pay out without a second person; ``second_factor_for``: which roles do nothing there
    without a second factor.
    ``print_receipt`` makes a PDF; links in mails begin with ``public_url``, and there are none without it. ``orders``
    is where orders live, if not in the store alone, and ``payments`` what tells of payments; ``helpdesk`` is where
    people of the company answer, if not at our own desk alone. ``returns`` says where shipped cards go back to.
    ``demo``: no real system is there, so that demo orders may be carried out.
    """

    unit_of_work: Callable[[], UnitOfWork]
    reading: Callable[[], Snapshot]
    policy: Policy
    clock: Callable[[], datetime]
    gateway: BillingGateway
    take_back_minutes: int
    gateway_attempts: int
    verification_minutes: int
    verification_tries: int
    answer_working_days: int
    hash_key: bytes = field(default=b"", repr=False)
    conversations_per_address: int = 100
    address_handoffs_per_hour: int = 6
    contact: str = ""
    business_hours: BusinessHours = ALWAYS
    email_code: bool = False
    mailer: Mailer | None = None
    print_receipt: Callable[[Printable], bytes] | None = None
    public_url: str = ""
    helpdesk: HelpDesk | None = None
    limits: PayoutLimits = field(default_factory=PayoutLimits)
    second_factor_for: Collection[Role] = ()
    orders: OrderSource | None = None
    payments: PaymentReader | None = None
    returns: ReturnTerms = field(default_factory=ReturnTerms)
    demo: bool = False

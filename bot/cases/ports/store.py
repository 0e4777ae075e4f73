"""What the cases need from the store: one transaction, with a port for each thing that it keeps.

The methods of the ports are named alike: ``get`` is of one that exists, by its id; ``find`` and ``by_…`` are of one
that may not be there; ``of_…`` are those that belong to something. What they do stands with the repositories of
bot.store.
"""

from __future__ import annotations

from typing import Protocol

from typing_extensions import Self

from bot.cases.ports.agent_decisions import AgentDecisions
from bot.cases.ports.agents import Agents
from bot.cases.ports.attempts import Attempts
from bot.cases.ports.audit import Audit
from bot.cases.ports.case_files import CaseFiles
from bot.cases.ports.cases import Cases
from bot.cases.ports.codes import Codes
from bot.cases.ports.conversations import Conversations
from bot.cases.ports.customers import Customers
from bot.cases.ports.decisions import Decisions
from bot.cases.ports.desk import DeskBoard
from bot.cases.ports.factors import Factors
from bot.cases.ports.handoffs import Handoffs
from bot.cases.ports.incidents import Incidents
from bot.cases.ports.insight import InsightCounts
from bot.cases.ports.links import Links
from bot.cases.ports.mails import Mails
from bot.cases.ports.messages import Messages
from bot.cases.ports.misunderstood import MisunderstoodMessages
from bot.cases.ports.notes import Notes
from bot.cases.ports.notices import Notices
from bot.cases.ports.orders import Orders
from bot.cases.ports.outbox import Outbox
from bot.cases.ports.personal_data import PersonalData
from bot.cases.ports.proofs import Proofs
from bot.cases.ports.ratings import Ratings
from bot.cases.ports.restores import Restores
from bot.cases.ports.secrets import Secrets
from bot.cases.ports.sessions import Sessions
from bot.cases.ports.shop_events import ShopEvents
from bot.cases.ports.sign_ins import SignIns
from bot.cases.ports.strangers import Strangers
from bot.cases.ports.tickets import Tickets
from bot.cases.ports.unread_events import UnreadEvents


class Snapshot(Protocol):
    """The store as it is at one moment, read within ``with``. Writing through it raises an error of the database; no
    writer is waited for, or held up, as far as the database can do without."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

    @property
    def orders(self) -> Orders: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def shop_events(self) -> ShopEvents: ...

    @property
    def customers(self) -> Customers: ...
    @property
    def personal(self) -> PersonalData: ...
    @property
    def proofs(self) -> Proofs: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def strangers(self) -> Strangers: ...

    @property
    def cases(self) -> Cases: ...
    @property
    def case_files(self) -> CaseFiles: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def handoffs(self) -> Handoffs: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def restores(self) -> Restores: ...
    @property
    def audit(self) -> Audit: ...

    @property
    def conversations(self) -> Conversations: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def misunderstood(self) -> MisunderstoodMessages: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def unread_events(self) -> UnreadEvents: ...

    @property
    def agents(self) -> Agents: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def links(self) -> Links: ...
    @property
    def factors(self) -> Factors: ...
    @property
    def sign_ins(self) -> SignIns: ...

    @property
    def desk(self) -> DeskBoard: ...
    @property
    def agent_decisions(self) -> AgentDecisions: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def ratings(self) -> Ratings: ...
    @property
    def insight(self) -> InsightCounts: ...


class UnitOfWork(Snapshot, Protocol):
    """One transaction: ``with`` begins it, ``commit`` ends it, leaving without a commit rolls it back.

    ``orders.lock``, which locks the customer, too, keeps other writers away from the rows until the transaction ends;
    ``exclude_others`` keeps away whoever asks for the same name.
    """

    def commit(self) -> None: ...
    def exclude_others(self, name: str) -> None: ...

"""One transaction over the tables: the rows in, the values of bot.cases out."""

from __future__ import annotations

from sqlalchemy.engine import Connection, Engine
from typing_extensions import Self

from bot.store.agent_decisions import AgentDecisionRepository
from bot.store.agents import AgentRepository
from bot.store.attempts import AttemptRepository
from bot.store.audit_trail import AuditRepository
from bot.store.case_files import CaseFileRepository
from bot.store.cases import CaseRepository
from bot.store.codes import CodeRepository
from bot.store.conversations import ConversationRepository
from bot.store.customers import CustomerRepository
from bot.store.decisions import DecisionRepository
from bot.store.desk import DeskRepository
from bot.store.engine import connect_to_read
from bot.store.factors import FactorRepository
from bot.store.handoffs import HandoffRepository
from bot.store.incidents import IncidentRepository
from bot.store.insight import InsightRepository
from bot.store.keys import Keys
from bot.store.links import LinkRepository
from bot.store.mails import MailRepository
from bot.store.messages import MessageRepository
from bot.store.misunderstood import MisunderstoodRepository
from bot.store.notes import NoteRepository
from bot.store.notices import NoticeRepository
from bot.store.orders import OrderRepository
from bot.store.outbox import OutboxRepository
from bot.store.personal_data import PersonalDataRepository
from bot.store.proofs import ProofRepository
from bot.store.ratings import RatingRepository
from bot.store.restore_log import RestoreRepository
from bot.store.rows import exclude_others
from bot.store.secrets import SecretRepository
from bot.store.sessions import SessionRepository
from bot.store.shop_events import ShopEventRepository
from bot.store.sign_ins import SignInRepository
from bot.store.strangers import StrangerRepository
from bot.store.tickets import TicketRepository
from bot.store.unread_events import UnreadEventRepository


class SqlSnapshot:
    """A transaction on one connection that only reads; see bot.cases.ports.store.Snapshot. The repositories are those
    of the running transaction: there are none before ``with``."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self.keys = keys

    def __enter__(self) -> Self:
        self.connection = self._connect()
        self._transaction = self.connection.begin()
        self._open(self.connection, self.keys)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._transaction.is_active:
            self._transaction.rollback()
        self.connection.close()

    def _connect(self) -> Connection:
        return connect_to_read(self._engine)

    def _open(self, connection: Connection, keys: Keys) -> None:
        rows = connection, keys

        self.orders = OrderRepository(*rows)
        self.incidents = IncidentRepository(*rows)
        self.shop_events = ShopEventRepository(*rows)

        self.customers = CustomerRepository(*rows)
        self.personal = PersonalDataRepository(*rows)
        self.proofs = ProofRepository(*rows)
        self.attempts = AttemptRepository(*rows)
        self.codes = CodeRepository(*rows)
        self.mails = MailRepository(*rows)
        self.strangers = StrangerRepository(*rows)

        self.cases = CaseRepository(*rows)
        self.case_files = CaseFileRepository(*rows)
        self.decisions = DecisionRepository(*rows)
        self.handoffs = HandoffRepository(*rows)
        self.outbox = OutboxRepository(*rows)
        self.restores = RestoreRepository(*rows)
        self.audit = AuditRepository(*rows)

        self.conversations = ConversationRepository(*rows)
        self.secrets = SecretRepository(*rows)
        self.messages = MessageRepository(*rows)
        self.misunderstood = MisunderstoodRepository(*rows)
        self.notices = NoticeRepository(*rows)
        self.tickets = TicketRepository(*rows)
        self.unread_events = UnreadEventRepository(*rows)

        self.agents = AgentRepository(*rows)
        self.sessions = SessionRepository(*rows)
        self.links = LinkRepository(*rows)
        self.factors = FactorRepository(*rows)
        self.sign_ins = SignInRepository(*rows)

        self.desk = DeskRepository(*rows)
        self.agent_decisions = AgentDecisionRepository(*rows)
        self.notes = NoteRepository(*rows)
        self.ratings = RatingRepository(*rows)
        self.insight = InsightRepository(*rows)


class SqlUnitOfWork(SqlSnapshot):
    """A transaction on one connection; see bot.cases.ports.store.UnitOfWork."""

    def commit(self) -> None:
        """Make everything since ``with`` permanent."""
        self._transaction.commit()

    def exclude_others(self, name: str) -> None:
        """Wait until no other transaction holds this name, and hold it to the end."""
        exclude_others(self.connection, name)

    def _connect(self) -> Connection:
        connection: Connection = self._engine.connect()
        return connection

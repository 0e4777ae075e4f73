"""The desk's work: who has which case, what agents decided, their notes, and ratings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select

from bot.cases.case.review import UNKNOWN
from bot.cases.model import (
    AgentDecision,
    Case,
    CaseState,
    Cause,
    Note,
    QueueRow,
    Step,
    StepState,
    Verdict,
)
from bot.policy.facts import Destination
from bot.store import audit
from bot.store import tables as t
from bot.store.agents import AgentRows
from bot.store.keys import Keys, conversation
from bot.store.personal_data import ERASED, PersonalData
from bot.store.rows import insert_new, plain


class DeskRows(AgentRows):
    """See bot.cases.ports.store.UnitOfWork."""

    keys: Keys

    # Who has what

    def take_case(self, case: Case, agent_id: int, at: datetime, instead_of: int | None) -> bool:
        """Give the case to an agent, if ``instead_of`` (None: nobody) has it and its state is still the one that it was
        read with. Of two at once one gets it."""
        taken = t.cases.c
        free = taken.agent_id.is_(None) if instead_of is None else taken.agent_id == instead_of
        unmoved = and_(taken.id == case.id, taken.state == case.state.value, free)
        done = self.connection.execute(t.cases.update().where(unmoved).values(agent_id=agent_id, taken_at=at))
        return bool(done.rowcount == 1)

    def take_conversation(self, conversation_id: str, agent_id: int, instead_of: int | None) -> bool:
        """Let an agent answer in a conversation, if ``instead_of`` (None: the bot) does. False, too, where there is no
        such conversation."""
        known = t.conversations.c
        free = known.agent_id.is_(None) if instead_of is None else known.agent_id == instead_of
        update = t.conversations.update().where(known.id == conversation_id, free)
        return bool(self.connection.execute(update.values(agent_id=agent_id)).rowcount == 1)

    def give_back(self, conversation_id: str, agent_id: int) -> bool:
        """Take the conversation and its cases from an agent; whether they had the conversation."""
        cases = t.cases.c
        mine = and_(cases.conversation_id == conversation_id, cases.agent_id == agent_id)
        self.connection.execute(t.cases.update().where(mine).values(agent_id=None, taken_at=None))
        known = t.conversations.c
        update = t.conversations.update().where(known.id == conversation_id, known.agent_id == agent_id)
        return bool(self.connection.execute(update.values(agent_id=None)).rowcount == 1)

    # Decisions

    def add_agent_decision(self, case: Case, *, reason: str, **values: Any) -> AgentDecision:
        """Append what an agent decided."""
        row = {"case_id": case.id, "reason": self.keys.seal(conversation(case.conversation_id), reason), **values}
        key = self.connection.execute(t.agent_decisions.insert().values(**plain(row))).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "agent_decision", key, values["at"])
        return self.agent_decision(key)

    def add_second_opinion(self, agent_decision_id: int, agent_id: int, at: datetime, agrees: bool) -> bool:
        """Append what a second person says; False where one has said something already."""
        values = {"agent_decision_id": agent_decision_id, "agent_id": agent_id, "at": at, "agrees": agrees}
        key = insert_new(self.connection, t.second_opinions, values)
        if key is not None:
            audit.append(self.connection, self.keys.audit_key, "second_opinion", key, at)
        return key is not None

    def agent_decision(self, agent_decision_id: int) -> AgentDecision:
        """An agent's decision that exists."""
        return self._agent_decisions(t.agent_decisions.c.id == agent_decision_id)[0]

    def agent_decisions(self, case_id: int) -> list[AgentDecision]:
        """What agents decided of a case, oldest first."""
        return self._agent_decisions(t.agent_decisions.c.case_id == case_id)

    def has_agent_decision(self, agent_decision_id: int) -> bool:
        """Whether there is one of that id."""
        return bool(self._agent_decisions(t.agent_decisions.c.id == agent_decision_id))

    def _agent_decisions(self, which: Any) -> list[AgentDecision]:
        first, second = t.agents.alias("first"), t.agents.alias("second")
        query = (
            select(
                t.agent_decisions,
                first.c.name.label("agent_name"),
                t.second_opinions.c.agent_id.label("second_id"),
                t.second_opinions.c.at.label("second_at"),
                t.second_opinions.c.agrees.label("second_agrees"),
                second.c.name.label("second_name"),
                t.cases.c.conversation_id,
            )
            .join(t.cases, t.cases.c.id == t.agent_decisions.c.case_id)
            .join(first, first.c.id == t.agent_decisions.c.agent_id)
            .outerjoin(t.second_opinions, t.second_opinions.c.agent_decision_id == t.agent_decisions.c.id)
            .outerjoin(second, second.c.id == t.second_opinions.c.agent_id)
        )
        found = []
        for row in self.connection.execute(query.where(which).order_by(t.agent_decisions.c.id)):
            values = dict(row._mapping)
            talk = values.pop("conversation_id")
            values["reason"] = self.personal.opened(talk, row.reason, ERASED)
            values["verdict"] = Verdict(row.verdict)
            values["destination"] = Destination(row.destination) if row.destination else None
            found.append(AgentDecision(**values))
        return found

    def sent_by_others(self, case: Case) -> Decimal:
        """What other cases have refunded of the case's order, or may have: all payments but those that were dropped, or
        refused for sure."""
        query = select(t.outbox.c.payload, t.outbox.c.state, t.outbox.c.result).select_from(t.outbox.join(t.cases))
        query = query.where(
            t.cases.c.order_id == case.order_id,
            t.cases.c.id != case.id,
            t.outbox.c.step == Step.REFUND.value,
            t.outbox.c.state != StepState.DROPPED.value,
        )
        return sum(
            (
                Decimal(row.payload["amount"])
                for row in self.connection.execute(query)
                if row.state != StepState.DEAD.value or (row.result or {}).get(UNKNOWN, True)
            ),
            Decimal(0),
        )

    # Notes and ratings

    def add_note(self, case: Case, agent_id: int, at: datetime, text: str) -> None:
        """Write something down for the others at the desk."""
        body = self.keys.seal(conversation(case.conversation_id), text)
        self.connection.execute(t.notes.insert().values(case_id=case.id, agent_id=agent_id, at=at, body=body))

    def notes_of(self, case_id: int) -> list[Note]:
        """The notes on a case, oldest first."""
        query = (
            select(t.notes, t.agents.c.name.label("agent_name"), t.cases.c.conversation_id)
            .select_from(t.notes.join(t.agents).join(t.cases, t.cases.c.id == t.notes.c.case_id))
            .where(t.notes.c.case_id == case_id)
        )
        return [
            Note(row.id, case_id, row.agent_name, row.at, self.personal.opened(row.conversation_id, row.body, ERASED))
            for row in self.connection.execute(query.order_by(t.notes.c.id))
        ]

    def add_rating(self, case_id: int, score: int, at: datetime) -> bool:
        """Keep what a customer thinks of how a case went; False where they have said so already."""
        return insert_new(self.connection, t.ratings, {"case_id": case_id, "score": score, "at": at}) is not None

    # The queue

    def queue(self, states: Collection[CaseState]) -> list[QueueRow]:
        """The cases in these states, and those that somebody has, in no particular order."""
        since = select(t.case_log.c.case_id, func.max(t.case_log.c.at).label("since")).group_by(t.case_log.c.case_id)
        moved = since.subquery()
        newest = select(func.max(t.decisions.c.id)).group_by(t.decisions.c.case_id)
        decided = select(t.decisions.c.case_id, t.decisions.c.result).where(t.decisions.c.id.in_(newest)).subquery()
        proven = select(t.verifications.c.id).where(t.verifications.c.conversation_id == t.cases.c.conversation_id)
        query = (
            select(
                t.cases,
                t.orders.c.number,
                t.handoffs.c.cause,
                t.handoffs.c.answer_by,
                moved.c.since,
                decided.c.result,
                proven.exists().label("verified"),
            )
            .select_from(t.cases)
            .outerjoin(t.orders, t.orders.c.id == t.cases.c.order_id)
            .outerjoin(t.handoffs, t.handoffs.c.case_id == t.cases.c.id)
            .outerjoin(decided, decided.c.case_id == t.cases.c.id)
            .join(moved, moved.c.case_id == t.cases.c.id)
            .where(or_(t.cases.c.state.in_([state.value for state in states]), t.cases.c.agent_id.isnot(None)))
        )
        people = {agent.id: agent for agent in self.agents()}
        waiting = self._cases_with_a_second_to_ask()
        return [
            QueueRow(
                case=self._opened(row),
                order_number=row.number,
                cause=Cause(row.cause) if row.cause else None,
                answer_by=row.answer_by,
                since=row.since,
                taken_by=people.get(row.agent_id),
                needs_second=row.id in waiting,
                verified=bool(row.verified),
                result=row.result,
            )
            for row in self.connection.execute(query.order_by(t.cases.c.id)).all()
        ]

    def _cases_with_a_second_to_ask(self) -> set[int]:
        query = (
            select(t.agent_decisions.c.case_id)
            .select_from(t.agent_decisions.outerjoin(t.second_opinions))
            .where(t.agent_decisions.c.needs_second.is_(True), t.second_opinions.c.id.is_(None))
        )
        return set(self.connection.execute(query).scalars())

    @property
    @abstractmethod
    def personal(self) -> PersonalData:
        """See SqlUnitOfWork."""

    @abstractmethod
    def _opened(self, row: Any) -> Case:
        """See SqlUnitOfWork."""

"""The numbers of the desk, counted in the database; see bot.cases.desk.insight for what they mean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, select

from bot.cases.case.review import AGENT_DECISION
from bot.cases.model import Author, CaseKind, CaseState, Step
from bot.policy.decision import Outcome
from bot.store import tables as t
from bot.store.rows import Repository, within

_UNFINISHED = [state.value for state in (CaseState.QUOTED, CaseState.IN_REVIEW, CaseState.FAILED)]
_BY_A_PERSON = [CaseState.APPROVED_BY_AGENT.value, CaseState.REFUSED_BY_AGENT.value]


class InsightRepository(Repository):
    """See bot.cases.ports.insight.Insight. Every time span is from its first moment up to, and without, its last."""

    def conversation_counts(self, bounds: Sequence[datetime]) -> Counter[tuple[int, bool, bool]]:
        """How many conversations began between each two of the bounds, by (number of the span, handed over, decided);
        only those in which a customer has written."""
        begun = t.conversations.c.created_at
        span = case(*[(begun < bound, number) for number, bound in enumerate(bounds[1:])])
        handed = exists(select(t.handoffs.c.id).join(t.cases).where(t.cases.c.conversation_id == t.conversations.c.id))
        decided = exists().where(t.cases.c.conversation_id == t.conversations.c.id, t.cases.c.state.notin_(_UNFINISHED))
        wrote = exists().where(
            t.messages.c.conversation_id == t.conversations.c.id, t.messages.c.author == Author.CUSTOMER.value
        )
        each = select(span.label("span"), handed.label("handed"), decided.label("decided"))
        each = each.where(within(begun, bounds[0], bounds[-1]), wrote)
        rows = each.subquery()
        query = select(rows, func.count().label("number")).group_by(*rows.c)
        found: Counter[tuple[int, bool, bool]] = Counter()
        for row in self.connection.execute(query):
            found[row.span, bool(row.handed), bool(row.decided)] += row.number
        return found

    def handoff_counts(self, since: datetime, until: datetime) -> Counter[str]:
        """How many handoffs were made, by cause."""
        query = select(t.handoffs.c.cause, func.count()).where(within(t.handoffs.c.created_at, since, until))
        return _counter(self.connection.execute(query.group_by(t.handoffs.c.cause)))

    def moves_to(self, state: CaseState, since: datetime, until: datetime) -> int:
        """How many times a case went to that state."""
        query = select(func.count()).select_from(t.case_log).where(_moved(state, since, until))
        number: int = self.connection.execute(query).scalar_one()
        return number

    def decline_counts(self, since: datetime, until: datetime) -> Counter[str]:
        """How many requests the policy declined, by each clause that decided."""
        clauses = t.decisions.c.result["clauses"].as_string()
        query = (
            select(clauses, func.count())
            .select_from(t.case_log.join(t.decisions, t.decisions.c.id == _newest_decision()))
            .where(_moved(CaseState.DECLINED, since, until))
            .group_by(clauses)
        )
        found: Counter[str] = Counter()
        for names, number in self.connection.execute(query):
            for name in json.loads(names):
                found[name] += number
        return found

    def paid_refunds(self, bounds: Sequence[datetime]) -> list[tuple[int, str, str, str | None, int]]:
        """What was paid between each two of the bounds: (number of the span, currency, amount, fee, how many such)."""
        paid_at = t.case_log.c.at
        span = case(*[(paid_at < bound, number) for number, bound in enumerate(bounds[1:])])
        refund = and_(
            t.outbox.c.case_id == t.case_log.c.case_id,
            t.outbox.c.step == Step.REFUND.value,
        )
        # What an agent decided otherwise is paid as the agent said, beside the policy's decision.
        by_agent = t.agent_decisions.c
        agreed = by_agent.id == t.outbox.c.payload[AGENT_DECISION].as_integer()
        by_policy = t.decisions.c.result["fee"].as_string()
        decided = t.decisions.c.id == t.outbox.c.decision_id
        each = (
            select(
                span.label("span"),
                t.outbox.c.payload["currency"].as_string().label("currency"),
                t.outbox.c.payload["amount"].as_string().label("amount"),
                case((by_agent.id.isnot(None), by_agent.fee), else_=by_policy).label("fee"),
            )
            .select_from(
                t.case_log.join(t.outbox, refund).join(t.decisions, decided).outerjoin(t.agent_decisions, agreed)
            )
            .where(_moved(CaseState.DONE, bounds[0], bounds[-1]))
            .subquery()
        )
        query = select(each, func.count()).group_by(*each.c)
        return [tuple(row) for row in self.connection.execute(query)]

    def decision_times(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime | None]]:
        """For each refund and cancellation asked for in that time: when, and when it was first decided."""
        by_policy = select(func.min(t.decisions.c.decided_at)).where(
            t.decisions.c.case_id == t.cases.c.id,
            t.decisions.c.result["outcome"].as_string() != Outcome.REVIEW.value,
        )
        by_person = select(func.min(t.case_log.c.at)).where(
            t.case_log.c.case_id == t.cases.c.id, t.case_log.c.to_state.in_(_BY_A_PERSON)
        )
        query = select(
            t.cases.c.requested_at, by_policy.scalar_subquery().label("policy"), by_person.scalar_subquery()
        ).where(within(t.cases.c.requested_at, since, until), t.cases.c.kind != CaseKind.QUESTION.value)
        return [
            (asked, min((at for at in (policy, person) if at is not None), default=None))
            for asked, policy, person in self.connection.execute(query)
        ]

    def answer_times(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime | None]]:
        """For each handoff made in that time: when, and when a person first wrote in its conversation after it."""
        answered = select(func.min(t.messages.c.at)).where(
            t.messages.c.conversation_id == t.cases.c.conversation_id,
            t.messages.c.author == Author.AGENT.value,
            t.messages.c.at >= t.handoffs.c.created_at,
        )
        query = (
            select(t.handoffs.c.created_at, answered.scalar_subquery())
            .select_from(t.handoffs.join(t.cases))
            .where(within(t.handoffs.c.created_at, since, until))
        )
        return [tuple(row) for row in self.connection.execute(query)]

    def rating_counts(self, since: datetime, until: datetime) -> Counter[int]:
        """How many ratings were given, by score."""
        query = select(t.ratings.c.score, func.count()).where(within(t.ratings.c.at, since, until))
        return _counter(self.connection.execute(query.group_by(t.ratings.c.score)))


def _moved(state: CaseState, since: datetime, until: datetime) -> Any:
    return and_(t.case_log.c.to_state == state.value, within(t.case_log.c.at, since, until))


def _newest_decision() -> Any:
    """The id of the newest decision of the case in the log."""
    newest = t.decisions.alias()
    return select(func.max(newest.c.id)).where(newest.c.case_id == t.case_log.c.case_id).scalar_subquery()


def _counter(rows: Any) -> Counter[Any]:
    return Counter(dict(tuple(row) for row in rows))

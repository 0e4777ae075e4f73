"""Second factors of accounts, and their recovery codes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, or_, select

from bot.store import tables as t
from bot.store.keys import KeyStoreError, account
from bot.store.rows import Repository


class FactorRepository(Repository):
    """See bot.cases.ports.factors.Factors."""

    def sealed(self, agent_id: int, secret: str) -> str:
        """The secret of an account's second factor as it is stored."""
        return self.keys.seal(account(agent_id), secret)

    def of_agent(self, agent_id: int) -> str | None:
        """The secret of an account's second factor; None where there is none, or its key is lost."""
        sealed = self.connection.execute(select(t.agents.c.factor).where(t.agents.c.id == agent_id)).scalar_one()
        try:
            return None if sealed is None else str(self.keys.open(account(agent_id), sealed))
        except KeyStoreError:
            return None

    def use_step(self, agent_id: int, step: int) -> bool:
        """Take down that the code of a time step was used; False where one as new was used before."""
        agent = t.agents.c
        fresh = or_(agent.factor_step.is_(None), agent.factor_step < step)
        done = self.connection.execute(t.agents.update().where(agent.id == agent_id, fresh).values(factor_step=step))
        return bool(done.rowcount)

    def set_recovery_codes(self, agent_id: int, code_hashes: Collection[str]) -> None:
        """New recovery codes; those before are good for nothing any more."""
        self.connection.execute(t.recovery_codes.delete().where(t.recovery_codes.c.agent_id == agent_id))
        for code_hash in code_hashes:
            self.connection.execute(t.recovery_codes.insert().values(agent_id=agent_id, code_hash=code_hash))

    def use_recovery_code(self, agent_id: int, code_hash: str) -> bool:
        """Take a recovery code out; whether there was such a one."""
        code = t.recovery_codes.c
        delete = t.recovery_codes.delete().where(code.agent_id == agent_id, code.code_hash == code_hash)
        return bool(self.connection.execute(delete).rowcount)

    def recovery_codes_left(self, agent_id: int) -> int:
        """How many recovery codes were not used yet."""
        query = select(func.count()).where(t.recovery_codes.c.agent_id == agent_id)
        count: int = self.connection.execute(query).scalar_one()
        return count

"""A shop without servers, for thousands of simulated customers: the model, the dialogue, the actions and a database."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from actions import base
from bot.cases.model import CaseFile
from bot.cases.services import Services
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.dialogue.in_process import Conversation, store_order

_numbers = itertools.count(300_000)
_DIGITS = re.compile(r"(?<!\d)[3-9]\d{5}(?!\d)")
_PLACE = "900001"
"""What stands for the digits of an order while a text is parsed: the model makes the same of all of them."""


class Customer(Conversation):
    """One customer in one conversation. What the model makes of a text is kept for the next who says the same, with
    another number."""

    def _understood(self, text: str) -> dict[str, Any]:
        found = list(dict.fromkeys(_DIGITS.findall(text)))
        stand_ins = {digits: str(int(_PLACE) + i) for i, digits in enumerate(found)}
        plain = _DIGITS.sub(lambda match: stand_ins[match.group()], text)
        parsed = super()._understood(plain)
        if not found:
            return parsed
        back = {stand_in: digits for digits, stand_in in stand_ins.items()}
        said = json.dumps(parsed, ensure_ascii=False)
        return dict(json.loads(re.sub("|".join(back), lambda match: back[match.group()], said)))


class ShopInProcess:
    """What simulated customers talk to, in place of a running site."""

    def __init__(self, services: Services) -> None:
        """Over a database of its own, which the actions of this process use as well."""
        self.services = services

    def customer(self) -> Customer:
        """Someone new."""
        return Customer()

    def order(self, **changes: Any) -> tuple[str, str]:
        """A new order in the store, by default an unused card of today: its number and e-mail address."""
        number = f"CC-{next(_numbers)}"
        email = changes.setdefault("email", f"buyer{number[3:]}@example.net")
        store_order(number, **changes)
        return number, email

    def cases(self, conversation: Customer) -> list[CaseFile]:
        """The cases of a conversation, oldest first."""
        with self.services.reading() as uow:
            of_conversation = t.cases.c.conversation_id == conversation.conversation_id
            found = uow.connection.execute(sa.select(t.cases.c.reference).where(of_conversation).order_by(t.cases.c.id))
            files = [uow.case_files.find(reference) for (reference,) in found.all()]
        return [file for file in files if file is not None]


@contextmanager
def shop_in_process(home: Path) -> Iterator[ShopInProcess]:
    """A shop whose database is in that folder; the settings of this process are set aside for it."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("REFUND_DESK_")}
    os.environ |= {"REFUND_DESK_HOME": str(home), "REFUND_DESK_BUSINESS_HOURS": "always"}
    base.services.cache_clear()
    try:
        services = base.services()
        with services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            _in_no_hurry(uow.connection.engine)
        yield ShopInProcess(services)
    finally:
        base.services.cache_clear()
        for name in ("REFUND_DESK_HOME", "REFUND_DESK_BUSINESS_HOURS"):
            del os.environ[name]
        os.environ |= kept


def _in_no_hurry(engine: Engine) -> None:
    """Nothing waits for the disk: the database is gone with the run."""
    sa.event.listen(engine, "connect", lambda connection, record: connection.execute("PRAGMA synchronous=OFF"))
    engine.dispose()

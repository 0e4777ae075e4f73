"""A database of any revision, with what a shop had in it by then, is migrated and works.

The rows are told once, with every column that a table ever had; a revision takes those that it has. So a new migration
needs no line here, unless it adds a column that must be filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.bootstrap import bootstrap, keys_of
from bot.cases.case.replay import differences, stored_decisions
from bot.cases.customer.receipts import make_receipt
from bot.cases.desk.views import desk_case
from bot.cases.model import CaseState
from bot.cases.payout.execution import carry_out_due
from bot.cases.services import Services
from bot.commands.cases import details
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import Settings, load_policy
from bot.store import audit
from bot.store.engine import open_engine
from bot.store.keys import Keys, conversation, customer
from bot.store.upgrades import schema_state
from bot.wording.decisions import explained
from tests.cases.gateways import ledger_entries
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.migrated import REVISIONS, at_revision
from tests.store_builders import Clock, an_order_row, problems, verified

NOON = datetime(2026, 5, 6, 16, 0)  # noqa: DTZ001
SAID = "You get $44.00, as one said it then."
REQUEST = {
    "kind": "refund",
    "requested_at": "2026-05-06T12:00:00-04:00",
    "reason": "change_of_mind",
    "destination": "wallet",
    "order": {name: value for name, value in an_order_row("CC-100001").items() if name != "customer"},
}


def before_codes(result: dict[str, Any]) -> dict[str, Any]:
    """A decision as it was stored before findings had codes: with a sentence for each, and for the explanation."""
    found = [(one["clauses"], one["holds"], f"It was {one['code']}.") for one in result["trace"]]
    trace = [dict(zip(("clauses", "holds", "sentence"), one, strict=True)) for one in (*found, (["R7"], True, SAID))]
    return {**result, "trace": trace, "explanation": [SAID]}


def rows(keys: Keys, sealed: bool, settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Two customers; a refund that was confirmed and waits; one that a person has, with words and a transcript; an
    order of which nobody has asked yet; and what Rasa keeps of a conversation."""

    def said(talk: str, value: Any) -> Any:
        return keys.seal(conversation(talk), value) if sealed else value

    for key, name, email in ((1, "Alex Rivera", "alex@example.com"), (2, "Bella Stone", "bella@example.com")):
        contact = {"name": name, "email": email, "phone": "+1 212 555 0100"}
        yield (
            "customers",
            {
                **contact,
                "id": key,
                "sealed": keys.seal(customer(key), contact),
                "email_index": keys.email_index(email),
                "phone_index": keys.phone_indexes(contact["phone"]).whole,
                "national_index": keys.phone_indexes(contact["phone"]).national,
            },
        )
    statuses = {1: "refund_pending", 2: "active", 3: "active"}
    for key, status in statuses.items():
        row = an_order_row(f"CC-10000{key}", status=status)
        contact = {"name": "Alex Rivera", "email": "alex@example.com", "phone": None}
        moments = {"placed_at": datetime(2026, 5, 5, 16, 0)}  # noqa: DTZ001
        order = {**row, **moments, "id": key, "customer_id": 2 if key == 2 else 1, "contact": None}
        yield "orders", {**order, "contact": keys.seal(customer(order["customer_id"]), contact)}
    at = {"requested_at": NOON, "created_at": NOON, "reason": "change_of_mind", "destination": "wallet"}
    for key, talk, state in ((1, "waits", "confirmed"), (2, "asks", "in_review")):
        case = {"id": key, "reference": f"RD-AAAAA{key + 1}", "kind": "refund", "state": state, "order_id": key, **at}
        yield "cases", {**case, "conversation_id": talk, "reason_words": said(talk, "the xylophone broke")}
    request = parse_request(REQUEST)
    result = before_codes(decide(request, load_policy(settings)).to_json())
    decided = {"decided_at": NOON, "inputs": json.dumps(REQUEST), "policy_version": result["policy_version"]}
    decided |= {"policy_digest": load_policy(settings).digest, "result": json.dumps(result)}
    yield "decisions", {"id": 1, "case_id": 1, **decided}
    for key, case_id, before, after, cause in (
        (1, 1, None, "quoted", "asked for a refund"),
        (2, 1, "quoted", "confirmed", "the customer confirmed decision 1"),
        (3, 2, None, "in_review", "handoff: asked"),
    ):
        moved = {"id": key, "case_id": case_id, "at": NOON, "actor": "customer", "cause": cause}
        yield "case_log", {**moved, "from_state": before, "to_state": after}
    promise = {"id": 1, "case_id": 2, "cause": "asked", "created_at": NOON, "answer_by": date(2026, 5, 7)}
    turns, facts = [{"at": "", "who": "customer", "text": "my xylophone broke"}], {"order_number": "CC-100002"}
    handed = {"transcript": said("asks", turns), "facts": said("asks", facts)}
    yield "handoffs", {**promise, **(handed if sealed else {name: json.dumps(text) for name, text in handed.items()})}
    yield (
        "verification_attempts",
        {
            "id": 1,
            "conversation_id": "asks",
            "message_id": "m1",
            "order_number": "CC-100002",
            "at": NOON,
            "passed": True,
        },
    )
    yield (
        "verifications",
        {
            "id": 1,
            "conversation_id": "asks",
            "customer_id": 2,
            "expires_at": datetime(2026, 5, 6, 17, 0),  # noqa: DTZ001
            "order_id": 2,
            "address_proven": False,
        },
    )
    yield (
        "outbox",
        {
            "id": 1,
            "case_id": 1,
            "decision_id": 1,
            "step": "stop_service",
            "state": "waiting",
            "key": "RD-AAAAA2-stop_service",
            "payload": "{}",
            "attempts": 0,
            "created_at": NOON,
            "next_at": NOON,
        },
    )
    event = {"event": "user", "timestamp": 1.0, "text": "my xylophone broke"}
    yield "events", {"id": 1, "sender_id": "asks", "type_name": "user", "data": said("asks", json.dumps(event))}
    for name in ("waits", "asks"):
        times = {"created_at": NOON, "last_at": NOON}
        talk = {"id": name, "channel": "web", "sender": name, "secret_hash": "0" * 64, "bound": True, **times}
        yield "conversations", {**talk, "address_limited": False}
    message = {"id": 1, "conversation_id": "asks", "seq": 1, "at": NOON, "author": "customer", "kind": "text"}
    yield "messages", {**message, "body": said("asks", {"text": "my xylophone broke"}), "answered_at": NOON}


def fill(connection: Connection, keys: Keys, settings: Settings) -> None:
    """Put the rows in, as far as there are tables and columns for them."""
    connection.exec_driver_sql(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), type_name VARCHAR(255), timestamp FLOAT,"
        " intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"
    )
    tables = sa.MetaData()
    tables.reflect(connection)
    chained = {table.name: kind for kind, table in audit.CHAINED.items()}
    if "audit_head" in tables.tables and connection.execute(sa.select(tables.tables["audit_head"])).first() is None:
        connection.execute(tables.tables["audit_head"].insert().values(id=1, seq=0, hash=audit.START))
    for name, values in rows(keys, "key_store" in tables.tables, settings):
        table = tables.tables.get(name)
        if table is None:
            continue
        typed = {key: value for key, value in values.items() if key in table.c}
        for key in typed:
            column = table.c[key].type
            if isinstance(column, sa.JSON) and isinstance(typed[key], str):
                typed[key] = json.loads(typed[key])
        connection.execute(table.insert().values(**typed))
        if name in chained and "audit" in tables.tables:
            audit.append(connection, keys.audit_key, chained[name], values["id"], Clock().now, table.c.keys())
        if connection.dialect.name == "postgresql" and "id" in typed and name != "conversations":
            numbered = f"setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
            connection.exec_driver_sql(f"SELECT {numbered}")


CASES = [
    *(("sqlite", revision) for revision in REVISIONS),
    # Each is made by way of all before it: the first one goes through every migration, with rows in the tables.
    *(pytest.param("postgresql", revision, marks=pytest.mark.postgres) for revision in (REVISIONS[0], REVISIONS[-2])),
]


@pytest.fixture
def old(request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: Clock) -> Services:
    """Services over a database that was filled at a revision."""
    settings = Settings(home=tmp_path, database_url=database_url)
    at_revision(database_url, request.param, tmp_path, [])
    engine = open_engine(database_url)
    with engine.begin() as connection:
        fill(connection, keys_of(settings), settings)
    engine.dispose()
    return bootstrap(settings, clock)


@pytest.mark.parametrize(("database_url", "old"), CASES, indirect=True)
def test_it_is_migrated_and_works(old: Services, engine: Engine) -> None:
    assert schema_state(engine).wrong == [] and schema_state(engine).found == REVISIONS[-1]
    assert problems(old) == []

    for stored in stored_decisions(old):
        assert differences(old.policy, stored) == []
        assert explained(stored.result) == SAID

    file = case_file(old, "RD-AAAAA2")
    log = [(entry["to"], entry["cause"]) for entry in details(file)["log"]]
    assert log == [("quoted", "asked for a refund"), ("confirmed", "the customer confirmed decision 1")]
    assert details(file)["explanation"] == [SAID] and details(file)["decisions"][0]["result"]["explanation"] == [SAID]
    (decided,) = [line for line in desk_case(old, "RD-AAAAA2").trace if line.decided]
    assert (decided.text, decided.clause) == (SAID, "R7")
    receipt = make_receipt(old, file)
    assert receipt is not None and receipt.agreed.refund == Decimal("44.00")
    assert receipt.confirmed_at == NOON.replace(tzinfo=timezone.utc) and not receipt.agreed.by_person

    file = case_file(old, "RD-AAAAA3")
    assert file.case.reason_words == "the xylophone broke" and file.order_number == "CC-100002"
    assert file.handoff is not None and file.handoff.facts == {"order_number": "CC-100002"}
    with old.unit_of_work() as uow:
        assert uow.customers.email_of(2) == "bella@example.com" and "my xylophone broke" in str(
            uow.messages.transcript("asks")
        )

    old.clock.passes(minutes=60)  # type: ignore[attr-defined]
    while carry_out_due(old):
        pass
    assert case_file(old, "RD-AAAAA2").case.state is CaseState.DONE
    refund = ("refund", Decimal("44.00"))
    assert [entry[:2] for entry in ledger_entries(old, "CC-100001")] == [("stop_service", None), refund]

    verified(old, "new", "CC-100003")
    done = confirmed(old, quoted(old, "new", "CC-100003"), "new")
    old.clock.passes(minutes=60)  # type: ignore[attr-defined]
    while carry_out_due(old):
        pass
    assert case_file(old, done.case.reference).case.state is CaseState.DONE
    assert [entry[:2] for entry in ledger_entries(old, "CC-100003")] == [("stop_service", None), refund]
    assert problems(old) == []

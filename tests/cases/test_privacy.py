"""A person's data: nowhere in plain, handed out whole, and gone once erased, from backups, too."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.case.handoff import hand_to_human
from bot.cases.model import CaseState, Cause, CauseCode, CustomerReason, MoveCause
from bot.cases.privacy.personal_data import CaseInFlight, Erased, UnknownPerson, erase, export, purge
from bot.cases.services import Services
from bot.http.tracker_store import SafeTrackerStore
from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import Settings
from bot.store.keys import Forgotten, conversation, customer
from bot.store.settings import StoreSettings
from tests.cases.test_quotes import confirmed, quoted
from tests.store_builders import Clock, store_order, verified

EMAIL, NAME, PHONE, WORDS = "zebedee@example.org", "Zebedee Quill", "+447700900123", "the xylophone app never worked"
TURNS = [{"at": "2026-05-06T16:00:00+00:00", "who": "customer", "text": f"I'm {NAME}, {WORDS}"}]
PLAIN = [EMAIL, NAME, "Zebedee", PHONE, "900123", WORDS, "xylophone"]


@pytest.fixture
def tracker_store(services: Services, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Rasa's conversations in the database of the services."""
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    monkeypatch.setenv("REFUND_DESK_DATABASE_URL", database_url)
    return SafeTrackerStore(Domain.empty())


def said(store: SafeTrackerStore, at: datetime, talk: str = "talk", text: str = TURNS[0]["text"]) -> None:
    """A turn of a conversation, as Rasa stores it."""
    stamp = at.timestamp()
    tracker = asyncio.run(store.retrieve(talk)) or DialogueStateTracker.from_events(talk, [SessionStarted(stamp)])
    tracker.update(UserUttered(text, timestamp=stamp))
    tracker.update(BotUttered("I see.", timestamp=stamp))
    asyncio.run(store.save(tracker))


def zebedee(services: Services, number: str = "CC-104233") -> None:
    """A customer whose data is easy to find, verified in the conversation ``talk``."""
    store_order(services, number, EMAIL, customer={"name": NAME, "email": EMAIL, "phone": PHONE})
    verified(services, number=number, email=EMAIL)


def asked_a_person(services: Services, talk: str = "talk") -> str:
    """A question to a person; its reference."""
    return hand_to_human(
        services,
        conversation_id=talk,
        cause=Cause.ASKED,
        transcript=TURNS,
        facts={"name": NAME, "email": EMAIL},
        order_number="CC-104233",
    ).reference


def everything(engine: Engine) -> str:
    """Every row of every table as text."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        assert {"customers", "cases", "case_log", "decisions", "handoffs", "verifications"} <= set(tables)
        return "\n".join(
            str(row) for table in tables for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()
        )


def test_no_personal_data_stands_in_the_database_in_plain(
    services: Services, engine: Engine, tracker_store: Any, tmp_path: Path, clock: Clock
) -> None:
    zebedee(services)
    said(tracker_store, clock())
    quoted(services, reason=CustomerReason.OTHER, reason_words=WORDS)
    asked_a_person(services)

    stored = everything(engine)
    assert "RD-" in stored and "CC-104233" in stored and "v1." in stored
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    for text in PLAIN:
        assert text not in stored and json.dumps(text)[1:-1] not in stored
        assert not any(text.encode() in content for content in files), text
    with services.unit_of_work() as uow:
        for file in uow.case_files.all():
            assert file.case.reason_words in (WORDS, None)
            assert (
                file.handoff is None or file.handoff.transcript in (TURNS, [{**TURNS[0], "text": "x"}]) or file.handoff
            )
        assert uow.customers.find(1) is not None and uow.customers.email_of(1) == EMAIL


def test_an_export_holds_all_of_a_person_and_nothing_of_another(
    services: Services, tracker_store: Any, clock: Clock
) -> None:
    zebedee(services)
    store_order(services, "CC-104244", "bella@example.com")
    verified(services, "other", "CC-104244", "bella@example.com")
    said(tracker_store, clock())
    said(tracker_store, clock(), "other", "I'm Bella")
    quote = quoted(services, reason_words=WORDS)

    person = export(services, f" {EMAIL.upper()}")

    assert person.customer is not None
    assert person.customer.email == EMAIL
    assert {key: vars(contact) for key, contact in person.contacts.items()} == {
        "CC-104233": {"name": NAME, "email": EMAIL, "phone": PHONE}
    }
    assert [order.number for order in person.orders] == ["CC-104233"]
    (file,) = person.cases
    assert file.case.reference == quote.case.reference and file.case.reason_words == WORDS
    assert file.decisions and file.log
    assert list(person.conversations) == ["talk"]
    turns = person.conversations["talk"]
    assert [turn["text"] for turn in turns] == [TURNS[0]["text"], "I see."]
    assert datetime.fromisoformat(turns[0]["at"]) == clock()
    assert [talk for talk, _ in person.verifications] == ["talk"]
    assert NAME not in repr(person) and NAME not in repr(person.customer)
    with pytest.raises(UnknownPerson):
        export(services, "nobody@example.com")


def test_an_erased_person_is_gone_and_the_books_stay(
    services: Services, engine: Engine, tracker_store: Any, clock: Clock
) -> None:
    zebedee(services)
    said(tracker_store, clock())
    said(tracker_store, clock(), "stranger", "hello")
    question = asked_a_person(services)
    quote = quoted(services, reason_words=WORDS)
    with engine.connect() as connection:
        sealed = connection.execute(sa.text("SELECT sealed FROM customers")).scalar_one()
        event = connection.execute(sa.text("SELECT data FROM events WHERE sender_id = 'talk'")).scalars().first()

    assert erase(services, EMAIL) == Erased(customers=1, conversations=1, orders=1, cases=2)

    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM customers")).one()
        order = connection.execute(sa.text("SELECT * FROM orders")).one()
        kept = connection.execute(sa.text("SELECT DISTINCT sender_id FROM events")).scalars().all()
        assert connection.execute(sa.text("SELECT count(*) FROM verifications")).scalar_one() == 0
        assert connection.execute(sa.text("SELECT count(*) FROM verification_attempts")).scalar_one() == 0
    assert (row.sealed, row.email_index) == (None, None) and row.erased_at is not None
    assert (order.contact, order.phone_index, order.national_index) == (None, None, None)
    assert kept == ["stranger"]
    with services.unit_of_work() as uow:
        for subject, text in ((customer(1), sealed), (conversation("talk"), event)):
            with pytest.raises(Forgotten):
                uow.keys.open(subject, text)  # type: ignore[attr-defined]
        assert (
            uow.customers.email_of(1) is None
            and not uow.customers.email_matches(1, EMAIL)
            and not uow.customers.phone_matches(1, PHONE)
        )
        file, asked = uow.case_files.find(quote.case.reference), uow.case_files.find(question)
        assert uow.orders.find("CC-104233") is not None
    assert file is not None and file.case.reason_words is None and file.case.state is CaseState.WITHDRAWN
    assert file.decisions[-1].result["refund"] == "44.00" and len(file.log) == 2
    assert asked is not None and asked.handoff is not None and asked.case.state is CaseState.WITHDRAWN
    assert asked.handoff.transcript[0]["text"] == "[erased]" and asked.handoff.facts == {"erased": "[erased]"}
    with pytest.raises(UnknownPerson):
        erase(services, EMAIL)
    assert services_replay(services) == 1


def services_replay(services: Services) -> int:
    """Decide every stored decision again; how many there are."""
    with services.unit_of_work() as uow:
        stored = list(uow.decisions.all())
    for one in stored:
        assert decide(parse_request(one.inputs), services.policy).to_json() == one.result
    return len(stored)


def test_a_backup_from_before_the_erasure_does_not_give_the_person_back(tmp_path: Path, clock: Clock) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home)
    services = bootstrap(settings, clock)
    zebedee(services)
    quote = quoted(services, reason=CustomerReason.OTHER, reason_words=WORDS)
    with sa.create_engine(settings[StoreSettings].database_url).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(home / "refund-desk.db", tmp_path / "backup.db")
    backup = bootstrap(Settings(home=home, database_url=f"sqlite:///{tmp_path}/backup.db"), clock)
    assert export(backup, EMAIL).customer is not None and quote.case.state is CaseState.IN_REVIEW
    with services.unit_of_work() as uow:
        uow.cases.move(quote.case, CaseState.REFUSED_BY_AGENT)
        uow.commit()

    erase(services, EMAIL)

    backup = bootstrap(Settings(home=home, database_url=f"sqlite:///{tmp_path}/backup.db"), clock)
    person = export(backup, EMAIL)
    assert person.customer is None and [order.number for order in person.orders] == ["CC-104233"]
    (file,) = person.cases
    assert file.case.reason_words == "[erased]" and file.handoff is not None
    assert file.handoff.transcript[0]["text"] == "[erased]" and WORDS not in repr(file)
    assert services_replay(backup) == 1


@pytest.mark.parametrize("state", [CaseState.CONFIRMED, CaseState.IN_REVIEW])
def test_a_person_with_money_in_flight_is_not_erased(services: Services, state: CaseState) -> None:
    zebedee(services)
    if state is CaseState.CONFIRMED:
        quote = quoted(services, reason_words=WORDS)
        confirmed(services, quote)
    else:
        quote = quoted(services, reason=CustomerReason.OTHER, reason_words=WORDS)

    with pytest.raises(CaseInFlight, match=quote.case.reference):
        erase(services, EMAIL)

    person = export(services, EMAIL)
    assert person.customer is not None and person.cases[0].case.reason_words == WORDS
    assert person.cases[0].case.state is state


def test_a_turn_that_runs_during_the_erasure_does_not_write_the_conversation_down_again(
    services: Services, engine: Engine, tracker_store: Any, clock: Clock
) -> None:
    zebedee(services)
    said(tracker_store, clock())
    tracker = asyncio.run(tracker_store.retrieve("talk"))
    erase(services, EMAIL)
    tracker_store._keys._cache.clear()  # as if the turn took longer than keys are remembered
    tracker.update(UserUttered(WORDS))
    asyncio.run(tracker_store.save(tracker))

    assert asyncio.run(tracker_store.retrieve("talk")) is None
    said(tracker_store, clock(), text="hello again")
    fresh = asyncio.run(tracker_store.retrieve("talk"))
    assert [event.text for event in fresh.events if isinstance(event, UserUttered)] == ["hello again"]


def test_events_of_a_forgotten_key_are_neither_read_nor_counted(
    services: Services, tracker_store: Any, clock: Clock
) -> None:
    said(tracker_store, clock(), text="before")
    with services.unit_of_work() as uow:
        uow.keys.forget(conversation("talk"))  # type: ignore[attr-defined]
    tracker_store._keys._cache.clear()
    clock.passes(hours=1)
    for text in ("one", "two"):
        said(tracker_store, clock(), text=text)

    tracker = asyncio.run(tracker_store.retrieve("talk"))
    assert [event.text for event in tracker.events if isinstance(event, UserUttered)] == ["one", "two"]
    with services.unit_of_work() as uow:
        assert len(uow.personal.events("talk")) == 5


def test_the_address_and_the_number_of_a_customer_match_however_they_are_written(services: Services) -> None:
    zebedee(services)
    store_order(services, "CC-104244", "bella@example.com")
    with services.unit_of_work() as uow:
        key = uow.customers.by_email(" ZEBEDEE@example.org ")
        other = uow.customers.by_email("bella@example.com")
        assert key is not None and other is not None and uow.customers.by_email("nobody@example.com") is None
        assert uow.customers.email_matches(key, " Zebedee@Example.org") and not uow.customers.email_matches(
            other, EMAIL
        )
        assert uow.customers.phone_matches(key, "0044 7700 900-123") and not uow.customers.phone_matches(
            key, "+447700900124"
        )
        assert not uow.customers.phone_matches(other, "") and not uow.customers.phone_matches(other, "none")
        assert not uow.customers.email_matches(None, EMAIL) and not uow.customers.phone_matches(None, PHONE)


def test_a_match_asks_the_database_as_often_with_a_customer_as_without(services: Services) -> None:
    zebedee(services)
    with services.unit_of_work() as uow:
        asked: list[str] = []
        connection = uow.connection  # type: ignore[attr-defined]
        sa.event.listen(connection.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        counts = []
        for who in (1, 99, None):
            for matches, value in ((uow.customers.email_matches, EMAIL), (uow.customers.phone_matches, PHONE)):
                asked.clear()
                matches(who, value)
                counts.append(len(asked))
    assert counts == [1] * 6


def test_what_is_old_is_purged_and_what_is_not_stays(
    services: Services, engine: Engine, tracker_store: Any, clock: Clock
) -> None:
    zebedee(services)
    store_order(services, "CC-104244", "bella@example.com")
    store_order(services, "CC-104255", "carlos@example.com")
    verified(services, "carlos", "CC-104255", "carlos@example.com")
    confirmed(services, quoted(services, "carlos", "CC-104255"), "carlos")
    said(tracker_store, clock())
    said(tracker_store, clock(), "stranger", "hello")
    quoted(services, reason_words=WORDS)
    clock.passes(days=800)
    said(tracker_store, clock(), "newcomer", "hello")
    verified(services, "bella", "CC-104244", "bella@example.com")
    before = everything(engine)

    planned = purge(services, days=730, dry_run=True)
    assert planned == Erased(customers=1, conversations=2) and everything(engine) == before
    assert purge(services, days=900) == Erased(0, 0)
    assert purge(services, days=730) == planned
    assert purge(services, days=730) == Erased(0, 0), "what is gone is not counted again"

    with pytest.raises(UnknownPerson):
        export(services, EMAIL)
    assert export(services, "bella@example.com").customer is not None
    assert export(services, "carlos@example.com").customer is not None, "money is in flight"
    with engine.connect() as connection:
        talks = connection.execute(sa.text("SELECT DISTINCT sender_id FROM events")).scalars().all()
    assert talks == ["newcomer"]


@pytest.mark.parametrize("newer", ["order", "case", "conversation"])
def test_one_thing_that_is_new_keeps_a_person(newer: str, services: Services, tracker_store: Any, clock: Clock) -> None:
    zebedee(services)
    if newer == "case":
        quote = quoted(services, reason_words=WORDS)
    clock.passes(days=800)
    if newer == "order":
        placed = clock().isoformat()
        store_order(services, "CC-104299", EMAIL, placed_at=placed, customer={"name": NAME, "email": EMAIL})
    elif newer == "case":
        with services.unit_of_work() as uow:
            uow.cases.log(
                quote.case.id, clock(), "system", CaseState.QUOTED, CaseState.QUOTED, MoveCause(CauseCode.ANSWERED)
            )
            uow.commit()
    else:
        said(tracker_store, clock())

    assert purge(services, days=730) == Erased(0, 0)

    clock.passes(days=731)
    assert purge(services, days=730) == Erased(1, 1)

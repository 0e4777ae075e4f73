"""What agents wrote and what was said to them is a customer's data, too: handed out, erased, and purged in time."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.cases.conversation.transcript import of_messages
from bot.cases.customer.inbox import receive
from bot.cases.desk.work import decide_by_agent, hand_back, note, say_to_customer
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import Agent, CaseState
from bot.cases.privacy.personal_data import CaseInFlight, erase, export, purge
from bot.cases.services import Services
from bot.store import tables as t
from tests.cases.deciding import changed
from tests.desk_builders import a_conversation, a_question, an_agent, in_review, said, taken, the_case
from tests.store_builders import Clock, problems

EMAIL = "alex@example.com"
SECRETS = ("the xylophone broke", "a cousin of Zebedee", "a rare wombat")


@pytest.fixture
def dana(alex: Services) -> Agent:
    a_conversation(alex)
    return an_agent(alex)


def written(services: Services, dana: Agent) -> str:
    """A case about which everybody wrote something personal; its reference."""
    receive(services, "talk", "1", {"text": SECRETS[0]})
    case = taken(services, dana, in_review(services))
    note(services, dana, case.reference, SECRETS[1])
    say_to_customer(services, dana, case.reference, "Hello.")
    changed(services, dana, case, "20.00", reason=SECRETS[2])
    return case.reference


def test_an_export_has_messages_notes_and_reasons(alex: Services, dana: Agent) -> None:
    written(alex, dana)
    person = export(alex, EMAIL)
    turns = person.conversations["talk"]
    assert [turn["who"] for turn in turns] == ["customer", "system", "agent", "agent"]
    assert turns == of_messages(said(alex)) and turns[0]["text"] == SECRETS[0]
    (file,) = person.cases
    assert file.notes[0].text == SECRETS[1] and file.agent_decisions[0].reason == SECRETS[2]


def test_nothing_of_it_stands_in_the_database_in_plain(alex: Services, dana: Agent, engine: Engine) -> None:
    written(alex, dana)
    tables = (t.messages, t.notes, t.agent_decisions, t.handoffs, t.cases)
    with engine.connect() as connection:
        rows = str([connection.execute(sa.select(table)).all() for table in tables])
    assert not any(secret in rows for secret in SECRETS)


def test_erasing_empties_what_was_written_and_the_audit_holds(alex: Services, dana: Agent) -> None:
    reference = written(alex, dana)
    erase(alex, EMAIL)
    assert the_case(alex, reference).state is CaseState.WITHDRAWN, "an offer that nobody took is closed"
    with alex.unit_of_work() as uow:
        file = uow.case_files.find(reference)
        conversation = uow.conversations.find("talk")
    assert file is not None and [decision.reason for decision in file.agent_decisions] == ["[erased]"]
    assert str(file.agent_decisions[0].refund) == "20.00", "the books stay"
    assert [written.text for written in file.notes] == ["[erased]"] and said(alex) == []
    assert conversation is not None and conversation.agent_id is None
    assert problems(alex) == []
    with pytest.raises(MoveNotAllowed):
        decide_by_agent(alex, dana, reference, verdict=file.agent_decisions[0].verdict, reason="Again.")


def test_a_case_that_a_person_has_to_decide_is_in_flight(alex: Services, dana: Agent) -> None:
    case = taken(alex, dana, in_review(alex))
    with pytest.raises(CaseInFlight, match=case.reference):
        erase(alex, EMAIL)


def test_a_conversation_with_fresh_messages_or_old_notes_is_purged_in_its_time(
    alex: Services, dana: Agent, clock: Clock
) -> None:
    a_conversation(alex, "stranger")
    case = taken(alex, dana, a_question(alex, "stranger"))
    note(alex, dana, case.reference, SECRETS[1])
    clock.passes(days=300)
    say_to_customer(alex, dana, case.reference, "Hello again.")
    hand_back(alex, dana, case.reference)
    clock.passes(days=100)
    assert purge(alex, days=365, dry_run=True).conversations == 1, "Alex's own, with Alex; the stranger's is in use"
    clock.passes(days=300)
    purge(alex, days=365)
    with alex.unit_of_work() as uow:
        assert [note.text for note in uow.notes.of_case(case.id)] == ["[erased]"] and uow.messages.of_conversation(
            "stranger"
        ) == []
    assert purge(alex, days=365, dry_run=True).conversations == 0

"""Work that waited in the columns of before waits on, with as many attempts made."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

from bot.bootstrap import bootstrap
from bot.settings import Settings
from tests.migrated import at_revision
from tests.store_builders import Clock

CASE = (
    "INSERT INTO cases (id, reference, kind, state, conversation_id, requested_at, created_at, channel) VALUES"
    " (1, 'RD-AAAAAA', 'question', 'in_review', 'talk', '2026-05-05 12:00:00', '2026-05-05 12:00:00', 'chat')"
)
NOTICE = (
    "INSERT INTO notices (id, kind, conversation_id, due_at, tries) VALUES"
    " (1, 'answer', 'talk', '{soon}', 2), (2, 'answer', 'talk', '{later}', 3)"
)
CODE = (
    "INSERT INTO email_codes (id, conversation_id, message_id, order_number, nonce, created_at, expires_at, tries,"
    " used) VALUES (1, 'talk', 'm-1', 'CC-104233', 'aa', '2026-05-05 12:00:00', '2026-05-05 12:10:00', 1, FALSE)"
)
MAIL = "INSERT INTO mails (id, code_id, due_at, tries) VALUES (1, 1, '{soon}', 4)"
TICKET = (
    "INSERT INTO tickets (id, case_id, conversation_id, desk, state, last_seq, tries, next_at) VALUES"
    " (1, 1, 'talk', 'zendesk', 'waiting', 0, 5, '{soon}')"
)


def test_what_waited_waits_on(database_url: str, tmp_path: Path, clock: Clock) -> None:
    now = clock.now.astimezone(timezone.utc)
    soon, later = (f"{now + timedelta(minutes=wait):%Y-%m-%d %H:%M:%S}" for wait in (-1, 5))
    statements = [statement.format(soon=soon, later=later) for statement in (CASE, NOTICE, CODE, MAIL, TICKET)]
    at_revision(database_url, "0014", tmp_path, statements)
    services = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)

    with services.reading() as uow:
        assert [(row.id, row.attempts) for row in uow.notices.due(clock.now)] == [(1, 2)]
        assert [(row.id, row.attempts, row.code.tries) for row in uow.mails.due(clock.now)] == [(1, 4, 1)]
        assert [(row.id, row.attempts) for row in uow.tickets.due("zendesk", clock.now)] == [(1, 5)]
    clock.passes(minutes=5)
    with services.reading() as uow:
        assert [(row.id, row.attempts) for row in uow.notices.due(clock.now)] == [(1, 2), (2, 3)]

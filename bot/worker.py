"""The worker: a process beside the servers that carries out what was confirmed, and sends mail. Any number of them may
run."""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from bot import logs
from bot.bootstrap import bootstrap
from bot.cases.email_codes import send_due_mails
from bot.cases.execution import carry_out_due
from bot.cases.inside import bring_words
from bot.cases.notices import send_due_notices
from bot.cases.ports import Services
from bot.cases.tickets import push_tickets
from bot.cases.withdrawals import hand_over_left_quotes

PAUSE = 0.5
"""Seconds between two looks at an outbox in which nothing is due."""
PAUSE_AFTER_FAILURE = 2.0
"""Seconds until the next try after one that failed, such as a database that is gone."""

logger = structlog.get_logger()


def work(services: Services, stop: threading.Event) -> None:
    """Carry out what is due until told to stop. What fails is tried again: the outbox keeps it."""
    while not stop.is_set():
        try:
            busy = carry_out_due(services) + hand_over_left_quotes(services)
            busy += send_due_mails(services) + send_due_notices(services)
            busy += push_tickets(services) + bring_words(services)
        except Exception as error:
            # The text may quote what was stored: only the kind of error is logged.
            logger.error("outbox.failed", error=type(error).__name__)
            stop.wait(PAUSE_AFTER_FAILURE)
            continue
        if not busy:
            stop.wait(PAUSE)


def main() -> int:
    """Work until a signal comes; a step in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logs.set_up()
    work(bootstrap(), stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The worker: a process beside the servers that carries out what was confirmed, and sends mail. Any number of them may
run."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from typing import Any

import structlog

from bot import logs
from bot.bootstrap import PROCESS, bootstrap, open_couriers
from bot.cases.customer.late_returns import look_after_returns
from bot.cases.customer.left_quotes import hand_over_left_quotes
from bot.cases.identity.email_codes import send_due_mails
from bot.cases.outbound.delivery import Courier, deliver_due
from bot.cases.outbound.notices import send_due_notices
from bot.cases.outbound.tickets import push_tickets
from bot.cases.payout.execution import carry_out_due
from bot.cases.services import Services
from bot.connectors.shared.settings import DeliverySettings
from bot.settings import load_settings
from bot.stop_signals import SIGNALS

PAUSE = 0.5
"""Seconds between two looks at an outbox in which nothing is due."""
PAUSE_AFTER_FAILURE = 2.0
"""Seconds until the next try after one that failed, such as a database that is gone."""

FINISH_SECONDS = 12.0
"""How long the messages in hand may take once the worker is told to stop."""

logger = structlog.get_logger()


def work(services: Services, stop: threading.Event, pause: float = PAUSE) -> None:
    """Carry out what is due until told to stop. What fails is tried again: the outbox keeps it. ``pause`` as PAUSE."""
    while not stop.is_set():
        try:
            busy = carry_out_due(services) + hand_over_left_quotes(services)
            busy += send_due_mails(services) + send_due_notices(services)
            busy += push_tickets(services) + look_after_returns(services)
        except Exception as error:
            # The text may quote what was stored: only the kind of error is logged.
            logger.error("outbox.failed", error=type(error).__name__)
            stop.wait(PAUSE_AFTER_FAILURE)
            continue
        if not busy:
            stop.wait(pause)


def bring(services: Services, courier: Courier, attempts: int, stop: threading.Event, pause: float = PAUSE) -> None:
    """Bring what is said to the customers of one channel until told to stop: each has a thread of its own, so that a
    provider that does not answer holds up nobody else."""
    while not stop.is_set():
        try:
            busy = deliver_due(services, courier, attempts=attempts)
        except Exception as error:
            logger.error("delivery.failed", channel=courier.channel, error=type(error).__name__)
            stop.wait(PAUSE_AFTER_FAILURE)
            continue
        if not busy:
            stop.wait(pause)


def main() -> int:
    """Work until a signal comes; a step in hand is finished first."""
    parser = argparse.ArgumentParser(prog="python -m bot.worker")
    parser.add_argument("--demo", action="store_true", help="carry out demo orders, beside no real system")
    parser.add_argument("--pause", type=float, default=PAUSE, help="seconds between two looks (default: %(default)s)")
    stop = threading.Event()

    def told(*_: Any) -> None:
        stop.set()
        for number in SIGNALS:  # the next one ends the process at once
            signal.signal(number, signal.SIG_DFL)

    for number in SIGNALS:
        signal.signal(number, told)
    logs.set_up()
    args = parser.parse_args()
    PROCESS.demo = args.demo
    settings = load_settings()
    services = bootstrap(settings)
    attempts = settings[DeliverySettings].delivery_attempts
    threads = [
        threading.Thread(target=bring, args=(services, courier, attempts, stop, args.pause), daemon=True)
        for courier in open_couriers(settings)
    ]
    for thread in threads:
        thread.start()
    work(services, stop, args.pause)
    until = time.monotonic() + FINISH_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Tickets at a help desk that takes its time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.cases.customer.inbox import receive
from bot.cases.outbound.tickets import AT_ONCE, push_tickets
from bot.cases.ports.helpdesk import Line, TicketFile
from bot.cases.services import Services
from tests.desk_builders import a_conversation, a_question
from tests.store_builders import Clock


@dataclass
class SlowDesk:
    """A help desk that needs eight seconds for a message; ``second`` is the other worker, who looks after each."""

    clock: Clock
    told: list[str] = field(default_factory=list)
    second: Any = None
    name = "webhook"
    channel = None

    def open_ticket(self, file: TicketFile) -> str:
        return "T-1"

    def add_message(self, ticket: str, line: Line) -> None:
        self.clock.passes(seconds=8)
        self.told.append(line.text)
        if self.second is not None:
            self.second()


def test_a_ticket_is_in_one_hand_however_long_all_its_messages_take(services: Services, clock: Clock) -> None:
    desk = SlowDesk(clock)
    services = replace(services, helpdesk=desk)  # type: ignore[arg-type]
    a_conversation(services)
    a_question(services)
    assert push_tickets(services) == 1
    texts = [f"line {number}" for number in range(AT_ONCE)]
    for text in texts:
        receive(services, "talk", text, {"text": text})
    seen: list[int] = []

    def second() -> None:
        with services.reading() as uow:
            seen.append(len(uow.tickets.due(desk.name, clock())))

    desk.second = second
    assert push_tickets(services) == 1
    assert desk.told == texts and seen == [0] * AT_ONCE

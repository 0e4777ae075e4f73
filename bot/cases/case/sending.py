"""What a customer needs to send a card back (R5), wherever they read it: in the chat, on the pages, in mails."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.identity.phones import country_of
from bot.cases.model import Case
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.policy.values import Value
from bot.wording import say


@dataclass(frozen=True)
class Sending:
    """How a card goes back. Empty is what nobody has set or told: ``address``, ``instructions``, the ``label`` (a
    link), and the ``tracking_number``."""

    return_number: str
    address: str = ""
    instructions: str = ""
    label: str = ""
    tracking_number: str = ""

    @property
    def words(self) -> str:
        """Where to and how, as sentences; empty where nothing is set."""
        said = [
            say("sending_address", address=self.address) if self.address else "",
            self.instructions,
            say("sending_label", link=self.label) if self.label else "",
        ]
        return " ".join(filter(None, said))

    @property
    def values(self) -> dict[str, Value]:
        """The values of the sentences that ask for the card."""
        words = self.words
        return {"return_number": self.return_number, "with_sending": bool(words), "sending": words}

    def rows(self) -> list[tuple[str, str]]:
        """The same as labels and values, the return number first."""
        rows = [
            (say("label_return_number"), self.return_number),
            (say("label_return_address"), self.address),
            (say("label_return_instructions"), self.instructions),
            (say("label_return_label"), self.label),
            (say("label_tracking_number"), self.tracking_number),
        ]
        return [(label, value) for label, value in rows if value]


def sending_of(services: Services, uow: Snapshot, case: Case) -> Sending | None:
    """How the card of a case goes back; None where none has to. The country is that of the order's phone number."""
    if case.return_number is None:
        return None
    contact = uow.customers.contact(case.order_id) if case.order_id is not None else None
    country = country_of(contact.phone, services.policy.country) if contact is not None else None
    return Sending(
        case.return_number,
        services.returns.address(country),
        services.returns.instruction(country),
        case.return_label or "",
        case.tracking_number or "",
    )


def read_sending(services: Services, case: Case) -> Sending | None:
    """The same, outside of a transaction."""
    if case.return_number is None:
        return None
    with services.reading() as uow:
        return sending_of(services, uow, case)

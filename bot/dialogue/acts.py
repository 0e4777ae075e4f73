"""What the bot does in a turn, as data: ``actions`` carries it out, in this order."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.dialogue.state import State
from bot.policy.values import Value


@dataclass(frozen=True)
class Say:
    """Utter a response of the domain, with the values that its words name. ``buttons``: ``reasons``, ``orders`` or
    ``guesses``, which are made where they are shown. ``asks``: it is the question with which the turn ends."""

    response: str
    values: dict[str, Value] = field(default_factory=dict)
    buttons: str = ""
    asks: bool = False


@dataclass(frozen=True)
class Answer:
    """Answer a question about the terms, by its finer intent; ``prove``: with the order and the address that the
    message names."""

    topic: str
    prove: bool = False


@dataclass(frozen=True)
class TellRequest:
    """Answer a question about the request made last, or the quote just shown: ``why``, ``when_done``,
    ``went_through``, ``by_mail``, ``return_number``, ``return_label``, ``return_address``,
    ``return_sent``."""

    topic: str
    reference: str


@dataclass(frozen=True)
class NoteTracking:
    """Note the tracking number of a parcel on the request that waits for its card, of that order if one is named. Where
    none is known it is kept; ``alone``: and the order is asked for."""

    tracking_number: str
    order_number: str | None = None
    alone: bool = False


@dataclass(frozen=True)
class ShowStatus:
    """Say where the requests stand, of one order if it is named, or of one request."""

    order_number: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class HandOver:
    """Give the conversation to a person."""


@dataclass(frozen=True)
class AddToRequest:
    """Add the message to the request that a person has."""

    order_number: str | None
    destination: str | None


@dataclass(frozen=True)
class LeaveAddress:
    """Keep an address to which a person's answer is mailed, too."""

    email: str


@dataclass(frozen=True)
class Stop:
    """Drop the task; with a goodbye, if the customer said one."""

    goodbye: bool = False


@dataclass(frozen=True)
class TakeOver:
    """Another task goes on: the quote of the one before is closed."""


@dataclass(frozen=True)
class Confirm:
    """The customer said yes to the quote that was shown last."""


@dataclass(frozen=True)
class Refuse:
    """The customer said no to it."""


@dataclass(frozen=True)
class ShowRenewed:
    """Show the quote that changed while it was carried out."""


@dataclass(frozen=True)
class AskAgain:
    """Ask a question once more that was not answered: as it stands, the second time in other words and with an example,
    from then on with a person beside it."""

    asked: str
    tries: int


@dataclass(frozen=True)
class Proceed:
    """Ask what the task needs next, or tell its outcome. ``aside``: after something in between, so that what was asked
    is asked in fewer words."""

    aside: bool = False


Act = (
    Say
    | Answer
    | TellRequest
    | NoteTracking
    | ShowStatus
    | HandOver
    | AddToRequest
    | LeaveAddress
    | Stop
    | TakeOver
    | Confirm
    | Refuse
    | ShowRenewed
    | AskAgain
    | Proceed
)


@dataclass(frozen=True)
class Plan:
    """What is known after the message, and what is done."""

    state: State
    acts: tuple[Act, ...]

"""Somebody plants a secret of his own with a customer, and waits until the customer shows whose order it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cases.conversation.conversations import (
    Client,
    Opened,
    SecretGone,
    Sending,
    find_conversation,
    issue_secret,
    open_conversation,
    renewed,
    was_overtaken,
)
from bot.cases.conversation.messages import answer
from bot.cases.customer.inbox import receive
from bot.cases.identity.verification import VerificationStatus, is_verified, trust_customer, verify
from bot.cases.model import MessageKind, SecretChange
from bot.cases.services import Services
from tests.migrated import a_shop
from tests.store_builders import Clock, store_order

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
ORDER, EMAIL = "CC-104233", "alex@example.com"
OTHER_ORDER, OTHER_EMAIL = "CC-104255", "mallory@example.net"
CHANNELS = ("web", "rest", "page")
MESSAGE, KEY = "m-victim", "key-of-the-victim"


@dataclass
class Plot:
    """A customer whose browser has the secret ``planted``, which the server once gave to the one who planted it."""

    services: Services
    clock: Clock
    channel: str
    planted: str = field(init=False)

    def __post_init__(self) -> None:
        if self.channel == "page":  # the pages give it before there is a conversation
            self.planted = issue_secret(self.services, self.channel)
        else:
            self.planted = self.opens(None, address=ELSEWHERE).secret or ""
        for number, email in ((ORDER, EMAIL), (OTHER_ORDER, OTHER_EMAIL)):
            store_order(self.services, number, email)

    def opens(
        self, secret: str | None, sending: Sending | None = None, name: str = "me", address: str = HOME, **more: Any
    ) -> Opened:
        """A request, of the customer where nothing else is said."""
        client = Client(self.channel, address, secret=secret, **more)
        return open_conversation(self.services, client, name, sending, begins=self.channel != "web")

    def sends(self, secret: str | None = None, message: str = MESSAGE, key: str | None = KEY, **more: Any) -> Opened:
        """A message of the customer, which is not answered yet."""
        return self.opens(secret or self.planted, Sending(message, key), **more)

    def proves(self, talk: str, message: str = MESSAGE, number: str = ORDER, email: str = EMAIL) -> None:
        """The turn of a message that has an order and its address."""
        done = verify(self.services, conversation_id=talk, message_id=message, order_number=number, email=email)
        assert done.status is VerificationStatus.VERIFIED

    def proven(self) -> str:
        """The customer's conversation, after they have shown whose order it is."""
        talk = self.sends().id
        self.proves(talk)
        return talk

    def secret(self, **more: Any) -> str:
        """What the customer gets in answer to the message that proved it."""
        given = self.sends(**more).secret
        assert given is not None and given != self.planted
        return given


@pytest.fixture(params=CHANNELS)
def plot(request: pytest.FixtureRequest) -> Iterator[Plot]:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        yield Plot(a_shop(clock, folder), clock, request.param)


def junk(plot: Plot) -> str:
    return "A" * 43


def of_another_channel(plot: Plot) -> str:
    return issue_secret(plot.services, next(other for other in CHANNELS if other != plot.channel))


def bent(plot: Plot) -> str:
    return plot.planted[:-1] + ("A" if plot.planted[-1] != "A" else "B")


def swapped(plot: Plot) -> str:
    return plot.planted[21:] + plot.planted[:21]


NEVER_ISSUED: dict[str, Callable[[Plot], str]] = {
    "forty-three letters": junk,
    "a secret of another channel": of_another_channel,
    "a secret with its last letter changed": bent,
    "a secret turned around": swapped,
    "a nonce with no MAC": lambda plot: plot.planted[:21] + "A" * 22,
    "the MAC of one secret on another": lambda plot: plot.planted[:21] + issue_secret(plot.services, plot.channel)[21:],
    "a secret that goes on": lambda plot: plot.planted + "A",
    "a secret in spaces": lambda plot: f" {plot.planted} ",
    "a secret with a line break": lambda plot: plot.planted + "\n",
    "letters of another alphabet": lambda plot: "а" * 43,
}


@pytest.mark.parametrize("made", NEVER_ISSUED.values(), ids=NEVER_ISSUED)
def test_what_was_never_given_out_is_bound_to_nothing(
    plot: Plot, made: Callable[[Plot], str], record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", plot.channel)
    planted = made(plot)
    mine = plot.opens(planted, name="new")
    assert mine.secret not in (None, planted), "as if they had none"
    assert plot.opens(mine.secret, name="new").id == mine.id
    assert find_conversation(plot.services, Client(plot.channel, ELSEWHERE, secret=planted), "new") is None
    assert plot.opens(planted, name="new", address=ELSEWHERE).id != mine.id


# (what is sent, by which it is known, from where, how many minutes later)
ASKS: dict[str, tuple[str | None, str | None, str, int]] = {
    "the old secret alone": (None, None, ELSEWHERE, 0),
    "the old secret alone, from the victim's address": (None, None, HOME, 0),
    "the victim's message without its key": (MESSAGE, None, ELSEWHERE, 0),
    "the victim's message without its key, from the victim's address": (MESSAGE, None, HOME, 0),
    "the victim's message with a key of his own": (MESSAGE, "key-of-somebody-else", HOME, 0),
    "the victim's message with the name of the message as its key": (MESSAGE, MESSAGE, HOME, 0),
    "the victim's message with the victim's address as its key": (MESSAGE, HOME, HOME, 0),
    "the victim's message in other letters": (MESSAGE.upper(), KEY, HOME, 0),
    "a message of his own with the victim's key": ("m-1", KEY, HOME, 0),
    "the victim's message with its key, a day later": (MESSAGE, KEY, HOME, 1441),
}


@pytest.mark.parametrize(("message", "key", "address", "minutes"), ASKS.values(), ids=ASKS)
def test_whoever_planted_the_secret_is_out_and_gets_no_new_one(
    plot: Plot,
    message: str | None,
    key: str | None,
    address: str,
    minutes: int,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("hostile inputs", plot.channel)
    talk = plot.proven()
    plot.clock.passes(minutes=minutes)
    sending = Sending(message, key) if message else None
    client = Client(plot.channel, address, secret=plot.planted)
    assert find_conversation(plot.services, client, "me", sending) is None
    try:
        asked = plot.opens(plot.planted, sending, address=address)
    except SecretGone:
        assert plot.channel == "web"
    else:
        assert plot.channel != "web" and asked.id != talk and asked.secret is None
        assert not is_verified(plot.services, conversation_id=asked.id, order_number=ORDER)


def test_the_sender_gets_the_new_secret_from_any_address_and_as_often_as_it_is_lost(plot: Plot) -> None:
    talk = plot.proven()
    first = plot.secret()
    plot.clock.passes(minutes=90)
    assert plot.secret(address=ELSEWHERE) == first
    assert plot.opens(first).id == talk


def test_a_conversation_that_the_planter_begins_anew_with_the_old_secret_is_not_in_the_senders_way(plot: Plot) -> None:
    talk = plot.proven()
    if plot.channel != "web":
        assert plot.opens(plot.planted, Sending(MESSAGE, "key-of-the-attacker"), address=ELSEWHERE).id != talk
    assert plot.opens(plot.secret()).id == talk


def test_without_a_key_the_sender_is_known_by_the_address_for_two_minutes(plot: Plot) -> None:
    talk = plot.sends(key=None).id
    plot.proves(talk)
    client = Client(plot.channel, ELSEWHERE, secret=plot.planted)
    assert find_conversation(plot.services, client, "me", Sending(MESSAGE)) is None
    new = plot.secret(key=None)
    plot.clock.passes(seconds=119)
    assert plot.secret(key=None) == new
    plot.clock.passes(seconds=1)
    client = Client(plot.channel, HOME, secret=plot.planted)
    assert find_conversation(plot.services, client, "me", Sending(MESSAGE)) is None
    assert plot.opens(new).id == talk


def test_without_a_key_the_sender_is_known_until_the_answer_is_two_minutes_old(plot: Plot) -> None:
    talk = plot.sends(key=None).id
    stored = receive(plot.services, talk, MESSAGE, {"text": "it is mine"}, MessageKind.TEXT).message
    plot.proves(talk)
    plot.clock.passes(minutes=10)
    new = plot.secret(key=None)
    answer(plot.services, stored, [{"text": "So it is."}], delivered=True)
    plot.clock.passes(seconds=119)
    assert plot.secret(key=None) == new
    plot.clock.passes(seconds=1)
    client = Client(plot.channel, HOME, secret=plot.planted)
    assert find_conversation(plot.services, client, "me", Sending(MESSAGE)) is None


@pytest.mark.parametrize("key", [None, "key-of-the-attacker"])
def test_a_message_that_waited_behind_the_proof_is_not_acted_on(plot: Plot, key: str | None) -> None:
    talk = plot.sends().id
    plot.sends(message="m-yes", key=key, address=ELSEWHERE)
    plot.sends(message="m-next", key="another-key-of-the-victim")
    assert not was_overtaken(plot.services, talk, "m-yes")
    plot.proves(talk)
    assert was_overtaken(plot.services, talk, "m-yes"), "the planter's yes, or question"
    assert not was_overtaken(plot.services, talk, "m-next"), "what the customer wrote in a row is theirs"
    assert not was_overtaken(plot.services, talk, MESSAGE), "also when it is taken up again"
    client = Client(plot.channel, ELSEWHERE, secret=plot.planted)
    assert renewed(plot.services, client, "me", Opened(talk), Sending("m-yes", key)) is None
    assert renewed(plot.services, client, "me", Opened(talk), Sending(MESSAGE, key)) is None
    own = renewed(plot.services, replace(client, address=HOME), "me", Opened(talk), Sending(MESSAGE, KEY))
    assert own is not None and own.secret == plot.secret()


def test_a_proof_of_the_planters_own_order_that_waited_takes_nothing(plot: Plot) -> None:
    talk = plot.sends().id
    plot.sends(message="m-own", key="key-of-the-attacker", address=ELSEWHERE)
    plot.proves(talk)
    new = plot.secret()
    plot.proves(talk, "m-own", OTHER_ORDER, OTHER_EMAIL)
    sending = Sending("m-own", "key-of-the-attacker")
    client = Client(plot.channel, ELSEWHERE, secret=plot.planted)
    assert find_conversation(plot.services, client, "me", sending) is None
    assert plot.opens(new).id == talk


def test_a_conversation_that_the_planter_has_verified_before_is_the_customers_alone_afterwards(plot: Plot) -> None:
    """He proves his own order first, so that the conversation is verified already, and plants the secret of then."""
    talk = plot.sends(message="m-own", key="key-of-the-attacker").id
    plot.proves(talk, "m-own", OTHER_ORDER, OTHER_EMAIL)
    plot.planted = plot.secret(message="m-own", key="key-of-the-attacker")
    assert plot.proven() == talk
    new = plot.secret()
    assert find_conversation(plot.services, Client(plot.channel, HOME, secret=plot.planted), "me") is None
    again = Sending("m-own", "key-of-the-attacker")
    assert find_conversation(plot.services, Client(plot.channel, HOME, secret=plot.planted), "me", again) is None
    assert plot.opens(new).id == talk


def test_a_name_that_the_planter_has_sent_before_brings_him_nothing(plot: Plot) -> None:
    talk = plot.sends(key="key-of-the-attacker", address=ELSEWHERE).id
    assert plot.sends().id == talk
    plot.proves(talk)
    for key, address in ((KEY, HOME), ("key-of-the-attacker", ELSEWHERE), (None, HOME)):
        client = Client(plot.channel, address, secret=plot.planted)
        assert find_conversation(plot.services, client, "me", Sending(MESSAGE, key)) is None


def test_a_message_that_has_arrived_is_its_senders_whoever_repeats_it(plot: Plot) -> None:
    talk = plot.sends().id
    receive(plot.services, talk, MESSAGE, {"text": f"{ORDER} {EMAIL}"})
    plot.sends(key="key-of-the-attacker", address=ELSEWHERE)
    plot.proves(talk)
    assert plot.opens(plot.secret()).id == talk


def test_a_foreign_secret_with_the_message_and_its_key_gets_no_new_one(plot: Plot) -> None:
    plot.proven()
    foreign = Client(plot.channel, HOME, secret=issue_secret(plot.services, plot.channel))
    assert find_conversation(plot.services, foreign, "me", Sending(MESSAGE, KEY)) is None


def test_each_proof_replaces_the_secret_anew(plot: Plot) -> None:
    talk = plot.proven()
    first = plot.secret()
    plot.sends(first, message="m-2")
    plot.proves(talk, "m-2", OTHER_ORDER, OTHER_EMAIL)
    assert find_conversation(plot.services, Client(plot.channel, HOME, secret=first), "me") is None
    second = plot.secret(secret=first, message="m-2")
    assert second != first and plot.opens(second).id == talk


def test_a_wrong_guess_and_a_repeated_proof_replace_nothing(plot: Plot) -> None:
    talk = plot.sends().id
    wrong = verify(plot.services, conversation_id=talk, message_id="m-0", order_number=ORDER, email="x@example.com")
    assert wrong.status is VerificationStatus.MISMATCH and plot.opens(plot.planted).id == talk
    plot.proves(talk)
    new = plot.secret()
    plot.proves(talk)
    assert plot.opens(new).id == talk


def test_a_proof_by_no_message_of_a_client_closes_the_conversation_for_all_secrets(plot: Plot) -> None:
    talk = plot.sends().id
    plot.proves(talk, "m-of-nobody")
    assert find_conversation(plot.services, Client(plot.channel, HOME, secret=plot.planted), "me") is None


def test_a_client_with_several_names_keeps_them_all(plot: Plot) -> None:
    other = plot.opens(plot.planted, name="second") if plot.channel != "web" else None
    talk = plot.proven()
    new = plot.secret()
    plot.sends(new, message="m-2")
    plot.proves(talk, "m-2", OTHER_ORDER, OTHER_EMAIL)
    newest = plot.secret(secret=new, message="m-2")
    if other is not None:
        assert plot.opens(newest, name="second").id == other.id, "a conversation in which nothing was proven since"
        stranger = issue_secret(plot.services, plot.channel)
        assert plot.opens(stranger, name="second").id != other.id
    assert plot.opens(newest).id == talk


def test_who_signs_in_leaves_the_planted_secret_behind(plot: Plot) -> None:
    talk = plot.sends().id
    plot.sends(message="m-yes", address=ELSEWHERE)
    signed_in = plot.opens(plot.planted, subject="alex", address="192.0.2.1")
    assert signed_in.id == talk
    trust_customer(plot.services, conversation_id=talk, email=EMAIL, until=plot.clock() + timedelta(minutes=30))
    assert find_conversation(plot.services, Client(plot.channel, ELSEWHERE, secret=plot.planted), "me") is None
    assert was_overtaken(plot.services, talk, "m-yes")


def test_no_secret_of_the_new_ones_is_readable_in_the_database(plot: Plot) -> None:
    talk = plot.proven()
    new = plot.secret()
    with plot.services.unit_of_work() as uow:
        change, conversation = uow.secrets.prepared(talk, MESSAGE), uow.conversations.find(talk)
    assert isinstance(change, SecretChange) and new not in str(change) + str(conversation) and KEY not in str(change)

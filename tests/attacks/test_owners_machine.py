"""Whatever clients send, nobody opens another's conversation, and nobody is verified without a proof."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.cases.conversation.conversations import (
    KEPT_SECRETS,
    Client,
    Opened,
    Sending,
    TooManyConversations,
    find_conversation,
    issue_secret,
    open_conversation,
)
from bot.cases.identity.tries import (
    ADDRESS_ORDER_TRIES,
    ADDRESS_TIME,
    ADDRESS_TRIES,
    ORDER_PACE,
    ORDER_TIME,
    ORDER_TRIES,
)
from bot.cases.identity.verification import VerificationStatus, is_verified, verify
from tests.migrated import a_shop
from tests.store_builders import Clock, store_order
from tests.thorough import examples

NAMES = ("web-1", "web-2", "+1 212 555 0199", "a@b.co", "' OR '1'='1", "ünï")
ADDRESSES = ("198.51.100.7", "203.0.113.9")
OWNERS = {"CC-104233": "alex@example.com", "CC-104255": "bella@example.com"}
JUNK = ("", "x", "A" * 43, "a" * 42, "\0" * 43, "é" * 43)


@dataclass
class Talk:
    """A conversation as the model knows it: who may open it, and by what."""

    name: str
    address: str
    secrets: list[str] = field(default_factory=list)
    bound: bool = False
    subject: str | None = None
    used: int = 0


@dataclass(frozen=True)
class Sent:
    """A message that a client has sent, which is not answered yet; and what it was given with it."""

    talk: str
    address: str
    secret: str | None
    given: str | None
    sending: Sending


class Owners(RuleBasedStateMachine):
    """Clients with and without cookies and tokens, against a model of who owns what."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.services = replace(a_shop(self.clock, self.folder.name), conversations_per_address=1_000)
        store_order(self.services)
        self.talks: dict[str, Talk] = {}
        self.secrets = [issue_secret(self.services, "rest")]
        """What was given out; one of them to somebody who has no conversation, and plants it."""
        self.foreign = issue_secret(self.services, "page")
        self.former: dict[str, str] = {}
        """Which secret each took the place of."""
        self.sent: list[Sent] = []
        self.turn = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    def expected(self, name: str, address: str, secret: str | None, subject: str | None) -> list[str]:
        """The conversations that the client may open, the newest first."""
        named = sorted((t for t in self.talks.items() if t[1].name == name), key=lambda t: -t[1].used)
        if subject is not None:
            mine = [key for key, talk in named if talk.subject == subject]
            if mine:
                return mine
        free = [(key, talk) for key, talk in named if talk.subject is None]
        if secret is not None:
            found = [key for key, talk in free if secret in talk.secrets]
            while not found and any(talk.bound for _, talk in free) and (secret := self.former.get(secret or "")):
                found = [key for key, talk in free if secret in talk.secrets]
            return found
        if subject is not None:
            return []
        return [key for key, talk in free if not talk.bound and talk.address == address]

    def send(self, name: str, address: str, secret: str | None, subject: str | None) -> None:
        self.turn += 1
        self.clock.passes(seconds=1)
        real = secret if secret in self.secrets else None  # what was not given out in this channel is none
        may = self.expected(name, address, real, subject)
        client = Client("rest", address, limited=True, secret=secret, subject=subject)
        sending = Sending(f"m-{self.turn}", f"key-{self.turn}")
        opened = open_conversation(self.services, client, name, sending)
        if subject is None:
            self.sent.append(Sent(opened.id, address, real, opened.secret, sending))
        if may:
            assert opened.id == may[0]
            talk = self.talks[opened.id]
        else:
            assert opened.id not in self.talks, "somebody else's conversation"
            talk = self.talks[opened.id] = Talk(name, address)
        talk.address, talk.used = address, self.turn
        if subject is not None:
            talk.subject, talk.bound = subject, True
            assert opened.secret is None
        elif real is not None:
            talk.secrets, talk.bound = [real], True
            assert opened.secret is None
        else:
            assert opened.secret is not None and opened.secret not in self.secrets
            talk.secrets = [*talk.secrets[-KEPT_SECRETS + 1 :], opened.secret]
            self.secrets.append(opened.secret)

    @rule(name=st.sampled_from(NAMES), address=st.sampled_from(ADDRESSES))
    def without_cookie(self, name: str, address: str) -> None:
        self.send(name, address, None, None)

    @rule(name=st.sampled_from(NAMES), address=st.sampled_from(ADDRESSES), data=st.data())
    def with_a_secret_that_was_given_out(self, name: str, address: str, data: st.DataObject) -> None:
        self.send(name, address, data.draw(st.sampled_from(self.secrets)), None)

    @rule(name=st.sampled_from(NAMES), address=st.sampled_from(ADDRESSES), junk=st.sampled_from(JUNK))
    def with_a_made_up_secret(self, name: str, address: str, junk: str) -> None:
        self.send(name, address, junk, None)

    @rule(data=st.data())
    def a_message_proves_whose_order_it_is(self, data: st.DataObject) -> None:
        if not self.sent:
            return
        sent = data.draw(st.sampled_from(self.sent))
        self.sent.remove(sent)
        talk = self.talks[sent.talk]
        done = verify(
            self.services,
            conversation_id=sent.talk,
            message_id=sent.sending.message_id,
            order_number="CC-104233",
            email=OWNERS["CC-104233"],
        )
        assert done.status is VerificationStatus.VERIFIED
        living = not talk.bound if sent.secret is None else sent.secret in talk.secrets
        if talk.subject is not None or not living:
            return
        dead, new = talk.secrets, sent.given
        if sent.secret is not None:
            again = self.asks_again(talk, sent.secret, sent.sending)
            assert again is not None and again.id == sent.talk and again.secret not in (None, *self.secrets)
            new = again.secret
            assert new is not None
            self.former[new] = sent.secret
            self.secrets.append(new)
        assert new is not None
        talk.secrets, talk.address = [new], sent.address
        for secret in {*dead, self.secrets[0]} - {new}:
            for other in (None, Sending("m-0", "x"), replace(sent.sending, key="x"), replace(sent.sending, key=None)):
                found = self.asks_again(talk, secret, other)
                assert found is None or found.id != sent.talk, "a secret of before the proof"

    def asks_again(self, talk: Talk, secret: str, sending: Sending | None) -> Opened | None:
        return find_conversation(self.services, Client("rest", "192.0.2.1", secret=secret), talk.name, sending)

    @rule(name=st.sampled_from(NAMES), address=st.sampled_from(ADDRESSES), data=st.data())
    def with_a_secret_that_was_changed(self, name: str, address: str, data: st.DataObject) -> None:
        secret = data.draw(st.sampled_from(self.secrets))
        at = data.draw(st.integers(0, 42))
        self.send(name, address, secret[:at] + ("x" if secret[at] != "x" else "y") + secret[at + 1 :], None)

    @rule(name=st.sampled_from(NAMES), address=st.sampled_from(ADDRESSES))
    def with_a_secret_of_another_channel(self, name: str, address: str) -> None:
        self.send(name, address, self.foreign, None)

    @rule(
        name=st.sampled_from(NAMES),
        address=st.sampled_from(ADDRESSES),
        subject=st.sampled_from(["u-1", "u-2", "'; --"]),
        data=st.data(),
    )
    def with_a_token(self, name: str, address: str, subject: str, data: st.DataObject) -> None:
        secret = data.draw(st.none() | st.sampled_from(self.secrets))
        self.send(name, address, secret, subject)


class Proofs(RuleBasedStateMachine):
    """Right and wrong proofs over conversations, orders and addresses: the locks are those of the verification."""

    TALKS = ("t-1", "t-2", "t-3", "t-4")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.services = a_shop(self.clock, self.folder.name)
        self.until: dict[tuple[str, str], datetime] = {}
        self.failures: list[tuple[datetime, str, str, str]] = []
        self.proven: set[tuple[str, str]] = set()
        self.messages = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize()
    def shop(self) -> None:
        for number, email in OWNERS.items():
            store_order(self.services, number, email)
        self.address = {}
        for index, talk in enumerate(self.TALKS):
            self.address[talk] = ADDRESSES[index // 2]
            open_conversation(self.services, Client("rest", self.address[talk]), talk)

    def counted(self, window: timedelta, **of: str) -> int:
        """The wrong answers within that time of a ``talk``, an ``address`` and for a ``number``, as far as given."""
        places = {"talk": 1, "number": 2, "address": 3}
        return sum(
            failure[0] > self.clock() - window and all(failure[places[name]] == value for name, value in of.items())
            for failure in self.failures
        )

    def limit(self, talk: str, number: str) -> VerificationStatus | None:
        """What is answered instead of looking at what was typed."""
        address = self.address[talk]
        hour = timedelta(minutes=self.services.verification_minutes)
        if self.counted(hour, talk=talk) >= self.services.verification_tries:
            return VerificationStatus.LOCKED
        from_here = self.counted(ADDRESS_TIME, address=address, number=number)
        all_from_here = self.counted(ADDRESS_TIME, address=address)
        if (talk, number) not in self.proven and (all_from_here >= ADDRESS_TRIES or from_here >= ADDRESS_ORDER_TRIES):
            return VerificationStatus.LOCKED
        if any((name, number) in self.proven for name in (talk, address)):
            return None
        guarded = self.counted(ORDER_TIME, number=number) >= ORDER_TRIES
        return VerificationStatus.LATER if guarded and (from_here or self.counted(ORDER_PACE, number=number)) else None

    @rule(
        talk=st.sampled_from(TALKS),
        number=st.sampled_from([*OWNERS, "CC-999999", "CC-000000"]),
        email=st.sampled_from(
            [*OWNERS.values(), "x@example.com", "", "alex@example.com ", "ALEX@EXAMPLE.COM", "%", "\0"]
        ),
        again=st.integers(0, 5),
    )
    def somebody_tries(self, talk: str, number: str, email: str, again: int) -> None:
        self.tries(talk, number, email, again)

    def tries(self, talk: str, number: str, email: str, again: int) -> None:
        hour = timedelta(minutes=self.services.verification_minutes)
        self.messages += 1
        limit = self.limit(talk, number)
        right = OWNERS.get(number) == email.strip().lower()
        if limit is None and right:
            self.until[talk, number] = self.clock() + hour
            self.proven |= {(talk, number), (self.address[talk], number)}
        elif limit is None:
            self.failures.append((self.clock(), talk, number, self.address[talk]))
        for _ in range(1 + (again == 5)):  # a repeated delivery counts once
            done = verify(
                self.services,
                conversation_id=talk,
                message_id=f"m-{self.messages}",
                order_number=number,
                email=email,
            )
            if limit is not None:
                assert done.status is limit
            elif right:
                assert done.status is VerificationStatus.VERIFIED
            else:
                left = max(0, self.services.verification_tries - self.counted(hour, talk=talk))
                expected = self.limit(talk, number) or VerificationStatus.MISMATCH
                assert (done.status, done.tries_left) == (expected, left)

    @rule(number=st.sampled_from([*OWNERS, "CC-999999"]))
    def all_guess_at_one_order(self, number: str) -> None:
        for talk in self.TALKS:
            for _ in range(3):
                self.tries(talk, number, "guess@example.com", 0)

    @rule(number=st.sampled_from([*OWNERS, "CC-999999"]))
    def the_world_guesses_at_one_order(self, number: str) -> None:
        """Each once, from an address of its own."""
        with self.services.unit_of_work() as uow:
            for _ in range(ORDER_TRIES):
                self.messages += 1
                name = f"w-{self.messages}"
                uow.attempts.add(name, "1", number, self.clock(), False, name)
                self.failures.append((self.clock(), name, number, name))
            uow.commit()

    @rule(minutes=st.sampled_from([1, 3, 20, 61]))
    def time_passes(self, minutes: int) -> None:
        self.clock.passes(minutes=minutes)

    @invariant()
    def nobody_is_verified_without_a_proof(self) -> None:
        for talk in self.TALKS:
            for number in OWNERS:
                until = self.until.get((talk, number))
                expected = until is not None and until > self.clock()
                assert is_verified(self.services, conversation_id=talk, order_number=number) is expected


_settings = settings(
    max_examples=examples(80), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOwners = Owners.TestCase
TestOwners.settings = _settings
TestProofs = Proofs.TestCase
TestProofs.settings = _settings


def test_an_address_opens_so_many_conversations_whatever_their_names() -> None:
    with tempfile.TemporaryDirectory() as folder:
        services = replace(a_shop(Clock(), folder), conversations_per_address=5)
        opened = 0
        for index in range(50):
            try:
                open_conversation(services, Client("rest", ADDRESSES[0], secret="A" * 43), f"{NAMES[index % 6]}{index}")
                opened += 1
            except TooManyConversations as error:
                assert error.seconds > 0
        assert opened == 5

"""Backups of a bot at work, and what comes of them on a new machine while the gateway has gone on."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.bootstrap import bootstrap, keys_of
from bot.cases.conversation.conversations import Client, Opened, Sending, find_conversation, open_conversation
from bot.cases.customer.withdrawals import take_back
from bot.cases.identity.verification import is_verified
from bot.cases.model import Author, CaseState, Step, StepState
from bot.cases.payout.execution import carry_out_due
from bot.cases.ports.billing import Unclear
from bot.cases.privacy.personal_data import erase
from bot.cases.services import Services
from bot.settings import Settings, SettingsError
from bot.store import backups
from bot.store.backups import back_up, size_and_digest
from bot.store.engine import open_engine
from bot.store.restore_log import RestoreRepository
from bot.store.restores import Restoring, restore
from bot.store.settings import StoreSettings
from bot.store.unit_of_work import SqlUnitOfWork
from bot.store.upgrades import RESTORING
from tests.cases.deciding import decided
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.desk_builders import an_agent
from tests.gateways.contract_server import Answer, ContractServer
from tests.migrated import Postgres, at_revision
from tests.store_builders import Clock, problems, store_order, verified

NUMBER = "CC-104233"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What has nothing to do with the kind of database."""


@dataclass
class Shop:
    """A bot over a gateway, its backup, and the machine on which the backup is restored."""

    settings: Settings
    new: Settings
    clock: Clock
    folder: Path
    gateway: ContractServer
    services: Services = field(init=False)
    done: Restoring = field(init=False)

    def __post_init__(self) -> None:
        self.services = bootstrap(self.settings, self.clock)

    def back_up(self, folder: Path | None = None) -> None:
        """As the command does."""
        back_up(
            folder or self.folder,
            database_url=self.settings[StoreSettings].database_url,
            keys_url=self.settings[StoreSettings].keys_url,
            keys=keys_of(self.settings, new=False),
            secret=(self.settings[StoreSettings].home / "secret").read_text().strip(),
            settings=[],
        )

    def restored(self) -> Services:
        """The bot on the new machine."""
        secret = (self.folder / "secret" / "secret").read_text().strip()
        place = {"database_url": self.new[StoreSettings].database_url, "keys_url": self.new[StoreSettings].keys_url}
        file = self.new[StoreSettings].home / "secret"
        self.done = restore(self.folder, **place, secret=secret, secret_file=file, at=self.clock())
        self.clock.passes(minutes=1)
        return bootstrap(self.new, self.clock)

    def worked(self, services: Services) -> None:
        """An hour passes, and what is due is carried out."""
        self.clock.passes(hours=1)
        while carry_out_due(services):
            pass

    def paid(self) -> list[Decimal]:
        """What the gateway has paid for the order."""
        return [payment.amount for payment in self.gateway.payments_by_order.get(NUMBER, [])]


@pytest.fixture
def shop(database_url: str, migrated: None, tmp_path: Path, clock: Clock, request: Any) -> Iterator[Shop]:
    """Alex has an order of 50.00, and has proven it."""
    with ContractServer() as gateway:
        common = {"gateway_url": gateway.url, "gateway_secret": gateway.secret.decode()}
        elsewhere = ""
        if database_url.startswith("postgresql"):
            elsewhere = request.getfixturevalue("empty_postgres_url")
        settings = Settings(home=tmp_path, database_url=database_url, **common)
        new = Settings(home=tmp_path / "new", database_url=elsewhere, **common)
        shop = Shop(settings, new, clock, tmp_path / "backup", gateway)
        store_order(shop.services)
        verified(shop.services)
        gateway.book.add_order(NUMBER)
        yield shop
        assert gateway.violations == []


def test_the_same_conversation_goes_on_on_a_new_machine(shop: Shop) -> None:
    sending = Sending(f"verify-{NUMBER}-alex", "k" * 16)
    first = open_conversation(shop.services, Client("rest", "192.0.2.7"), "alex").secret
    client = Client("rest", "192.0.2.7", secret=first)
    opened = open_conversation(shop.services, client, "alex", sending)
    with shop.services.unit_of_work() as uow:
        uow.messages.add(opened.id, Author.CUSTOMER, {"text": "my xylophone broke"}, shop.clock())
        uow.commit()
    verified(shop.services, opened.id)
    quote = quoted(shop.services, opened.id)
    theirs = find_conversation(shop.services, client, "alex", sending)
    assert theirs is not None and theirs.secret not in (None, first)

    shop.back_up()
    services = shop.restored()

    again = Client("rest", "198.51.100.9", secret=theirs.secret)
    assert find_conversation(services, again, "alex") == Opened(opened.id)
    assert find_conversation(services, replace(again, secret=first), "alex") is None
    assert is_verified(services, conversation_id=opened.id, order_number=NUMBER)
    with services.unit_of_work() as uow:
        assert [message.body for message in uow.messages.of_conversation(opened.id)] == [{"text": "my xylophone broke"}]
    done = confirmed(services, quote, opened.id)
    assert done.case.state is CaseState.CONFIRMED and problems(services) == [] == shop.done.problems
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")]


def test_nobody_else_can_read_any_of_it(shop: Shop) -> None:
    before = os.umask(0)
    try:
        shop.back_up()
        shop.restored()
    finally:
        os.umask(before)
    for folder in (shop.folder, shop.new[StoreSettings].home):
        for path in (folder, *folder.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600) or path == shop.new[StoreSettings].home, path
    data = [path.read_bytes() for path in (shop.folder / "data").iterdir()]
    secret = (shop.folder / "secret" / "secret").read_bytes().strip()
    for plain in (b"alex@example.com", b"xylophone", secret, shop.gateway.secret):
        assert not any(plain in content for content in data), plain


def test_a_backup_of_a_bot_at_work_is_one_moment_of_it(shop: Shop) -> None:
    stop = threading.Event()

    def work(talk: str) -> None:
        count = 0
        while not stop.is_set():
            number = f"CC-{talk[-1]}{count:05}"
            store_order(shop.services, number, f"{talk}@example.com")
            verified(shop.services, talk, number, f"{talk}@example.com")
            confirmed(shop.services, quoted(shop.services, talk, number), talk)
            count += 1

    threads = [threading.Thread(target=work, args=(f"talk-{key}",), daemon=True) for key in (1, 2)]
    for thread in threads:
        thread.start()
    try:
        shop.back_up()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    services = shop.restored()
    assert problems(services) == []
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        for file in uow.case_files.all():
            assert file.decisions and file.case.reason_words == "I changed my mind", "its key was there before the row"
            assert (file.case.state is CaseState.CONFIRMED) == bool(file.steps), "both, or none"
        if uow.connection.dialect.name == "sqlite":
            assert uow.connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert shop.done.erased == (0, 0)


def test_a_key_that_is_made_while_the_backup_is_made_is_in_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(path: Path) -> tuple[int, str]:
        if not shop.folder.joinpath("secret", "secret").exists():
            store_order(shop.services, f"CC-{path.stat().st_size % 900_000 + 100_000}", f"{path.name}@example.com")
        return size_and_digest(path)

    monkeypatch.setattr(backups, "size_and_digest", meanwhile)
    shop.back_up()
    services = shop.restored()
    assert shop.done.erased == (0, 0)
    with services.unit_of_work() as uow:
        assert uow.customers.by_email("alex@example.com") and uow.customers.email_of(1) == "alex@example.com"


# Money that moved after the backup


@ON_SQLITE
def test_what_the_gateway_has_paid_since_is_settled_and_not_paid_again(shop: Shop) -> None:
    done = confirmed(shop.services, quoted(shop.services))
    shop.back_up()
    shop.worked(shop.services)
    assert shop.paid() == [Decimal("44.00")]

    services = shop.restored()
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")]
    assert case_file(services, done.case.reference).case.state is CaseState.DONE


@ON_SQLITE
def test_a_refund_that_was_begun_at_the_backup_is_finished_with_its_own_key(shop: Shop) -> None:
    done = confirmed(shop.services, quoted(shop.services))
    shop.gateway.faults_for("refunds", [Answer(503, b"{}")] * 3)
    shop.clock.passes(hours=1)
    for _ in range(3):
        carry_out_due(shop.services)
    assert shop.paid() == [] and case_file(shop.services, done.case.reference).steps[-1].step is Step.REFUND
    shop.back_up()
    services = shop.restored()
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")]
    assert case_file(services, done.case.reference).case.state is CaseState.DONE


@ON_SQLITE
def test_a_quote_from_before_that_was_paid_since_is_settled_by_the_second_yes(shop: Shop) -> None:
    quote = quoted(shop.services)
    shop.back_up()
    confirmed(shop.services, quote)
    shop.worked(shop.services)
    services = shop.restored()
    shop.clock.passes(hours=-1)
    confirmed(services, quote)
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")]
    assert case_file(services, quote.case.reference).case.state is CaseState.DONE


@ON_SQLITE
def test_a_case_that_the_backup_does_not_know_is_not_paid_again(shop: Shop) -> None:
    quote = quoted(shop.services)
    shop.back_up()
    take_back(shop.services, conversation_id="talk", reference=quote.case.reference)
    confirmed(shop.services, quoted(shop.services))
    shop.worked(shop.services)
    assert shop.paid() == [Decimal("44.00")]

    services = shop.restored()
    verified(services, "later")
    with pytest.raises(Unclear, match=r"went back to its backup of .*no record of what was paid.*pay_1 of 44.00 USD"):
        quoted(services, "later")
    shop.clock.passes(hours=-1)
    confirmed(services, quote)  # the quote from before still stands: its yes stops nothing and pays nothing
    stops = len(shop.gateway.stops)
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")] and len(shop.gateway.stops) == stops
    file = case_file(services, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert "pay_1 of 44.00 USD" in file.handoff.facts["error"] and file.handoff.facts["may_have_happened"] is True


@ON_SQLITE
def test_what_the_customer_may_have_taken_back_since_goes_to_a_person(shop: Shop) -> None:
    done = confirmed(shop.services, quoted(shop.services))
    shop.back_up()
    take_back(shop.services, conversation_id="talk", reference=done.case.reference)
    services = shop.restored()
    shop.worked(services)
    assert shop.paid() == [] and shop.gateway.stops == []
    file = case_file(services, done.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert "may have taken the request back" in file.handoff.facts["error"]

    dana = an_agent(services)
    decided(services, dana, file.case, reason="I asked: they still want it.")
    shop.worked(services)
    assert shop.paid() == [Decimal("44.00")], "a person has looked"


def cannot_list(shop: Shop) -> None:
    shop.gateway.faults_for("payments", [Answer(404, {"code": "unknown_path"})] * 9)


def has_no_answer(shop: Shop) -> None:
    shop.gateway.faults_for("payments", [Answer(500, {"code": "failed"})] * 99)


@ON_SQLITE
@pytest.mark.parametrize("gateway", [cannot_list, has_no_answer])
def test_cannot_be_asked_is_not_nothing_was_paid(shop: Shop, gateway: Callable[[Shop], None]) -> None:
    quote = quoted(shop.services)
    shop.back_up()
    confirmed(shop.services, quote)
    shop.worked(shop.services)
    services = shop.restored()
    gateway(shop)
    shop.clock.passes(hours=-1)
    confirmed(services, quote)
    shop.clock.passes(hours=1)
    carry_out_due(services)
    assert shop.paid() == [Decimal("44.00")] and len(shop.gateway.stops) == 1
    file = case_file(services, quote.case.reference)
    waits = file.steps[-1].state is StepState.WAITING and gateway is has_no_answer
    assert waits or file.case.state is CaseState.IN_REVIEW


@ON_SQLITE
def test_the_embedded_ledger_goes_back_with_the_rest_so_a_person_looks(shop: Shop) -> None:
    shop.back_up()
    shop.restored()
    services = bootstrap(
        Settings(home=shop.new[StoreSettings].home, database_url=shop.new[StoreSettings].database_url), shop.clock
    )
    verified(services, "later")
    with pytest.raises(Unclear, match="the ledger went back with the backup"):
        quoted(services, "later")


@ON_SQLITE
def test_an_order_from_after_the_restore_is_as_any_other(shop: Shop) -> None:
    shop.back_up()
    services = shop.restored()
    shop.clock.passes(minutes=5)
    store_order(services, "CC-104299", placed_at=shop.clock().isoformat())
    shop.gateway.book.add_order("CC-104299")
    verified(services, "new", "CC-104299")
    confirmed(services, quoted(services, "new", "CC-104299"), "new")
    shop.worked(services)
    assert [payment.amount for payment in shop.gateway.payments] == [Decimal("44.00")]
    assert shop.gateway.book.count("payments") == 0


# Persons


def test_whoever_was_erased_after_the_backup_of_the_data_stays_erased_with_newer_keys(shop: Shop) -> None:
    store_order(shop.services, "CC-104244", "bella@example.com")
    shop.back_up()
    verified(shop.services, "other", "CC-104244", "bella@example.com")
    erase(shop.services, "alex@example.com")
    newer = shop.folder.with_name("newer")
    shop.back_up(newer)
    for path in (shop.folder / "keys").iterdir():
        path.unlink()
    for path in (newer / "keys").iterdir():
        path.rename(shop.folder / "keys" / path.name)

    services = shop.restored()
    assert shop.done.erased[0] == 1
    with services.unit_of_work() as uow:
        assert uow.customers.by_email("alex@example.com") is None and uow.customers.by_email("bella@example.com")
        stored = uow.orders.find(NUMBER)
        assert stored is not None and uow.customers.contact(stored.id) is None
    assert not is_verified(services, conversation_id="talk", order_number=NUMBER)
    assert problems(services) == []


@ON_SQLITE
def test_keys_that_are_in_place_are_used_and_know_who_was_erased(shop: Shop) -> None:
    quoted(shop.services)
    shop.back_up()
    take_back(shop.services, conversation_id="talk", reference=case_files(shop.services)[0])
    erase(shop.services, "alex@example.com")
    shop.new[StoreSettings].home.mkdir()
    (shop.settings[StoreSettings].home / "keys.db").rename(shop.new[StoreSettings].home / "keys.db")
    services = shop.restored()
    assert shop.done.erased == (1, 1)
    with services.unit_of_work() as uow:
        assert uow.customers.by_email("alex@example.com") is None


def case_files(services: Services) -> list[str]:
    with services.unit_of_work() as uow:
        return [file.case.reference for file in uow.case_files.all()]


@ON_SQLITE
def test_who_was_signed_in_at_the_desk_signs_in_again(shop: Shop) -> None:
    agent = an_agent(shop.services)
    with shop.services.unit_of_work() as uow:
        uow.sessions.add(agent.id, "0" * 64, shop.clock(), shop.clock())
        uow.commit()
    shop.back_up()
    with shop.restored().unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert uow.connection.exec_driver_sql("SELECT count(*) FROM agent_sessions").scalar_one() == 0


# Versions and places


def test_a_backup_of_an_earlier_version_is_migrated(tmp_path: Path, clock: Clock) -> None:
    old = Settings(home=tmp_path / "old")
    at_revision(old[StoreSettings].database_url, "0005", old[StoreSettings].home, [])
    shop = Shop.__new__(Shop)
    shop.settings, shop.new, shop.clock = old, Settings(home=tmp_path / "new"), clock
    shop.folder = tmp_path / "backup"
    shop.back_up()
    assert problems(shop.restored()) == [] and shop.done.data.revision == "0005"


@pytest.mark.postgres
def test_keys_on_postgresql_are_backed_up_and_restored_too(postgres: Postgres, tmp_path: Path, clock: Clock) -> None:
    with postgres.empty() as before, postgres.empty() as after:
        settings = Settings(home=tmp_path / "old", keys_url=before)
        new = Settings(home=tmp_path / "new", keys_url=after)
        shop = Shop.__new__(Shop)
        shop.settings, shop.new, shop.clock, shop.folder = settings, new, clock, tmp_path / "backup"
        store_order(bootstrap(settings, clock))
        shop.back_up()
        with shop.restored().unit_of_work() as uow:
            assert uow.customers.by_email("alex@example.com") and uow.customers.email_of(1) == "alex@example.com"


def test_a_restore_that_does_not_end_lets_nothing_start(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.back_up()

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RestoreRepository, "add", killed)
        shop.restored()
    if shop.new[StoreSettings].database_url.startswith("sqlite"):
        assert not Path(shop.new[StoreSettings].database_url.removeprefix("sqlite:///")).exists()
        assert problems(shop.restored()) == []
        return
    with pytest.raises(SettingsError, match="a restore did not end here"):
        bootstrap(shop.new, shop.clock)
    engine = open_engine(shop.new[StoreSettings].database_url)
    with engine.connect() as connection:
        assert sa.inspect(connection).has_table(RESTORING)
    engine.dispose()

"""The name of a conversation opens nothing; its client's secret does."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.bootstrap import bootstrap
from bot.cases.conversation.conversations import (
    Client,
    Opened,
    TooManyConversations,
    is_harmless,
    is_issued,
    issue_secret,
    open_account,
    open_conversation,
)
from bot.cases.identity.verification import is_verified
from bot.cases.services import Services
from bot.settings import Settings
from tests.migrated import at_revision
from tests.store_builders import Clock, store_order

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def opened(services: Services, sender: str = "me", address: str = HOME, **more: Any) -> Opened:
    """One message's conversation."""
    return open_conversation(services, Client("rest", address, **more), sender)


def test_a_client_without_cookies_stays_in_its_conversation(services: Services) -> None:
    assert [opened(services).id for _ in range(6)] == ["me"] * 6


def test_the_same_name_from_elsewhere_is_another_conversation(services: Services) -> None:
    assert opened(services).id == "me"
    stranger = opened(services, address=ELSEWHERE)
    assert stranger.id != "me" and len(stranger.id) == 32
    assert opened(services).id == "me"
    assert opened(services, address=ELSEWHERE).id == stranger.id


def test_once_the_secret_came_back_nothing_else_opens_it(services: Services) -> None:
    mine = opened(services)
    assert mine.secret is not None
    again = opened(services, secret=mine.secret)
    assert (again.id, again.secret) == ("me", None)

    without = opened(services)
    assert without.id != "me"
    with_another = opened(services, secret=without.secret)
    assert with_another.id == without.id
    assert opened(services, secret=issue_secret(services, "rest")).id not in ("me", without.id)
    assert opened(services, address=ELSEWHERE, secret=mine.secret).id == "me", "the secret holds anywhere"


def test_a_stranger_in_the_same_house_who_was_first_is_out_once_the_client_is_bound(services: Services) -> None:
    early = opened(services)
    mine = opened(services)
    assert early.id == mine.id == "me"
    assert opened(services, secret=mine.secret).id == "me"

    assert opened(services, secret=early.secret).id != "me"


def test_answers_that_crossed_on_their_way_are_all_good_until_one_comes_back(services: Services) -> None:
    secrets = [opened(services).secret for _ in range(3)]
    assert opened(services, secret=secrets[0]).id == "me"
    assert opened(services, secret=secrets[2]).id != "me"


def test_one_browser_has_conversations_of_several_names_with_one_secret(services: Services) -> None:
    first = opened(services, "tab-1")
    second = opened(services, "tab-2", secret=first.secret)
    assert (second.id, second.secret) == ("tab-2", None)
    assert opened(services, "tab-1", secret=first.secret).id == "tab-1"
    assert opened(services, "tab-2").id != "tab-2"


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 44, "A" * 42 + "é"])
def test_what_is_no_secret_of_ours_is_none(services: Services, secret: str) -> None:
    assert opened(services).id == "me"
    again = opened(services, secret=secret)
    assert again.id == "me" and again.secret not in (None, secret)


def test_a_secret_is_good_in_the_channel_that_gave_it_and_no_other(services: Services) -> None:
    given = issue_secret(services, "rest")
    assert is_issued(services, "rest", given) and len(given) == 43
    assert not is_issued(services, "page", given) and not is_issued(services, "web", given)
    assert not any(
        is_issued(services, "rest", given[:at] + "-_"[given[at] == "-"] + given[at + 1 :]) for at in range(43)
    )
    assert issue_secret(services, "rest") != given


def test_a_token_opens_its_own_conversation_and_no_other(services: Services) -> None:
    ana = opened(services, subject="ana")
    assert (ana.id, ana.secret) == ("me", None)
    assert opened(services, address=ELSEWHERE, subject="ana").id == "me"
    assert opened(services, subject="bob").id != "me"
    assert opened(services).id != "me"
    assert opened(services, secret=issue_secret(services, "rest")).id != "me"


def test_who_signs_in_takes_the_conversation_along_and_out_of_the_reach_of_the_cookie(services: Services) -> None:
    guest = opened(services)
    assert opened(services, secret=guest.secret, subject="ana").id == "me"
    assert opened(services, subject="ana").id == "me"
    assert opened(services, secret=guest.secret).id != "me"


def test_a_token_does_not_open_what_only_has_the_same_address(services: Services) -> None:
    assert opened(services).id == "me"
    assert opened(services, subject="ana").id != "me"


def test_an_account_of_a_provider_has_one_conversation_with_an_id_that_does_not_name_it(services: Services) -> None:
    one = open_account(services, "whatsapp", "+12125550100")
    assert open_account(services, "whatsapp", "+12125550100").id == one.id
    assert "5550100" not in one.id
    assert opened(services, "+12125550100").id != one.id


@pytest.mark.parametrize(
    ("sender", "harmless"),
    [
        ("web-5a0b3c1e-1111-4222-8333-444455556666", True),
        ("test-1764085287", True),
        ("a.b_c:d-e", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("+12125550100", False),
        ("212-555-0100", False),
        ("tel:2125550100", False),
        ("alex@example.com", False),
        ("with space", False),
        ("öäü", False),
        ("../../etc", False),
        ("", False),
    ],
)
def test_only_a_harmless_name_becomes_an_id(services: Services, sender: str, harmless: bool) -> None:
    assert is_harmless(sender) is harmless
    if sender:
        assert (opened(services, sender).id == sender) is harmless


def test_no_secret_no_address_and_no_telling_name_is_readable_in_the_database(
    services: Services, engine: Engine
) -> None:
    given = opened(services, "alex@example.com")
    with engine.connect() as connection:
        row = str(connection.execute(sa.text("SELECT * FROM conversations")).all())
    assert given.secret not in row and HOME not in row and "alex" not in row


@pytest.mark.parametrize("addresses", [(HOME, ELSEWHERE), (HOME, HOME)], ids=["two addresses", "one address"])
@pytest.mark.parametrize("sender", ["me", "me@example.com"])
def test_clients_that_race_with_a_new_name(
    database_url: str, clock: Clock, tmp_path: Any, addresses: tuple[str, str], sender: str
) -> None:
    start = threading.Barrier(8)
    ids: list[tuple[str, str]] = []
    servers = [bootstrap(Settings(home=tmp_path, database_url=database_url), clock) for _ in range(2)]

    def write(number: int) -> None:
        start.wait()
        address = addresses[number % 2]
        ids.append((address, opened(servers[number % 2], sender, address).id))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    by_address = {address: {id_ for where, id_ in ids if where == address} for address in addresses}
    assert len(ids) == 8 and all(len(of) == 1 for of in by_address.values()), "each client has one conversation"
    assert len(set.union(*by_address.values())) == len(set(addresses)), "and none that of the other"


def test_one_that_was_there_before_is_nobodys_name(database_url: str, clock: Clock, tmp_path: Any) -> None:
    """What a conversation was called before conversations had clients must not open it afterwards."""
    at_revision(
        database_url,
        "0003",
        tmp_path,
        [
            "INSERT INTO customers (id) VALUES (7)",
            "INSERT INTO verifications (conversation_id, customer_id, expires_at)"
            " VALUES ('old-name', 7, '2026-05-06 16:30:00')",
            "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255))",
            "INSERT INTO events VALUES (1, 'old-talk')",
        ],
    )

    after = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    store_order(after)

    for name in ("old-name", "old-talk"):
        found = opened(after, name)
        assert found.id != name
        assert not is_verified(after, conversation_id=found.id, order_number="CC-104233")


def test_an_address_has_so_many_conversations_at_once(services: Services, clock: Clock) -> None:
    few = replace(services, conversations_per_address=3)
    opened(few, "a")
    clock.passes(minutes=20)
    for name in "bc":
        opened(few, name)
    with pytest.raises(TooManyConversations) as refused:
        opened(few, "d")
    assert refused.value.seconds == 40 * 60
    assert opened(few, "b").id == "b", "those that are open go on"
    assert opened(few, "d", ELSEWHERE).id == "d"
    assert opened(few, "e", limited=False).id == "e", "this machine itself is not counted"
    clock.passes(minutes=40, seconds=1)
    assert opened(few, "f").id == "f"

"""What was proven or known for all orders of an address, before both belonged to one order."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bootstrap import bootstrap, keys_of
from bot.cases.case.overview import customer_orders
from bot.cases.identity.verification import is_verified
from bot.settings import Settings
from bot.store.keys import customer
from tests.migrated import at_revision
from tests.store_builders import Clock

ORDER = (
    "INSERT INTO orders (id, number, customer_id, product, product_kind, shipped, currency, amount_paid, used,"
    " placed_at, payment_method, charge, status, dispute_open) VALUES ({id}, '{number}', {customer}, 'global-card',"
    " 'calling_card', FALSE, 'USD', '50.00', FALSE, '2026-05-05 12:00:00', 'card', 'purchase', 'active', FALSE)"
)


@pytest.fixture
def old(database_url: str, tmp_path: Path) -> Settings:
    """Alex had one order. Bella had one, until somebody else ordered under her address with a phone number of their
    own, which then stood for both. Both had proven something in the conversation ``talk``."""
    settings = Settings(home=tmp_path, database_url=database_url)
    keys = keys_of(settings)
    statements = []
    for key, email, phone in ((1, "alex@example.com", "+12125550100"), (2, "bella@example.com", "+447700900123")):
        sealed = keys.seal(customer(key), {"name": "Somebody", "email": email, "phone": phone})
        phones = keys.phone_indexes(phone)
        statements.append(
            "INSERT INTO customers (id, sealed, email_index, phone_index, national_index) VALUES"
            f" ({key}, '{sealed}', '{keys.email_index(email)}', '{phones.whole}', '{phones.national}')"
        )
        statements.append(
            "INSERT INTO verifications (conversation_id, customer_id, expires_at)"
            f" VALUES ('talk', {key}, '2099-01-01 00:00:00')"
        )
    for row in ((3, "CC-104233", 1), (4, "CC-104244", 2), (5, "CC-104255", 2)):
        statements.append(ORDER.format(**dict(zip(("id", "number", "customer"), row, strict=True))))
    at_revision(database_url, "0005", tmp_path, statements)
    return settings


def test_what_was_proven_before_opens_nothing(old: Settings, clock: Clock) -> None:
    services = bootstrap(old, clock)
    for number in ("CC-104233", "CC-104244", "CC-104255"):
        assert not is_verified(services, conversation_id="talk", order_number=number)
    assert customer_orders(services, conversation_id="talk") == []


def test_a_phone_number_goes_to_the_only_order_of_its_address(old: Settings, clock: Clock) -> None:
    with bootstrap(old, clock).unit_of_work() as uow:
        contact = uow.customers.contact(3)
        assert contact is not None and vars(contact) == {
            "name": "Somebody",
            "email": "alex@example.com",
            "phone": "+12125550100",
        }
        assert uow.customers.phone_matches(3, "2125550100") and uow.customers.email_matches(1, "alex@example.com")


def test_where_an_address_has_several_orders_nobody_knows_whose_number_it_was(old: Settings, clock: Clock) -> None:
    with bootstrap(old, clock).unit_of_work() as uow:
        for order in (4, 5):
            assert uow.customers.contact(order) is None and not uow.customers.phone_matches(order, "+447700900123")
        assert uow.customers.email_matches(2, "bella@example.com")
        known = uow.customers.find(2)
        assert known is not None and known.email == "bella@example.com"

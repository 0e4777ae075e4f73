"""Phone numbers that were indexed as they were written are found by what they are."""

from __future__ import annotations

from pathlib import Path

from bot.bootstrap import bootstrap, keys_of
from bot.settings import Settings
from bot.store.keys import customer
from tests.migrated import at_revision
from tests.store_builders import Clock

CUSTOMER = "INSERT INTO customers (id, sealed, email_index) VALUES ({id}, '-', 'index {id}')"
ORDER = (
    "INSERT INTO orders (id, number, customer_id, product, product_kind, shipped, currency, amount_paid, used,"
    " placed_at, payment_method, charge, status, dispute_open, demo, contact, phone_index, national_index) VALUES"
    " ({id}, 'CC-10000{id}', {id}, 'global-card', 'calling_card', FALSE, 'USD', '50.00', FALSE, '2026-05-05 12:00:00',"
    " 'card', 'purchase', 'active', FALSE, FALSE, {contact}, {whole}, {national})"
)
WRITTEN = {1: "+44 (0)20 7946 0958", 2: "+52 1 55 1234 5678", 3: "212-555-0100 ext 5", 4: "(212) 555-0199", 5: "n/a"}
INDEXED = {
    1: ("+4402079460958", "2079460958"),
    2: ("+5215512345678", "15512345678"),
    3: (None, "21255501005"),
    4: (None, "2125550199"),
    5: (None, None),
}
"""What the numbers were compared by."""


def test_numbers_of_before_are_known_and_what_was_erased_stays_so(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    settings = Settings(home=tmp_path, database_url=database_url)
    keys = keys_of(settings)

    def index(kind: str, value: str | None) -> str:
        return f"'{keys.blind(kind, value)}'" if value else "NULL"

    statements = [CUSTOMER.format(id=key) for key in range(1, 8)]
    for key, (whole, national) in INDEXED.items():
        contact = keys.seal(customer(key), {"name": "A", "email": f"{key}@example.com", "phone": WRITTEN[key]})
        indexes = {"whole": index("phone", whole), "national": index("national", national)}
        statements.append(ORDER.format(id=key, contact=f"'{contact}'", **indexes))
    statements.append(ORDER.format(id=6, contact="NULL", whole="NULL", national="NULL"))
    forgotten = keys.seal(customer(7), {"name": "A", "email": "7@example.com", "phone": "+12125550107"})
    keys.forget(customer(7))
    statements.append(ORDER.format(id=7, contact=f"'{forgotten}'", whole="'-'", national="'-'"))
    at_revision(database_url, "0011", tmp_path, statements)

    with bootstrap(settings, clock).unit_of_work() as uow:
        for order_id, number in {**WRITTEN, 2: "011 52 55 1234 5678", 3: "+1 212 555 0100"}.items():
            assert uow.customers.phone_matches(order_id, number) is (order_id != 5)
        assert not uow.customers.phone_matches(4, "+44 212 555 0199")
        assert not uow.customers.phone_matches(6, "+12125550106") and not uow.customers.phone_matches(7, "+12125550107")

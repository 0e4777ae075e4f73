"""Customers: whose orders they are, and whether an address or a number is theirs. At rest they are sealed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from bot.cases.hashes import same
from bot.cases.identity.addresses import plain_address
from bot.cases.identity.phones import PhoneKeys
from bot.cases.model import Contact, Customer
from bot.store import keys as subjects
from bot.store import tables as t
from bot.store.keys import Forgotten
from bot.store.rows import Repository

_NO_INDEX = "0" * 64  # equal to no index
_NOBODY = SimpleNamespace(email_index=_NO_INDEX)
_NO_ORDER = SimpleNamespace(phone_index=_NO_INDEX, national_index=_NO_INDEX)


class CustomerRepository(Repository):
    """See bot.cases.ports.customers.Customers."""

    def find(self, customer_id: int) -> Customer | None:
        """The customer; None once erased."""
        query = select(t.customers.c.sealed).where(t.customers.c.id == customer_id)
        known = self._known(customer_id, self.connection.execute(query).scalar_one())
        return None if known is None else Customer(customer_id, known["email"])

    def by_email(self, email: str) -> int | None:
        """The customer with that e-mail address."""
        query = select(t.customers.c.id).where(t.customers.c.email_index == self.keys.email_index(email))
        key: int | None = self.connection.execute(query).scalar_one_or_none()
        return key

    def email_of(self, customer_id: int) -> str | None:
        """The customer's e-mail address, in lower case; None once erased."""
        customer = self.find(customer_id)
        return customer.email if customer else None

    def email_matches(self, customer_id: int | None, email: str) -> bool:
        """Whether somebody who typed this means the customer's address; takes as long for no customer as for one."""
        query = select(t.customers.c.email_index)
        known = self._one(query, t.customers.c.id, customer_id) or _NOBODY
        as_typed = same(known.email_index, self.keys.email_index(email))
        return same(known.email_index, self.keys.email_index(plain_address(email))) or as_typed

    def phone_matches(self, order_id: int | None, phone: str) -> bool:
        """Whether it is the phone number of the order, however it is written; takes as long for no order as for one."""
        query = select(t.orders.c.phone_index, t.orders.c.national_index)
        known = self._one(query, t.orders.c.id, order_id) or _NO_ORDER
        return PhoneKeys(known.phone_index, known.national_index).agree(self.keys.phone_indexes(phone))

    def contact(self, order_id: int) -> Contact | None:
        """What the order says of its buyer; None once erased."""
        query = select(t.orders.c.customer_id, t.orders.c.contact).where(t.orders.c.id == order_id)
        known = self._known(*self.connection.execute(query).one())
        return None if known is None else Contact(**known)

    def contacts(self, customer_id: int) -> dict[str, Contact]:
        """What the orders under the customer's address say of their buyers, by their numbers."""
        columns = t.orders.c.number, t.orders.c.customer_id, t.orders.c.contact
        query = select(*columns).where(t.orders.c.customer_id == customer_id).order_by(t.orders.c.id)
        rows = [(row.number, self._known(row.customer_id, row.contact)) for row in self.connection.execute(query)]
        return {number: Contact(**known) for number, known in rows if known is not None}

    def lock(self, customer_id: int) -> None:
        """Keep other writers from the customer and the orders until the transaction ends."""
        # Orders first, as everywhere: the other way round two writers could wait for each other.
        for query in (
            select(t.orders.c.id).where(t.orders.c.customer_id == customer_id).order_by(t.orders.c.id),
            select(t.customers.c.id).where(t.customers.c.id == customer_id),
        ):
            self.connection.execute(query.with_for_update()).all()

    def order_columns(self, contact: Contact) -> dict[str, Any]:
        """What an order's row holds of its buyer. The address is added where it is new; what other orders say of
        theirs stays as it is."""
        customer_id = self._customer_id(contact.email)
        indexes = self.keys.phone_indexes(contact.phone)
        return {
            "customer_id": customer_id,
            "contact": self.keys.seal(subjects.customer(customer_id), vars(contact)),
            "phone_index": indexes.whole,
            "national_index": indexes.national,
        }

    def _customer_id(self, email: str) -> int:
        index = self.keys.email_index(email)
        query = select(t.customers.c.id).where(t.customers.c.email_index == index).with_for_update()
        key: int | None = self.connection.execute(query).scalar_one_or_none()
        if key is None:
            key = self.connection.execute(t.customers.insert().values(email_index=index)).inserted_primary_key[0]
            assert key is not None
            sealed = self.keys.seal(subjects.customer(key), {"email": email})
            self.connection.execute(t.customers.update().where(t.customers.c.id == key).values(sealed=sealed))
        return key

    def _known(self, customer_id: int, sealed: str | None) -> dict[str, Any] | None:
        try:
            return None if sealed is None else self.keys.open(subjects.customer(customer_id), sealed)
        except Forgotten:
            return None

    def _one(self, query: Any, column: Any, key: int | None) -> Any:
        # One query and the same comparisons whether or not there is such a row: the time says nothing.
        return self.connection.execute(query.where(column == (-1 if key is None else key))).one_or_none()

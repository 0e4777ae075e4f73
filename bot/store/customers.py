"""Customers: whose orders they are, and whether an address or a number is theirs. At rest they are sealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, select

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

    def contacts_of(self, order_ids: Sequence[int]) -> dict[int, Contact | None]:
        """What each of the orders says of its buyer; None once erased."""
        columns = t.orders.c.id, t.orders.c.customer_id, t.orders.c.contact
        rows = self.connection.execute(select(*columns).where(t.orders.c.id.in_(order_ids))).all()
        self.keys.load([subjects.customer(row.customer_id) for row in rows])
        known = {row.id: self._known(row.customer_id, row.contact) for row in rows}
        return {key: None if one is None else Contact(**one) for key, one in known.items()}

    def order_columns(self, contact: Contact) -> dict[str, Any]:
        """What an order's row holds of its buyer. The address is added where it is new; what other orders say of
        theirs stays as it is."""
        return self.columns_of([contact])[0]

    def columns_of(self, contacts: Sequence[Contact]) -> list[dict[str, Any]]:
        """What the rows of several orders hold of their buyers, as ``order_columns`` of each."""
        ids = self._ids_of({self.keys.email_index(contact.email): contact.email for contact in contacts})
        return [self._columns(ids[self.keys.email_index(contact.email)], contact) for contact in contacts]

    def _columns(self, customer_id: int, contact: Contact) -> dict[str, Any]:
        indexes = self.keys.phone_indexes(contact.phone)
        return {
            "customer_id": customer_id,
            "contact": self.keys.seal(subjects.customer(customer_id), vars(contact)),
            "phone_index": indexes.whole,
            "national_index": indexes.national,
        }

    def _ids_of(self, emails: Mapping[str, str]) -> dict[str, int]:
        """The customers of addresses, by their blind indexes; those that are new are added."""
        ids = self._known_ids(emails)
        new = [index for index in emails if index not in ids]
        if new:
            self.connection.execute(t.customers.insert(), [{"email_index": index} for index in new])
            added = self._known_ids(new)
            names = {index: subjects.customer(key) for index, key in added.items()}
            self.keys.load(list(names.values()), create=True)
            sealed = t.customers.update().where(t.customers.c.id == bindparam("key"))
            self.connection.execute(
                sealed.values(sealed=bindparam("value")),
                [
                    {"key": added[index], "value": self.keys.seal(names[index], {"email": emails[index]})}
                    for index in new
                ],
            )
            ids |= added
        self.keys.load([subjects.customer(key) for key in ids.values()])
        return ids

    def _known_ids(self, indexes: Collection[str]) -> dict[str, int]:
        columns = t.customers.c.email_index, t.customers.c.id
        query = select(*columns).where(t.customers.c.email_index.in_(indexes)).order_by(t.customers.c.id)
        return {row.email_index: row.id for row in self.connection.execute(query.with_for_update())}

    def _known(self, customer_id: int, sealed: str | None) -> dict[str, Any] | None:
        try:
            return None if sealed is None else self.keys.open(subjects.customer(customer_id), sealed)
        except Forgotten:
            return None

    def _one(self, query: Any, column: Any, key: int | None) -> Any:
        # One query and the same comparisons whether or not there is such a row: the time says nothing.
        return self.connection.execute(query.where(column == (-1 if key is None else key))).one_or_none()

"""Which conversation a message belongs to. The name that a client gives it is no proof of who writes.

A conversation is opened by its client's secret, by the signed token of its customer, or, until its client has sent a
secret back, by the same name from the same address. Whoever has none of these gets a conversation of their own.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from bot.cases.hashes import is_among, keyed_hash, same
from bot.cases.model import Conversation
from bot.cases.ports import Services, UnitOfWork

ACTIVE = timedelta(hours=1)
"""For how long after its last message a conversation counts among those of its address."""
KEPT_SECRETS = 4
"""Answers that cross on their way give a client several secrets; so many of them are good until one comes back."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_HARMLESS = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LIKE_A_PHONE = re.compile(r"(?:[A-Za-z]+[:.])?[\d._:-]*(?:\d[._:-]*){7,}")


class TooManyConversations(Exception):
    """The address has too many conversations at once; in ``seconds`` the oldest of them stops counting."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class Client:
    """Who sends a message, as far as the channel can tell.

    ``limited``: whether the address stands for its clients alone, so that what is limited per address is counted.
    ``secret`` is what the client was given and sends back, ``subject`` whom a verified token names.
    """

    channel: str
    address: str
    limited: bool = True
    secret: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Opened:
    """The conversation, and the secret that its client has to be given, if any."""

    id: str
    secret: str | None = field(default=None, repr=False)


def open_conversation(services: Services, client: Client, sender: str) -> Opened:
    """The conversation that this client calls ``sender``, a new one where it has none. Raises TooManyConversations."""
    now = services.clock()
    name = _stored_name(services, sender)
    known = _known(services, client)
    with services.unit_of_work() as uow:
        uow.exclude_others(f"conversation {client.channel} {name}")
        found = known.choice(uow.conversations_named(client.channel, name))
        if found is None:
            if client.limited:
                _check_number(services, uow, known.address, now)
            found = _new(uow, client, name, now)
        issued = None
        changes = {"last_at": now, "address_index": known.address, "address_limited": client.limited}
        if known.subject:
            changes |= {"subject_index": known.subject, "bound": True}
        elif known.secret:
            changes |= {"secret_hashes": (known.secret,), "bound": True}
        else:
            issued = secrets.token_urlsafe(32)
            kept = found.secret_hashes[-KEPT_SECRETS + 1 :]
            changes["secret_hashes"] = (*kept, keyed_hash(services.hash_key, "client secret", issued))
        uow.change_conversation(found.id, **changes)
        uow.commit()
    return Opened(found.id, issued)


def find_conversation(services: Services, client: Client, sender: str) -> str | None:
    """The conversation that this client calls ``sender``, if it has one and its secret or token opens it."""
    known = _known(services, client)
    with services.unit_of_work() as uow:
        found = known.choice(uow.conversations_named(client.channel, _stored_name(services, sender)))
    return found.id if found is not None and (known.secret or known.subject) else None


def open_account(services: Services, channel: str, account: str) -> Opened:
    """The conversation of an account that its provider has authenticated: there the account is who writes."""
    return open_conversation(services, Client(channel, address=channel, limited=False, subject=account), account)


def address_index(services: Services, address: str) -> str:
    """An address as it is kept."""
    return keyed_hash(services.hash_key, "address", address)


@dataclass(frozen=True)
class _Known:
    """What a client shows, hashed."""

    address: str
    secret: str | None
    subject: str | None

    def choice(self, named: list[Conversation]) -> Conversation | None:
        """The one of the conversations of that name which the client may open."""
        by_subject = [found for found in named if self.subject and same(found.subject_index, self.subject)]
        of_nobody = [found for found in named if found.subject_index is None]
        by_secret = [found for found in of_nobody if self.secret and is_among(self.secret, found.secret_hashes)]
        by_address: list[Conversation] = []
        if self.secret is None and self.subject is None:
            by_address = [row for row in of_nobody if not row.bound and same(row.address_index, self.address)]
        return next(iter([*by_subject, *by_secret, *by_address]), None)


def _known(services: Services, client: Client) -> _Known:
    # What is no secret of ours counts as none.
    given = client.secret if client.secret and _SECRET.fullmatch(client.secret) else None
    return _Known(
        address=address_index(services, client.address),
        secret=given and keyed_hash(services.hash_key, "client secret", given),
        subject=client.subject and keyed_hash(services.hash_key, "subject", f"{client.channel}\0{client.subject}"),
    )


def _check_number(services: Services, uow: UnitOfWork, address: str, now: datetime) -> None:
    uow.exclude_others(f"conversations of {address}")
    active = uow.active_since(address, now - ACTIVE)
    if len(active) >= services.conversations_per_address:
        oldest = active[-services.conversations_per_address]
        raise TooManyConversations(max(1, ceil((oldest + ACTIVE - now).total_seconds())))


def _new(uow: UnitOfWork, client: Client, name: str, now: datetime) -> Conversation:
    new = Conversation(id=name, channel=client.channel, sender=name, created_at=now, last_at=now)
    if is_harmless(name) and uow.add_conversation(new):
        return new
    new = Conversation(secrets.token_hex(16), client.channel, name, created_at=now, last_at=now)
    uow.add_conversation(new)
    return new


def is_harmless(sender: str) -> bool:
    """Whether a name may be an id, which is seen in logs: no phone number, no e-mail address, no odd character."""
    return bool(_HARMLESS.fullmatch(sender)) and not _LIKE_A_PHONE.fullmatch(sender)


def _stored_name(services: Services, sender: str) -> str:
    """The name, or a hash of one that may say who somebody is."""
    return sender if is_harmless(sender) else "#" + keyed_hash(services.hash_key, "sender", sender)

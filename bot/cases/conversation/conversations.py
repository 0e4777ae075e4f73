"""Which conversation a message belongs to. The name that a client gives it is no proof of who writes.

A conversation is opened by its client's secret, by the signed token of its customer, or, until its client has sent a
secret back, by the same name from the same address. Whoever has none of these gets a conversation of their own.

A secret is one that the server gave out, for one channel. It may still have been planted: somebody has put their own
into the customer's browser, and waits. So each proof of whose order it is replaces it: the secret that is given to the
sender of the very message that proved it is the only one from then on, and no other opens the conversation any more.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from bot.cases.hashes import is_among, keyed_hash, same
from bot.cases.model import Conversation, SecretChange
from bot.cases.ports.conversations import ConversationChange
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services

ACTIVE = timedelta(hours=1)
"""For how long after its last message a conversation counts among those of its address."""
KEPT_SECRETS = 4
"""Answers that cross on their way give a client several secrets; so many of them are good until one comes back."""

AGAIN_FROM_THERE = timedelta(minutes=2)
"""For how long the sender of a message is known again by the address that it came from."""
AGAIN_BY_KEY = timedelta(days=1)
"""For how long by the key that came with it, which nobody else has seen."""
LINEAGE = 100
"""Replacements through which a secret is followed back, for the other conversations of its client."""

_NONCE = 21
"""Letters of a secret that are random, with 126 bits; the rest is their MAC."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_HARMLESS = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LIKE_A_PHONE = re.compile(r"(?:[A-Za-z]+[:.])?[\d._:-]*(?:\d[._:-]*){7,}")


class TooManyConversations(Exception):
    """The address has too many conversations at once; in ``seconds`` the oldest of them stops counting."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class SecretGone(Exception):
    """The client's secret opens no conversation of that name, or no more."""


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
class Sending:
    """The message that a client sends. ``key``: what nobody but its sender has seen of it, if there is anything."""

    message_id: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Opened:
    """The conversation, and the secret that its client has to be given, if any."""

    id: str
    secret: str | None = field(default=None, repr=False)


def open_conversation(
    services: Services, client: Client, sender: str, sending: Sending | None = None, *, begins: bool = True
) -> Opened:
    """The conversation that this client calls ``sender``, a new one where it has none. Raises TooManyConversations.

    ``sending``: the message that comes with the request; the sender of one that has replaced the secret gets the new
    one. ``begins``: whether a client whose secret opens nothing gets a new conversation; without, raises SecretGone.
    """
    now = services.clock()
    name = _stored_name(services, sender)
    known = _known(services, client)
    with services.unit_of_work() as uow:
        uow.exclude_others(f"conversation {client.channel} {name}")
        named = uow.conversations.named(client.channel, name)
        # First: the secret of before may be that of another conversation by now.
        if change := _replaced_by(services, uow, known, named, sending):
            uow.conversations.change(change.conversation_id, last_at=now, address_index=known.address)
            uow.commit()
            return Opened(change.conversation_id, _secret(services, client.channel, change.nonce))
        found = _choice(uow, known, named)
        if found is None:
            if known.secret and known.subject is None and not begins:
                raise SecretGone
            if client.limited:
                _check_number(services, uow, known.address, now)
            found = _new(uow, client, name, now)
        issued = None
        changes: ConversationChange = {
            "last_at": now,
            "address_index": known.address,
            "address_limited": client.limited,
        }
        if known.subject:
            changes |= {"subject_index": known.subject, "bound": True}
        else:
            nonce = _prepared(services, uow, known, found.id, sending)
            if known.secret:
                changes |= {"secret_hashes": (known.secret,), "bound": True}
            else:
                issued = _secret(services, client.channel, nonce)
                kept = found.secret_hashes[-KEPT_SECRETS + 1 :]
                changes["secret_hashes"] = (*kept, _secret_hash(services, issued))
        uow.conversations.change(found.id, **changes)
        uow.commit()
    return Opened(found.id, issued)


def find_conversation(services: Services, client: Client, sender: str, sending: Sending | None = None) -> Opened | None:
    """The conversation that this client calls ``sender``, if there is one that it may open. Nothing is written."""
    known = _known(services, client)
    with services.reading() as uow:
        named = uow.conversations.named(client.channel, _stored_name(services, sender))
        if change := _replaced_by(services, uow, known, named, sending):
            return Opened(change.conversation_id, _secret(services, client.channel, change.nonce))
        found = _choice(uow, known, named)
    return None if found is None else Opened(found.id)


def replace_secret(services: Services, uow: UnitOfWork, conversation_id: str, message_id: str) -> None:
    """A message has proven whose order it is: within that transaction the secret that its sender gets becomes the only
    one. A message that was sent with a secret which is none any more replaces nothing."""
    conversation = uow.conversations.find(conversation_id)
    if conversation is None or conversation.subject_index is not None:
        return
    uow.exclude_others(f"conversation {conversation.channel} {conversation.sender}")
    conversation = uow.conversations.find(conversation_id)
    change = uow.secrets.prepared(conversation_id, message_id)
    if conversation is None or change is None:
        uow.conversations.change(conversation_id, secret_hashes=())
        return
    if not _is_living(conversation, change.former_hash):
        return
    new = _secret_hash(services, _secret(services, conversation.channel, change.nonce))
    uow.secrets.confirm(change, new)
    uow.conversations.change(conversation_id, secret_hashes=(new,), address_index=change.address_index)


def was_overtaken(services: Services, conversation_id: str, message_id: str) -> bool:
    """Whether a message waited while another client's proved whose order it is, so that it must not be acted on."""
    with services.reading() as uow:
        change = uow.secrets.prepared(conversation_id, message_id)
        conversation = uow.conversations.find(conversation_id)
    if change is None or conversation is None:
        return False
    return not _is_still_theirs(conversation, change.former_hash, change.address_index)


def renewed(services: Services, client: Client, sender: str, opened: Opened, sending: Sending | None) -> Opened | None:
    """The conversation again, after a message was answered: with a secret for its sender, if it has replaced the one
    that it was sent with. None where another client has proven meanwhile whose order it is: the answer is not theirs.
    """
    again = find_conversation(services, client, sender, sending)
    if again is not None and again.id == opened.id and again.secret:
        return again
    known = _known(services, client)
    with services.reading() as uow:
        conversation = uow.conversations.find(opened.id)
    if conversation is None:
        return None
    if opened.secret and not is_among(_secret_hash(services, opened.secret), conversation.secret_hashes):
        opened = Opened(opened.id)  # it has been replaced already
    theirs = known.subject is not None or _is_still_theirs(conversation, known.secret, known.address)
    return opened if theirs else None


def open_account(services: Services, channel: str, account: str, other_name: str | None = None) -> Opened:
    """The conversation of an account that its provider has authenticated: there the account is who writes.

    ``other_name`` is what the provider calls the same customer, too, and never anybody else, as it may the ``account``:
    by it they are known again, whichever of both is shown. An account that had another such name is somebody else now.
    """
    index = keyed_hash(services.hash_key, "other name", f"{channel}\0{other_name or account}")
    with services.unit_of_work() as uow:
        if (known := uow.conversations.also_named(index)) is not None:
            uow.conversations.change(known.id, last_at=services.clock())
            uow.commit()
            return Opened(known.id)
    name = account if other_name is None else _name_of(services, channel, account, other_name)
    opened = open_conversation(services, _account(channel, name), name)
    if other_name is not None:
        with services.unit_of_work() as uow:
            uow.conversations.change(opened.id, other_name_index=index)
            uow.commit()
    return opened


def _account(channel: str, account: str) -> Client:
    return Client(channel, address=channel, limited=False, subject=account)


def _name_of(services: Services, channel: str, account: str, other_name: str) -> str:
    """By which of both names the conversation is to be opened: that of one that they have, or that of nobody else."""
    if find_conversation(services, _account(channel, other_name), other_name) is not None:
        return other_name
    found = find_conversation(services, _account(channel, account), account)
    if found is None:
        return account
    with services.reading() as uow:
        row = uow.conversations.find(found.id)
    return other_name if row is not None and row.other_name_index is not None else account


def issue_secret(services: Services, channel: str) -> str:
    """A new secret for a client of this channel."""
    return _secret(services, channel, _new_nonce())


def is_issued(services: Services, channel: str, secret: str) -> bool:
    """Whether we gave this secret to a client of the channel. What we did not is nobody's, whoever sends it."""
    return bool(_SECRET.fullmatch(secret)) and same(secret[_NONCE:], _mac(services, channel, secret[:_NONCE]))


def _new_nonce() -> str:
    return secrets.token_urlsafe(16)[:_NONCE]


def _secret(services: Services, channel: str, nonce: str) -> str:
    return nonce + _mac(services, channel, nonce)


def _mac(services: Services, channel: str, nonce: str) -> str:
    digest = bytes.fromhex(keyed_hash(services.hash_key, f"secret of {channel}", nonce))
    return urlsafe_b64encode(digest).decode()[: 43 - _NONCE]


def _secret_hash(services: Services, secret: str) -> str:
    return keyed_hash(services.hash_key, "client secret", secret)


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
    given = client.secret if client.secret and is_issued(services, client.channel, client.secret) else None
    return _Known(
        address=address_index(services, client.address),
        secret=given and _secret_hash(services, given),
        subject=client.subject and keyed_hash(services.hash_key, "subject", f"{client.channel}\0{client.subject}"),
    )


def _choice(uow: Snapshot, known: _Known, named: list[Conversation]) -> Conversation | None:
    """The one that the client may open. A secret that took the place of another opens what that one still opens: a
    client with conversations of several names has one secret for them, and it is replaced in one of them."""
    found = known.choice(named)
    former = known.secret if any(row.bound and row.subject_index is None for row in named) else None
    for _ in range(LINEAGE):
        former = uow.secrets.former(former) if found is None and former is not None else None
        if former is None:
            break
        found = replace(known, secret=former).choice(named)
    return found


def _prepared(services: Services, uow: UnitOfWork, known: _Known, conversation_id: str, sending: Sending | None) -> str:
    """The nonce of the secret that a message's sender gets, should it prove whose order it is; a new one for each
    message, and the same where that comes again."""
    nonce = _new_nonce()
    if sending is None:
        return nonce
    sender_hash = _sender_hash(services, known, sending)
    kept = uow.secrets.prepare(
        SecretChange(
            conversation_id=conversation_id,
            message_id=sending.message_id,
            former_hash=known.secret,
            sender_hash=sender_hash,
            address_index=known.address,
            nonce=nonce,
            at=services.clock(),
        )
    )
    if same(kept.sender_hash, sender_hash):
        return kept.nonce
    if kept.secret_hash is None and uow.messages.of_client(conversation_id, sending.message_id) is None:
        uow.secrets.spoil(kept)  # whose message of that name comes first is open: it brings nobody a secret
    return nonce


def _replaced_by(
    services: Services, uow: Snapshot, known: _Known, named: list[Conversation], sending: Sending | None
) -> SecretChange | None:
    """What this very message has made of the client's secret: it was sent before, by the same sender, and the secret
    that it was answered with is the one that is good now."""
    if sending is None or known.secret is None or known.subject is not None:
        return None
    for conversation in named:
        change = uow.secrets.prepared(conversation.id, sending.message_id)
        if (
            change is not None
            and change.secret_hash is not None
            and change.secret_hash in conversation.secret_hashes
            and conversation.subject_index is None
            and same(change.former_hash, known.secret)
            and same(change.sender_hash, _sender_hash(services, known, sending))
            and _is_remembered(services, uow, change, sending)
        ):
            return change
    return None


def _is_remembered(services: Services, uow: Snapshot, change: SecretChange, sending: Sending) -> bool:
    """Whether the sender of a message is known yet. Without a key that ends soon after the answer, which may itself be
    late: whoever waits for it sends the message again."""
    now = services.clock()
    if sending.key:
        return change.at > now - AGAIN_BY_KEY
    sent = uow.messages.of_client(change.conversation_id, change.message_id)
    if sent is None:
        return change.at > now - AGAIN_FROM_THERE
    return sent.answered_at is None or sent.answered_at > now - AGAIN_FROM_THERE


def _sender_hash(services: Services, known: _Known, sending: Sending) -> str:
    """By what a message's sender is known when it comes again."""
    by = f"key {sending.key}" if sending.key else f"address {known.address}"
    return keyed_hash(services.hash_key, "sender of a message", by)


def _is_living(conversation: Conversation, secret: str | None) -> bool:
    """Whether what was sent with this secret, or without one, opens the conversation still."""
    if conversation.subject_index is not None:
        return False
    return not conversation.bound if secret is None else is_among(secret, conversation.secret_hashes)


def _is_still_theirs(conversation: Conversation, secret: str | None, address: str) -> bool:
    # Of two messages in a row the first may prove it: the second is of the same sender, as far as its address tells.
    return _is_living(conversation, secret) or same(conversation.address_index, address)


def _check_number(services: Services, uow: UnitOfWork, address: str, now: datetime) -> None:
    uow.exclude_others(f"conversations of {address}")
    active = uow.conversations.active_since(address, now - ACTIVE)
    if len(active) >= services.conversations_per_address:
        oldest = active[-services.conversations_per_address]
        raise TooManyConversations(max(1, ceil((oldest + ACTIVE - now).total_seconds())))


def _new(uow: UnitOfWork, client: Client, name: str, now: datetime) -> Conversation:
    new = Conversation(id=name, channel=client.channel, sender=name, created_at=now, last_at=now)
    if is_harmless(name) and uow.conversations.add(new):
        return new
    new = Conversation(secrets.token_hex(16), client.channel, name, created_at=now, last_at=now)
    uow.conversations.add(new)
    return new


def is_harmless(sender: str) -> bool:
    """Whether a name may be an id, which is seen in logs: no phone number, no e-mail address, no odd character."""
    return bool(_HARMLESS.fullmatch(sender)) and not _LIKE_A_PHONE.fullmatch(sender)


def _stored_name(services: Services, sender: str) -> str:
    """The name, or a hash of one that may say who somebody is."""
    return sender if is_harmless(sender) else "#" + keyed_hash(services.hash_key, "sender", sender)

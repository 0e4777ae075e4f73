"""Where a request comes from. What a client writes about itself is believed only as far as our own proxies wrote it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Origin:
    """``address`` as limits count it: an IPv6 client has a whole /64. ``limited`` is False for this machine itself,
    and for a trusted one that does not say for whom it asks. ``trusted``: whether the peer may speak for others."""

    address: str
    limited: bool
    trusted: bool


def origin_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> Origin:
    """Who asks: the peer, or the client that trusted proxies name in ``X-Forwarded-For``, read from the right.

    Behind the first address that is not trusted the header may say anything. What is no address ends the walk: the
    proxy that passed it on is then counted as the client.
    """
    last = _address(peer)
    if last is None:
        return Origin(UNKNOWN, limited=True, trusted=False)
    if not _is_in(last, trusted):
        return Origin(_counted(last), limited=True, trusted=False)
    hops = [hop for line in forwarded for hop in line.split(",")]
    if not hops:
        return Origin(_counted(last), limited=False, trusted=True)
    for hop in reversed(hops):
        if not _is_in(last, trusted):
            break
        address = _address(hop)
        if address is None:
            break
        last = address
    return Origin(_counted(last), limited=True, trusted=True)


def _address(text: str) -> Address | None:
    """An address, also in brackets, with a port or a zone; IPv4 within IPv6 as IPv4."""
    plain = text.strip()[:64]
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _counted(address: Address) -> str:
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)

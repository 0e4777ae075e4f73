"""Where a request comes from, and whom to believe about it."""

from __future__ import annotations

import pytest

from bot.http.addresses import Origin, origin_of
from bot.setting_groups.server import parse_networks

TRUSTED = parse_networks("127.0.0.1/32,::1/128,10.0.0.0/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),
        ("203.0.113.9", ["127.0.0.1"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["garbage, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["198.51.100.7:51000"], "198.51.100.7"),
        ("127.0.0.1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("::1", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        # What is no address: counted for the proxy that passed it on.
        ("127.0.0.1", ["198.51.100.7, garbage"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["unknown, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["9" * 10_000], "127.0.0.1"),
        ("", [], "unknown"),
        ("/run/socket", ["198.51.100.7"], "unknown"),
    ],
)
def test_the_client_is_whom_our_own_proxies_name(peer: str, forwarded: list[str], address: str) -> None:
    origin = origin_of(peer, forwarded, TRUSTED)
    assert (origin.address, origin.limited) == (address, bool(forwarded) or address != "127.0.0.1")


def test_this_machine_itself_is_not_limited_unless_it_speaks_for_others() -> None:
    assert origin_of("127.0.0.1", [], TRUSTED) == Origin("127.0.0.1", limited=False, trusted=True)
    assert origin_of("127.0.0.1", ["garbage"], TRUSTED).limited
    assert origin_of("127.0.0.1", ["127.0.0.1"], TRUSTED).limited


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert origin_of("127.0.0.1", ["198.51.100.7"], []) == Origin("127.0.0.1", limited=True, trusted=False)

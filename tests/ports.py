"""Ports that nobody else takes before they are used: below those that the system gives to outgoing connections, and a
part of them for each test process."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _MANY, _WORKERS = 12_000, 1_000, 20  # 12000 to 31999; Linux gives 32768 and above to outgoing connections
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
# Another run of the tests beside this one starts elsewhere.
_offsets = itertools.count(os.getpid())


def free_port() -> int:
    """A port that nothing uses right now, and that this process gives to nobody else for a long while."""
    for offset in itertools.islice(_offsets, _MANY):
        port = _FIRST + _worker * _MANY + offset % _MANY
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that is only closing is free
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")

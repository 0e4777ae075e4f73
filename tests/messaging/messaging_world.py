"""What the tests of the messaging channels share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.running import Site
from tests.messaging.provider_servers import Provider


@dataclass
class World:
    """The site and the providers, by name."""

    site: Site
    providers: dict[str, Provider]


def until(holds: Callable[[], Any], seconds: float = 20) -> Any:
    """What it is once it is."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found

"""What the tests of the messaging channels share."""

from __future__ import annotations

from dataclasses import dataclass

from provider_servers import Provider
from running import Site


@dataclass
class World:
    """The site and the providers, by name."""

    site: Site
    providers: dict[str, Provider]

"""A running bot that takes signed tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hostile import SECRET
from tests.e2e.running import Site, running_site


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot with its embedded defaults that also takes the shop's tokens."""
    with running_site(tmp_path_factory.mktemp("attacked"), token_secret=SECRET) as site:
        yield site

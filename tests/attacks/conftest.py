"""A running bot that takes signed tokens, and how many hostile inputs it has stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.attacks.hostile import SECRET, attempts
from tests.e2e.running import Site, running_site

_TALLY = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Counter[str]:
    """How many hostile inputs were tried, and how many did what they must not."""
    return pytestconfig.stash.setdefault(_TALLY, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The count, for the closing note, too."""
    count = config.stash.get(_TALLY, None)
    if count is not None:
        written = len(list(attempts()))
        terminalreporter.write_line(
            f"\nHostile inputs: {written} written, {count['tried']} tried, {count['tried'] - count['held']} leaks."
        )


@pytest.fixture(scope="package")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot with its embedded defaults that also takes the shop's tokens."""
    with running_site(tmp_path_factory.mktemp("attacked"), token_secret=SECRET) as site:
        yield site

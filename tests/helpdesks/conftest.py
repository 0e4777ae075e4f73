"""Each help desk with its contract server, our services, and our webhook on a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpdesks.desk_people import PEOPLE, People
from tests.helpdesks.helpdesk_scene import Door, Scene, opened
from tests.store_builders import Clock


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What differs between databases does not differ between help desks: PostgreSQL is tried with one of them."""
    here = Path(__file__).parent
    items[:] = [
        item
        for item in items
        if here not in item.path.parents or "postgresql" not in item.name or "webhook" in item.name
    ]


@pytest.fixture(params=PEOPLE, ids=lambda people: people.name)
def people(request: pytest.FixtureRequest) -> Iterator[People]:
    """The people of each help desk, one after the other."""
    people: People = request.param()
    people.start()
    yield people
    people.stop()


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """The server of our webhooks."""
    door = Door()
    yield door
    door.close()


@pytest.fixture
def scene(migrated: None, people: People, database_url: str, tmp_path: Path, clock: Clock, door: Door) -> Scene:
    """A help desk that is switched on."""
    return opened(people, database_url, tmp_path, clock, door)

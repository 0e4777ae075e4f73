"""The conversation stories against the running bot: the same steps with the real actions, and the right end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.running import Site
from tests.e2e.story_steps import converse, ends_of, steps_of, stories

pytestmark = pytest.mark.e2e
ALL = list(stories())
Record = Callable[[str, object], None]
CATEGORIES = (
    "happy",
    "corrections",
    "digressions",
    "switches",
    "nevermind",
    "several",
    "repair",
    "handoff",
    "abuse",
    "found",
)


@pytest.mark.parametrize(("category", "path", "story"), ALL, ids=[f"{c}: {s['story']}" for c, _, s in ALL])
def test_the_story_goes_as_written(
    site: Site, record_property: Record, category: str, path: Any, story: dict[str, Any]
) -> None:
    record_property("stories", category)
    customer = converse(site, story)

    steps = steps_of(site.home, customer)
    assert steps == [{**step, "user": step["user"].strip()} if "user" in step else step for step in story["steps"]]
    assert ends_of(site, customer) == story["metadata"]["ends"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_its_stories(category: str) -> None:
    assert sum(found == category for found, _, _ in ALL) >= 8

"""Conversations in people's own words come to their ends; see kinds/README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.dialogue.in_process import Conversation, ends_of, store_order
from tests.simulation.in_process import ShopInProcess, shop_in_process

KINDS = Path(__file__).with_name("kinds")
NOT_YET = frozenset(
    {
        "The mail app keeps crashing",
        "A fault of the product, said politely",
        "The screen of her own phone is cracked",
        "What if I had said it was broken",
        "The plan ends and the card goes back",
        "Only this card and not the other",
        "Refund one and ask about another",
        "A numbered list: money for the card, the plan off",
        "Knock yourself out",
        "The sum is fine",
        "Go for it mate, and hurry",
        "The plan may live",
        "Reviews everywhere unless",
        "Small talk about Ohio beside the details",
        "Blah and hm at the reason",
        "No dash, small letters, at and dot",
        "Takes the PIN for the order number",
        "A long dash and a space that crept into the address",
    }
)
"""Stories of the open part that don't come out right; one that does is taken from here."""
LEAST_HELD_OUT = 85
"""Of the held-out part, how many must come out right: somewhat fewer than when they were first played (89 of 102)."""

Story = dict[str, Any]


def _stories(*, held_out: bool) -> list[tuple[str, Story]]:
    return [
        (path.stem, story)
        for path in sorted(KINDS.glob("*.yml"))
        for story in YAML(typ="safe").load(path.read_text("utf-8"))["stories"]
        if bool(story["metadata"].get("held_out")) is held_out
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopInProcess]:
    """A shop in this process, of all conversations."""
    with shop_in_process(tmp_path_factory.mktemp("kinds")) as opened:
        yield opened


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(
            story,
            id=f"{kind}/{story['story']}",
            marks=[pytest.mark.xfail(strict=True, reason="not yet")] if story["story"] in NOT_YET else [],
        )
        for kind, story in _stories(held_out=False)
    ],
)
def test_a_conversation_comes_to_its_end(shop: ShopInProcess, story: Story) -> None:
    assert _problems(story) == []


def test_the_held_out_part_comes_out_as_often(
    shop: ShopInProcess, record_property: Callable[[str, object], None]
) -> None:
    """Which ones don't is not told: who knew would tune the bot to them."""
    right = Counter(kind for kind, story in _stories(held_out=True) if not _problems(story))
    for kind, count in right.items():
        record_property("Held-out conversations that come out right", f"{kind}: {count}")
    assert sum(right.values()) >= LEAST_HELD_OUT


def _problems(story: Story) -> list[str]:
    """What of it is not as it must be."""
    told = story["metadata"]
    for number, changes in (told.get("orders") or {}).items():
        store_order(number, **(changes or {}))
    talk = Conversation()
    said = "\n".join(talk.says(step["user"]) for step in story["steps"]).lower()
    ends = ends_of(talk)
    allowed = told.get("ends_any") or [told["ends"]]
    found = [] if ends in allowed else [f"ended {ends}, not {allowed}"]
    found += [f"never said {words!r}" for words in told.get("says") or () if words.lower() not in said]
    return found + [f"said {words!r}" for words in told.get("never") or () if words.lower() in said]

"""Each row of the registry has the folder that it says it has, and no process loads what it does not need."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.connectors.registry import CONNECTORS, EVENTS, MAIL, MESSAGES, MONEY, TICKETS, Connector
from bot.settings import PROJECT

FOLDERS = {path.parent.name for path in (PROJECT / "bot" / "connectors").glob("*/settings.py")} - {"shared"}
DELIVERS = {MESSAGES: "couriers", TICKETS: "help_desk", MONEY: "shop_system"}
RECEIVES = {MESSAGES: "receivers", TICKETS: "hook", EVENTS: "events"}
CONNECT = PROJECT / "docs" / "connect"

each = pytest.mark.parametrize("row", CONNECTORS, ids=lambda row: row.name)


def test_each_folder_has_a_row_and_each_row_a_folder() -> None:
    assert sorted(row.name for row in CONNECTORS) == sorted(FOLDERS)


@each
def test_a_connector_has_the_parts_that_its_row_names(row: Connector) -> None:
    for what in row.delivers:
        assert what == MAIL or callable(getattr(row.part("deliver"), DELIVERS[what]))
    for what in row.receives:
        assert list(inspect.signature(getattr(row.part("receive"), RECEIVES[what])).parameters) == [
            "settings",
            "services",
        ]
    assert not row.checks or callable(row.part("check").check)
    assert (row.needs is not None) == bool(row.help_desk) == (TICKETS in row.delivers)
    assert bool(row.billing) == (MONEY in row.delivers)


@each
def test_a_connector_has_a_page_which_the_index_names(row: Connector) -> None:
    index = (CONNECT / "index.md").read_text("utf-8")
    assert (CONNECT / f"{row.page}.md").is_file() and f"({row.page}.md)" in index


def test_what_is_sent_needs_no_server() -> None:
    """As in the worker: everything is imported but what receives."""
    program = (
        "import sys; from bot.connectors.registry import CONNECTORS; import bot.bootstrap\n"
        "assert 'bot.connectors.slack.deliver' not in sys.modules, 'nothing is loaded before it is used'\n"
        "for row in CONNECTORS: row.part('deliver'); row.checks and row.part('check')\n"
        "assert not {'sanic', 'rasa'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT)


def test_the_page_of_another_channel_builds_one_folder_and_one_row() -> None:
    """The counts of CONTRIBUTING.md are those of the recipe."""
    recipe = (CONNECT / "another-channel.md").read_text("utf-8")
    named = set(re.findall(r"`(bot/[\w/]+\.py)`", recipe))
    new = {name for name in named if name.startswith("bot/connectors/pager/")}
    assert {Path(name).name for name in new} == {"settings.py", "deliver.py", "receive.py", "check.py"}
    assert {name for name in named - new if not name.startswith("bot/cases/ports/")} == {"bot/connectors/registry.py"}

"""Write down what the running bot does with the messages of stories: ``record_stories.py URL HOME FILE…``.

For new stories that have ``metadata`` and ``user`` steps only, and after a change of behaviour that is meant; read the
difference before it is kept. A story whose end is not the one in its metadata is named. All files of a folder belong
together: a story is kept in ``http_stories.yml`` if ``rasa test`` can't follow it (a message is a command with values),
else in ``test_stories.yml``.
The bot's data folder must not know the stories' orders yet.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent

from bot.training import MODEL


def main(url: str, home: Path, files: list[Path]) -> int:
    """Record each story; the number of those that ended otherwise."""
    from bot.bootstrap import bootstrap
    from bot.settings import Settings
    from tests.e2e import running
    from tests.e2e.running import Site
    from tests.e2e.story_steps import converse, ends_of, plain, steps_of

    running._numbers = itertools.count(int(time.time()))
    site = Site(url, home, bootstrap(Settings(home=home)), None)  # type: ignore[arg-type]
    wrong = 0
    by_folder: dict[Path, list[dict[str, Any]]] = {}
    for path in files:
        by_folder.setdefault(path.parent, []).extend(yaml.safe_load(path.read_text("utf-8"))["stories"])
        path.unlink()
    for folder, stories in by_folder.items():
        kept: dict[str, list[dict[str, Any]]] = {"test_stories.yml": [], "http_stories.yml": []}
        for story in stories:
            customer = converse(site, story)
            steps = steps_of(home, customer)
            ends = ends_of(site, customer)
            if ends != story["metadata"]["ends"]:
                wrong += 1
                print(f"{folder.name}: {story['story']}: ended with {ends}, not {story['metadata']['ends']}")
            by_http_only = any(
                needs_the_question(plain(step["user"]), step["intent"]) for step in steps if "user" in step
            )
            kept["http_stories.yml" if by_http_only else "test_stories.yml"].append({**story, "steps": steps})
        for name, found in kept.items():
            if found:
                text = yaml.dump({"version": "3.1", "stories": found}, sort_keys=False, width=1000, allow_unicode=True)
                (folder / name).write_text(text, "utf-8")
    return wrong


def needs_the_question(text: str, intent: str) -> bool:
    """Whether a message is understood otherwise outside of its conversation, or can't be read there at all."""
    if text.startswith("/"):
        return "{" in text
    return "{" in text or _intent_alone(text) != intent


@cache
def _intent_alone(text: str) -> str:
    parsed = asyncio.run(_agent().parse_message(text))
    return str(parsed["intent"]["name"])


@cache
def _agent() -> Agent:
    return Agent.load(str(MODEL))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), [Path(file) for file in sys.argv[3:]]) > 0)

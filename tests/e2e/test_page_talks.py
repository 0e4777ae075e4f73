"""The talks that the pages show: with the demo orders of a first start they go as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import PROJECT
from tests.e2e.running import running_site

_FIGURES = re.compile(r"\$[\d.]+|\bR\d+[a-z]?\b|\d+ working days|CC-\d{6}")


def talk_of(page: str) -> list[tuple[str, str]]:
    """What the customer says on a page, and what it shows of the answers to that."""
    lines = (PROJECT / page).read_text("utf-8").splitlines()
    shown = [line[4:] for line in lines if line.startswith("    ") and not line.startswith("    make")]
    after = "\n".join(shown).partition("> ")[2].split("\n> ")
    return [(said, answer) for said, _, answer in (part.partition("\n") for part in after)]


@pytest.mark.parametrize("page", ["README.md", "docs/try.md"])
def test_a_talk_goes_as_its_page_shows_it(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buttons and figures that are shown are there, up to the refund that is recorded. One of the two is started as
    `make run` does it, by somebody without a home."""
    as_command = page == "README.md"
    if as_command:
        monkeypatch.setenv("HOME", "/proc/nowhere")
    talk = talk_of(page)
    assert len(talk) >= 4
    with running_site(tmp_path, demo=True, preloaded=not as_command) as site:
        customer = site.customer()
        for said, shown in talk:
            answer = customer.says(said)
            titles = {button["title"] for reply in customer.replies for button in reply.get("buttons", [])}
            expected = set(re.findall(r"\[([^\]…]+)\]", shown.partition("\n    ")[0]))
            assert expected <= titles, (said, answer)
            assert set(_FIGURES.findall(shown)) <= set(_FIGURES.findall(answer)), (said, answer)
            if not re.search(r"Done\. Your refund", shown):
                continue
            assert "Done. Your refund of $44.00 is recorded under" in answer
            break
        else:
            raise AssertionError("no refund is shown")

"""Every hostile input, in every situation that it is meant for, against the running bot: nothing of it happens."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hostile import EVERYTHING, SITUATIONS, Hostile, attempts
from running import Site
from scene import Scene

_ATTEMPTS = list(attempts())


@pytest.mark.e2e
@pytest.mark.parametrize(("hostile", "situation"), _ATTEMPTS, ids=[f"{h.id} ({s})" for h, s in _ATTEMPTS])
def test_it_does_nothing(
    hostile: Hostile,
    situation: str,
    attacked: Site,
    tally: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    scene = Scene(attacked, hostile, situation)
    tally["tried"] += 1
    try:
        scene.attack(monkeypatch, capsys, tmp_path)
        scene.check()
    finally:
        scene.close()
    tally["held"] += 1


def test_the_list_is_long_and_its_sentences_are_its_own() -> None:
    assert len(EVERYTHING) >= 80 and len({hostile.id for hostile in EVERYTHING}) == len(EVERYTHING)
    assert {situation for _, situation in _ATTEMPTS} == set(SITUATIONS)

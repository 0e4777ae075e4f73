"""Every hostile input, in every situation that it is meant for, against the running bot: nothing of it happens."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.attacks.hostile import CODE_TEXTS, EVERYTHING, SITUATIONS, Hostile, attempts
from tests.attacks.scene import Party, Scene
from tests.e2e.running import Site

_ATTEMPTS = list(attempts())


@pytest.mark.e2e
@pytest.mark.parametrize(("hostile", "situation"), _ATTEMPTS, ids=[f"{h.id} ({s})" for h, s in _ATTEMPTS])
def test_it_does_nothing(
    hostile: Hostile,
    situation: str,
    attacked: Site,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    scene = Scene(attacked, hostile, situation)
    record_property("hostile inputs", situation)
    try:
        scene.attack(monkeypatch, capsys, tmp_path)
        scene.check()
    finally:
        scene.close()


@pytest.mark.e2e
def test_what_a_customer_wrote_is_shown_to_an_agent_as_text(
    attacked: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number, email = attacked.order()
    buyer = Party(attacked, "writer", number, email)
    buyer.says(f"I want a refund for {number}, {email}")
    for text in CODE_TEXTS:
        buyer.says(text)
    buyer.says("human please")
    reference = buyer.reference()
    with attacked.services.unit_of_work() as uow:
        file = uow.case_files.find(reference)
    assert file is not None
    monkeypatch.setenv("REFUND_DESK_HOME", str(attacked.home))
    for argv in (["cases", "show", file.case.reference], ["cases", "list"], ["privacy", "export", email]):
        for more in ([], ["--json"]) if argv[0] == "cases" else ([],):
            capsys.readouterr()
            assert main([*argv, *more]) == 0
            shown = capsys.readouterr().out
            assert not [char for char in shown if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs")]
            assert not re.search(r"^(?:state|refund) +(?:done|9999)", shown, re.M), "a line of the customer's"
            if more or argv[0] == "privacy":
                json.loads(shown)
    transcript = json.dumps(file.handoff.transcript if file.handoff else None)
    assert "<script>" in transcript and "\\u001b" not in transcript, "as it was written, less what nobody sees"


def test_the_list_is_long_and_its_sentences_are_its_own() -> None:
    assert len(EVERYTHING) >= 80 and len({hostile.id for hostile in EVERYTHING}) == len(EVERYTHING)
    assert {situation for _, situation in _ATTEMPTS} == set(SITUATIONS)

"""``refund-desk desk``: accounts are made, listed and changed; a password is shown once."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.cases.agents import agents, picture_of, sign_in
from bot.cases.desk_work import decide_by_agent, note
from bot.cases.errors import SignInRefused
from bot.cases.model import Verdict
from bot.cases.ports import Services
from bot.settings import Settings
from tests.desk_builders import an_agent, in_review, taken
from tests.store_builders import store_order, verified

ADD = ["desk", "add-agent", "dana", "--name", "Dana", "--role", "admin"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    return bootstrap(Settings(home=tmp_path))


def password_of(out: str) -> str:
    return out.strip().splitlines()[-1].partition(": ")[2]


def test_the_first_admin_is_made_with_a_password_shown_once(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ADD) == 0
    out = capsys.readouterr().out
    assert out.startswith("Added dana  Dana  admin\n") and len(password_of(out)) == 20
    assert sign_in(desk, "dana", password_of(out), "1.1.1.1")
    assert main(["desk", "list-agents"]) == 0
    assert capsys.readouterr().out == "dana  Dana  admin\n"


def test_a_password_comes_from_the_input_and_is_not_shown(
    desk: Services, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a password of my own\nmore\n"))
    picture = tmp_path / "me.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    assert main([*ADD, "--password-stdin", "--picture", str(picture)]) == 0
    assert "password" not in capsys.readouterr().out
    assert sign_in(desk, "dana", "a password of my own", "1.1.1.1")
    assert picture_of(desk, 1) == (picture.read_bytes(), "image/png")


def test_an_account_is_changed_and_closed(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    capsys.readouterr()
    assert main(["desk", "change-agent", "dana", "--role", "lead", "--new-password"]) == 0
    password = password_of(capsys.readouterr().out)
    assert sign_in(desk, "dana", password, "1.1.1.1") and agents(desk)[0].role.value == "lead"
    assert main(["desk", "change-agent", "dana", "--disable"]) == 0
    assert capsys.readouterr().out == "Changed dana  Dana  lead  disabled\n"
    with pytest.raises(SignInRefused):
        sign_in(desk, "dana", password, "1.1.1.1")
    assert main(["desk", "change-agent", "dana", "--enable"]) == 0
    assert sign_in(desk, "dana", password, "1.1.1.1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ADD, "taken"),
        (["desk", "add-agent", "x y", "--name", "X", "--role", "agent"], "login"),
        ([*ADD[:2], "kim", *ADD[3:], "--picture", "nowhere.png"], "nowhere.png"),
        ([*ADD[:2], "kim", *ADD[3:], "--picture", "pyproject.toml"], "PNG"),
        (["desk", "change-agent", "nobody", "--disable"], "no agent"),
        (["desk", "change-agent", "dana"], "nothing to change"),
    ],
)
def test_bad_input_is_one_clear_line(
    desk: Services, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    main(ADD)
    capsys.readouterr()
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err


def test_a_weak_password_from_the_input_is_refused(
    desk: Services, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main([*ADD, "--password-stdin"]) == 2
    assert "12 to 200" in capsys.readouterr().err and agents(desk) == []


def test_a_case_is_shown_with_what_agents_decided_and_noted(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    placed_at = (desk.clock() - timedelta(hours=1)).isoformat()
    store_order(desk, placed_at=placed_at)
    verified(desk)
    dana = an_agent(desk)
    case = taken(desk, dana, in_review(desk))
    note(desk, dana, case.reference, "He called twice.")
    decide_by_agent(
        desk, dana, case.reference, verdict=Verdict.CHANGE, refund=Decimal(20), fee=Decimal(5), reason="A courtesy."
    )
    assert main(["cases", "show", case.reference, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (decision,) = shown["agent_decisions"]
    assert (decision["agent"], decision["verdict"], decision["reason"]) == ("Dana", "change", "A courtesy.")
    assert (decision["base"], decision["fee"], decision["refund"]) == ("25.00", "5.00", "20.00")
    assert [(row["agent"], row["text"]) for row in shown["notes"]] == [("Dana", "He called twice.")]
    assert main(["cases", "show", case.reference]) == 0 and "A courtesy." in capsys.readouterr().out

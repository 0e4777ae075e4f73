"""``refund-desk desk``: accounts are made, listed and changed; passwords are set with links."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.bootstrap import bootstrap
from bot.cases.desk.accounts import agents, picture_of
from bot.cases.desk.password_links import use_link
from bot.cases.desk.sign_in import sign_in
from bot.cases.desk.work import decide_by_agent, note
from bot.cases.errors import SignInRefused
from bot.cases.model import Verdict
from bot.cases.services import Services
from bot.settings import Settings
from tests.desk_builders import an_agent, in_review, taken, with_factor, with_quick_hashes
from tests.store_builders import store_order, verified

PASSWORD = "a password of my own"
ADD = ["desk", "add-agent", "dana", "--name", "Dana", "--role", "admin"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    with_quick_hashes(monkeypatch)
    monkeypatch.setenv("REFUND_DESK_HOME", str(tmp_path))
    return bootstrap(Settings(home=tmp_path))


def sets_password(desk: Services, out: str, password: str = PASSWORD) -> str:
    """Follow the printed link; what a sign-in gives then."""
    link = re.fullmatch(r"(?s).*: http://127\.0\.0\.1:5005/desk/link/(\d+-[\w-]{43})\n", out)
    assert link is not None, out
    return sign_in(desk, use_link(desk, link.group(1), password).login, password, "1.1.1.1")


def test_the_first_admin_is_made_with_a_link(
    desk: Services, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture = tmp_path / "me.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    assert main([*ADD, "--picture", str(picture)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Added dana  Dana  admin\n") and sets_password(desk, out)
    assert picture_of(desk, 1) == (picture.read_bytes(), "image/png")
    assert main(["desk", "list-agents"]) == 0
    assert capsys.readouterr().out == "dana  Dana  admin\n"


def test_an_account_is_changed_and_closed(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    sets_password(desk, capsys.readouterr().out)
    assert main(["desk", "change-agent", "dana", "--role", "lead"]) == 0 and agents(desk)[0].role.value == "lead"
    assert main(["desk", "change-agent", "dana", "--disable"]) == 0
    assert capsys.readouterr().out.endswith("Changed dana  Dana  lead  disabled\n")
    with pytest.raises(SignInRefused):
        sign_in(desk, "dana", PASSWORD, "1.1.1.1")
    assert main(["desk", "change-agent", "dana", "--enable"]) == 0
    assert sign_in(desk, "dana", PASSWORD, "1.1.1.1")


def test_who_forgot_password_and_phone_gets_in_again(desk: Services, capsys: pytest.CaptureFixture[str]) -> None:
    main(ADD)
    sets_password(desk, capsys.readouterr().out)
    with_factor(desk, agents(desk)[0], PASSWORD)
    assert main(["desk", "list-agents"]) == 0
    assert capsys.readouterr().out == "dana  Dana  admin  second factor\n"
    assert main(["desk", "reset-second-factor", "dana"]) == 0
    assert capsys.readouterr().out == "Reset dana  Dana  admin\n"
    assert main(["desk", "new-link", "dana"]) == 0
    assert sets_password(desk, capsys.readouterr().out, "another good password")


def test_an_account_that_was_changed_in_the_database_is_found_and_mended(
    desk: Services, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main([*ADD[:-1], "agent"])
    with sqlite3.connect(tmp_path / "refund-desk.db") as database:
        database.execute("UPDATE agents SET role = 'admin'")
    capsys.readouterr()
    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "account dana was changed outside: its role is admin, and was agent",
        "2 rows verified, 1 problems",
    ]
    assert main(["desk", "change-agent", "dana", "--name", "D"]) == 2
    assert "changed outside of Refund Desk" in capsys.readouterr().err
    assert main(["desk", "mend-agent", "dana"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Mended dana  Dana  agent\n") and sets_password(desk, out)
    assert main(["audit", "verify"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ADD, "taken"),
        (["desk", "add-agent", "x y", "--name", "X", "--role", "agent"], "login"),
        ([*ADD[:2], "kim", *ADD[3:], "--picture", "nowhere.png"], "nowhere.png"),
        ([*ADD[:2], "kim", *ADD[3:], "--picture", "pyproject.toml"], "PNG"),
        (["desk", "change-agent", "nobody", "--disable"], "no agent"),
        (["desk", "change-agent", "dana"], "nothing to change"),
        (["desk", "new-link", "nobody"], "no agent"),
        (["desk", "reset-second-factor", "dana"], "no second factor"),
        (["desk", "mend-agent", "dana"], "as it was recorded"),
        (["desk", "mend-agent", "nobody"], "no agent"),
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

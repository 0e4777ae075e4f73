"""A home that can't be written to is no reason to fail: what starts gets one in the data folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.settings import PROJECT
from bot.training import keep_home_writable

NO_HOMES = ["/proc/nowhere", "/proc", "/dev/null", "", None]
"""One that does not exist, one in which not even root can write, a file, none, and not set."""


@pytest.mark.parametrize("home", NO_HOMES)
def test_the_command_and_its_children_get_a_home_of_their_own(
    home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False) if home is None else monkeypatch.setenv("HOME", home)
    keep_home_writable(tmp_path / "data")
    assert os.environ["HOME"] == str(tmp_path / "data" / "home")
    (Path.home() / ".cache").mkdir()


def test_a_home_that_can_be_written_to_stays_and_nothing_is_left_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    keep_home_writable(tmp_path / "data")
    assert os.environ["HOME"] == str(tmp_path) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", NO_HOMES)
def test_make_gives_what_it_starts_a_home_that_can_be_written_to(home: str | None) -> None:
    """Also the installer, which gives up without one, and the Python of the user's own pyenv is still found."""
    assert made(home) == (str(PROJECT / "var" / "home"), f"{home or ''}/.pyenv")


def test_make_leaves_a_home_that_can_be_written_to(tmp_path: Path) -> None:
    assert made(str(tmp_path)) == (str(tmp_path), "") and list(tmp_path.iterdir()) == []


def made(home: str | None) -> tuple[str, str]:
    """HOME and PYENV_ROOT as a target of make sees them."""
    environment = {"PATH": os.environ["PATH"], **({} if home is None else {"HOME": home})}
    command = ["make", "--no-print-directory", "--eval", 'seen: ; @echo "$$HOME:$$PYENV_ROOT"', "seen"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    found, _, pyenv = done.stdout.strip().partition(":")
    return found, pyenv

"""The reference is made from the code, and says something about all of it; the texts at the root lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import PROJECT, fields
from scripts.docs_hooks import command_reference, described, root_text, settings_tables, shipped

ROOT_TEXTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "findings/README.md")


@pytest.mark.parametrize("name", list(fields()))
def test_each_setting_says_what_it_means(name: str) -> None:
    assert described(fields()[name]).endswith(".")
    page = fields()[name].field_info.extra.get("page", "index.md")
    assert (PROJECT / "docs" / page).is_file()


def test_the_tables_have_each_setting_once_and_mark_the_secrets() -> None:
    tables = settings_tables("reference/settings.md")
    rows = re.findall(r"^\| `REFUND_DESK_(\w+)`", tables, re.M)
    assert sorted(rows) == sorted(name.upper() for name in fields())
    assert "| `REFUND_DESK_SECRET` * |" in tables and "| `REFUND_DESK_HOME` |" in tables
    assert "(../connect/slack.md)" in tables and str(PROJECT) not in tables


def test_the_reference_has_each_verb_as_the_command_prints_it() -> None:
    reference = command_reference()
    for verb in ("run", "policy check", "post-mail", "desk add-agent"):
        assert f"\n## {verb}\n" in reference and f"usage: refund-desk {verb} " in reference


def test_what_ships_is_what_the_project_needs_and_no_more() -> None:
    assert {"rasa", "psycopg2-binary", "tensorflow"} <= shipped()
    assert not {"pytest", "ruff", "mkdocs-material"} & shipped()


@pytest.mark.parametrize("name", ROOT_TEXTS)
def test_the_links_of_a_text_at_the_root_lead_to_files(name: str) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", (PROJECT / name).read_text("utf-8")):
        assert link.startswith("https://") or (PROJECT / name).parent.joinpath(link).is_file(), link


def test_a_text_at_the_root_leads_to_pages_of_the_site_when_it_is_one() -> None:
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", root_text("CONTRIBUTING.md")) if "://" not in link]
    assert links and all((PROJECT / "docs" / Path(link)).is_file() for link in links)


@pytest.mark.parametrize("recipe", ["policy question", "intent", "reason", "product kind"])
def test_a_recipe_changes_as_many_files_as_the_table_says(recipe: str) -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    steps = re.split(r"^## Add an? ", text, flags=re.M)
    (told,) = [step for step in steps if step.startswith(f"{recipe}\n")]
    numbered = re.split(r"^\d+\. See that it is whole", told, flags=re.M)[0]
    files = set(re.findall(r"`((?:bot|actions|data|docs)/[\w/.]+|domain\.yml)`", numbered))
    counted = re.search(rf"^\| \[an? {recipe}\]\(\S+\) \| 0 \| (\d+) \|", text, re.M)
    assert counted and int(counted[1]) == len(files), sorted(files)
    assert all((PROJECT / file).exists() for file in files)


def test_what_the_page_of_security_says_is_shown_by_tests_that_are_there() -> None:
    folder = ""
    for name in re.findall(r"`((?:tests/|test_)[\w/.]+)`", (PROJECT / "docs" / "security.md").read_text("utf-8")):
        folder = name.rpartition("/")[0] if "/" in name else folder
        assert (PROJECT / folder / name.rpartition("/")[2]).exists(), f"{folder}/{name}"

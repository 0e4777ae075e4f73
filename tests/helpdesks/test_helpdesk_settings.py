"""A help desk that is not set up is told at the start, by the names of what is missing; the doctor asks the rest."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.bootstrap import open_helpdesk
from bot.connectors.choices import HelpdeskChoice
from bot.settings import Settings, SettingsError, load_settings
from tests.helpdesks.desk_people import PEOPLE, ChatwootPeople, People


@pytest.fixture(params=PEOPLE, ids=lambda people: people.name)
def people(request: pytest.FixtureRequest) -> Any:
    """The people of each help desk."""
    people: People = request.param()
    people.start()
    yield people
    people.stop()


def test_what_is_missing_is_named(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = people.settings()
    for name, value in settings.items():
        monkeypatch.setenv(f"REFUND_DESK_{name.upper()}", value)
    assert load_settings()[HelpdeskChoice].helpdesk == people.name
    needed = [name for name in settings if name not in ("helpdesk", "smtp_url", "helpdesk_inbox_secret")]
    if people.name == "slack":
        needed.remove("helpdesk_url")
    for name in needed:
        monkeypatch.setenv(f"REFUND_DESK_{name.upper()}", "")
        with pytest.raises(SettingsError) as error:
            load_settings()
        assert f"REFUND_DESK_{name.upper()}" in str(error.value)
        monkeypatch.setenv(f"REFUND_DESK_{name.upper()}", settings[name])


def test_our_own_desk_needs_nothing() -> None:
    assert open_helpdesk(Settings()) is None


@pytest.mark.parametrize(
    "url", ["http://helpdesk.example", "https://user:password@helpdesk.example", "https://x.example?a=b"]
)
def test_a_url_that_can_not_be_used(url: str) -> None:
    settings = Settings(helpdesk="webhook", helpdesk_url=url, helpdesk_secret="webhook-secret-0123456789")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="REFUND_DESK_HELPDESK_URL"):
        open_helpdesk(settings)


def test_the_doctor(people: People) -> None:
    doctor = pytest.importorskip("bot.commands.doctor")
    assert doctor
    from bot.commands.doctor_connectors import CHECKS

    check = dict(CHECKS)["help_desk"]
    given: dict[str, Any] = people.settings()
    settings = Settings(public_url="https://desk.example", **given)
    assert all(finding.ok for finding in check(settings))
    assert [finding.ok for finding in check(Settings(**given))] == [True, False]  # no links
    if "helpdesk_token" in given:
        broken = next(iter(check(Settings(**{**given, "helpdesk_token": "another-token-0123456789"}))))
        assert "REFUND_DESK_HELPDESK_TOKEN" in broken.fix
        assert "another-token" not in broken.says + broken.fix
    people.stop()
    assert not next(iter(check(settings))).ok
    people.start()


CHATWOOT = "REFUND_DESK_HELPDESK_"


@pytest.mark.parametrize(
    ("wrong", "blamed"),
    [
        ({}, []),
        ({"helpdesk_token": "another-token-0123456789"}, ["TOKEN"]),
        ({"helpdesk_token": "chatwoot-agent-token-0123456789"}, ["TOKEN"]),
        ({"helpdesk_agent_token": "another-token-0123456789"}, ["AGENT_TOKEN"]),
        ({"helpdesk_agent_token": "chatwoot-token-0123456789"}, ["AGENT_TOKEN"]),
        ({"helpdesk_account": "8"}, ["ACCOUNT"]),
        ({"helpdesk_inbox": "4"}, ["INBOX"]),
        ({"helpdesk_secret": "another-secret-0123456789"}, ["SECRET"]),
        ({"helpdesk_inbox_secret": "another-secret-0123456789"}, ["INBOX_SECRET"]),
        ({"helpdesk_inbox_secret": ""}, ["INBOX_SECRET"]),
    ],
)
def test_the_doctor_names_what_chatwoot_does_not_take(wrong: dict[str, str], blamed: list[str]) -> None:
    from bot.commands.doctor_connectors import CHECKS

    people = ChatwootPeople()
    people.start()
    check = dict(CHECKS)["help_desk"]
    given: dict[str, Any] = {**people.settings(), "public_url": "https://desk.example", **wrong}
    finding = next(iter(check(Settings(**given))))
    named = re.findall(rf"{CHATWOOT}([A-Z_]+)", finding.fix)
    assert (finding.ok, named) == (not blamed, blamed), finding
    assert "0123456789" not in finding.says + finding.fix
    people.stop()


def test_the_doctor_says_when_chatwoot_shows_no_secrets() -> None:
    from bot.commands.doctor_connectors import CHECKS

    people = ChatwootPeople()
    people.start()
    check = dict(CHECKS)["help_desk"]
    settings = Settings(**people.settings())  # type: ignore[arg-type]
    assert "has our secrets" in next(iter(check(settings))).says
    people.desk.is_administrator = False
    assert "has our secrets" not in next(iter(check(settings))).says
    people.desk.channel_type = "Channel::WebWidget"
    assert "not of the kind API" in next(iter(check(settings))).says
    people.desk.may_see = False
    assert "may not see the inbox" in next(iter(check(settings))).says
    people.stop()

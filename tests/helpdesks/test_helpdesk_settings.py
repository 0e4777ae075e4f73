"""A help desk that is not set up is told at the start, by the names of what is missing; the doctor asks the rest."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bootstrap import open_helpdesk
from bot.connectors.choices import HelpdeskChoice
from bot.settings import Settings, SettingsError, load_settings
from tests.helpdesks.desk_people import PEOPLE, People


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
    needed = [name for name in settings if name not in ("helpdesk", "smtp_url")]
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

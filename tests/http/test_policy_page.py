"""The page of the terms shows today's, or those of the version that is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sanic import Sanic
from sanic.compat import Header
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.services import Services
from bot.http.pages.documents import Documents
from bot.http.pages.visits import Visit, Visits
from bot.http.shared import Shared
from bot.settings import Settings
from tests.policy.policy_builders import ny, two_fees
from tests.store_builders import Clock

APP = Sanic("policy_page")


@pytest.fixture
def visits(services: Services, clock: Clock) -> Visits:
    """The pages in 2027, when the fee has become 10 %."""
    clock.now = ny("2027-05-05 12:00")
    return Visits(Shared(APP, replace(services, policy=two_fees()), Settings()))


def shown(visits: Visits, query: str = "") -> tuple[int, str]:
    """The page of the terms: status and text."""
    request = Request(f"/policy{query}".encode(), Header({}), "1.1", "GET", None, APP)  # type: ignore[arg-type]
    request.conn_info = SimpleNamespace(client_ip="127.0.0.1")  # type: ignore[assignment]
    answer = asyncio.run(Documents(visits).policy(Visit(visits, request, "/policy"), request))
    assert isinstance(answer, HTTPResponse) and answer.body is not None
    return answer.status, answer.body.decode()


def test_without_a_version_the_terms_are_todays(visits: Visits) -> None:
    status, text = shown(visits)
    assert status == 200 and "Version 2027-01, in force since Friday, January 1, 2027" in text
    assert "The fee is normally 10% of that balance" in text and "not the terms of today" not in text


def test_a_version_that_is_past_has_its_own_figures_and_says_so(visits: Visits) -> None:
    status, text = shown(visits, "?version=2020-01")
    assert status == 200
    assert "Version 2020-01, in force from Saturday, January 1, 2000 to Thursday, December 31, 2026" in text
    assert "The fee is normally 12% of that balance" in text
    assert 'not the terms of today. <a href="/policy">' in text


def test_a_version_that_is_to_come_says_from_when(visits: Visits, clock: Clock) -> None:
    clock.now = ny("2026-05-06 12:00")
    assert "Version 2027-01, in force from Friday, January 1, 2027 on;" in shown(visits, "?version=2027-01")[1]
    assert "Version 2020-01, in force from Saturday, January 1, 2000 to Thursday" in shown(visits)[1]


@pytest.mark.parametrize("version", ["1999-12", "none", "%3Cb%3E", "2020-01%20"])
def test_an_unknown_version_is_said_clearly(visits: Visits, version: str) -> None:
    status, text = shown(visits, f"?version={version}")
    assert status == 404 and "We have no terms of that version." in text and 'href="/policy">Go on' in text
    assert "<b>" not in text

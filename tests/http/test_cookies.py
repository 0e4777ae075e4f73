"""Cookies: how they are set, and which can be planted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sanic import Sanic
from sanic.compat import Header
from sanic.request import Request

from bot.cases.conversation.conversations import issue_secret
from bot.cases.services import Services
from bot.http.admission import COOKIE as REST
from bot.http.cookies import Cookie
from bot.http.desk import pages as desk
from bot.http.headers import SecurityHeaders
from bot.http.pages.visits import CHANNEL, Visits
from bot.http.pages.visits import COOKIE as PAGE
from bot.http.shared import Shared
from bot.setting_groups.server import ServerSettings, parse_networks
from bot.settings import Settings

COOKIES = [REST, PAGE, desk.COOKIE]
EDGE = SecurityHeaders(parse_networks(Settings()[ServerSettings].trusted_proxies), [])
APP = Sanic("cookies")


def asked(*cookies: str, https: bool = False) -> Request:
    """A request that came by way of a proxy on this machine."""
    headers: Any = [*(("cookie", cookie) for cookie in cookies), *([("x-forwarded-proto", "https")] if https else [])]
    request = Request(b"/", Header(headers), "1.1", "GET", None, APP)  # type: ignore[arg-type]
    request.conn_info = SimpleNamespace(client_ip="127.0.0.1")  # type: ignore[assignment]
    return request


@pytest.mark.parametrize("cookie", COOKIES, ids=lambda cookie: cookie.name)
def test_over_https_a_cookie_is_for_this_host_alone(cookie: Cookie) -> None:
    name, *parts = cookie.set(EDGE, asked(https=True), "value").split("; ")
    assert name == f"__Host-{cookie.name}=value"
    assert parts == ["Path=/", "HttpOnly", f"SameSite={cookie.same_site}", "Secure"], "no Domain"


@pytest.mark.parametrize("cookie", COOKIES, ids=lambda cookie: cookie.name)
def test_over_http_a_cookie_is_for_its_own_paths(cookie: Cookie) -> None:
    name, *parts = cookie.set(EDGE, asked(), "value").split("; ")
    assert name == f"{cookie.name}=value"
    assert parts == [f"Path={cookie.path}", "HttpOnly", f"SameSite={cookie.same_site}"]


@pytest.mark.parametrize("cookie", COOKIES, ids=lambda cookie: cookie.name)
def test_over_https_what_a_sibling_domain_can_plant_is_not_read(cookie: Cookie) -> None:
    own, planted = f"__Host-{cookie.name}=own", f"{cookie.name}=planted"
    assert cookie.of(EDGE, asked(planted, https=True)) is None
    for both in ((f"{planted}; {own}",), (f"{own}; {planted}",), (planted, own), (f"x={planted}; {own}",)):
        assert cookie.of(EDGE, asked(*both, https=True)) == "own"
    assert cookie.of(EDGE, asked(f"{own}; {planted}")) == "planted", "over http there is no other name"


@pytest.mark.parametrize("value", ["", "a b", "a,b", 'a"b', "ä", "a" * 201, "%00", "a=b"])
def test_what_is_no_value_of_ours_is_none(value: str) -> None:
    assert REST.of(EDGE, asked(f"{REST.name}={value}")) is None


@pytest.mark.parametrize("https", [True, False])
def test_a_page_knows_a_browser_by_a_secret_that_was_given_to_it(services: Services, https: bool) -> None:
    visits, name = Visits(Shared(APP, services, Settings())), "a" * 32
    prefix = "__Host-" if https else ""

    def known(value: str) -> bool:
        visitor = visits.visitor(asked(f"{prefix}{PAGE.name}={value}", https=https))
        return visitor.known and f"{visitor.name}.{visitor.secret}" == value

    given = issue_secret(services, CHANNEL)
    assert known(f"{name}.{given}")
    for planted in (
        f"{name}.{'A' * 43}",
        f"{name}.{given[:42]}{'A' if given[42] != 'A' else 'B'}",
        f"{name}.{issue_secret(services, 'rest')}",
        f"{name}.",
        f"{name.upper()}.{given}",
        f"{name}.{given}.{given}",
        given,
    ):
        assert not known(planted), planted
    new = visits.visitor(asked())
    assert not new.known and known(f"{new.name}.{new.secret}")

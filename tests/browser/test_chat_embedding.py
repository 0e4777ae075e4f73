"""The chat on pages of others: what they load, what they allow, and what a page that is not listed is told."""

from __future__ import annotations

import gzip
import importlib.resources
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shop_pages import ShopServer
from tests.browser.widget_page import ANSWER, QUESTION, ChatPage
from tests.e2e.running import Site

pytestmark = pytest.mark.browser
BEFORE_THE_CLICK, IN_ALL = 4_096, 25_600
"""Bytes, gzipped."""


def packed(name: str) -> int:
    """The gzipped size of a file of the widget."""
    return len(gzip.compress(importlib.resources.files("bot.web").joinpath("widget", name).read_bytes()))


def test_the_launcher_and_the_whole_chat_stay_small() -> None:
    folder = importlib.resources.files("bot.web").joinpath("widget")
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith((".js", ".css"))]
    assert packed("widget.js") <= BEFORE_THE_CLICK
    assert sum(map(packed, names)) + packed("lang/en.js") <= IN_ALL


def test_before_the_first_click_a_page_loads_the_launcher_and_nothing_else(
    desk: Site, shop: ShopServer, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(desk.url)))
    page.goto(shop.page(f'<script src="{desk.url}/widget.js" async></script>'))
    chat = ChatPage(page)
    expect(chat.launcher).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert [path for path in asked if path.startswith("/w")] == ["/widget.js"]
    assert page.evaluate("localStorage.length") == 0
    chat.open()
    names = [entry.name for entry in importlib.resources.files("bot.web").joinpath("widget").iterdir()]
    loaded = {path.removeprefix("/widget/") for path in asked if path.startswith("/widget/")}
    assert loaded <= {*names, "lang/en.js"}


@pytest.mark.parametrize("loading", ["", 'type="module"', "defer"])
def test_a_shop_adds_one_element_to_a_page_with_its_own_rules(
    desk: Site,
    shop: ShopServer,
    visit: Callable[..., ChatPage],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
    loading: str,
) -> None:
    script = (
        f'<script {loading} src="{desk.url}/widget.js" data-title="Shop help" data-position="left" data-theme="dark"'
        ' data-accent="#ffb300"></script>'
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; require-trusted-types-for 'script'"
    policy += "".join(f"; {kind}-src {desk.url}" for kind in ("script", "connect", "img"))
    chat = visit(shop.page(script, policy=policy))
    chat.open()
    expect(chat.panel).to_have_accessible_name("Shop help")
    assert chat.asks(QUESTION)
    box = chat.panel.bounding_box()
    assert box and box["x"] == 20
    color = chat.heard.last.locator(".text").evaluate("(text) => getComputedStyle(text).color")
    assert color != "rgb(255, 0, 0)", "the shop's styles stay outside"
    chat.page.reload()
    chat.hears(ANSWER)
    no_axe_violations(chat.page)
    if not loading:
        screenshot(chat.page, "chat-on-another-shop")


def test_a_page_that_is_not_listed_is_told_where_the_chat_is(
    desk: Site,
    strange_shop: ShopServer,
    visit: Callable[..., ChatPage],
    screenshot: Callable[[Page, str], None],
) -> None:
    chat = visit(strange_shop.page(f'<script src="{desk.url}/widget.js"></script>'), noisy=True)
    chat.launcher.click()
    expect(chat.notice).to_contain_text("This page isn't connected to the chat")
    expect(chat.notice.get_by_role("link")).to_have_attribute("href", f"{desk.url}/")
    expect(chat.input).to_be_disabled()
    screenshot(chat.page, "chat-not-listed")


def test_a_bad_token_is_said_and_not_worked_around(
    desk: Site, shop: ShopServer, visit: Callable[..., ChatPage]
) -> None:
    chat = visit(shop.page(f'<script src="{desk.url}/widget.js" data-token="old"></script>'), noisy=True)
    chat.launcher.click()
    expect(chat.notice).to_contain_text("Reload the page")


def test_when_the_chat_cannot_be_loaded_the_launcher_says_so(desk: Site, visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)
    chat.page.route("**/widget/panel.css", lambda route: route.abort())
    chat.launcher.click()
    expect(chat.page.get_by_text("The chat can't be loaded right now")).to_be_visible()
    chat.page.unroute("**/widget/panel.css")
    chat.open()


def test_a_page_that_asks_for_it_opens_the_chat_by_itself(
    desk: Site, shop: ShopServer, visit: Callable[..., ChatPage]
) -> None:
    chat = visit(shop.page(f'<script src="{desk.url}/widget.js" data-open></script>'))
    chat.has_heard(1)
    assert chat.page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize("path", ["/widget.js", "/widget/panel.js", "/widget/panel.css", "/widget/lang/es.js"])
@pytest.mark.parametrize("origin", [None, "https://any.example", "null"])
def test_the_files_of_the_widget_are_for_every_page_and_kept(desk: Site, path: str, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = httpx.get(desk.url + path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["content-type"] in ("text/javascript; charset=utf-8", "text/css; charset=utf-8")
    assert answer.headers["content-encoding"] == "gzip" and answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" not in answer.headers["cache-control"]
    again = httpx.get(desk.url + path, headers={**headers, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = httpx.get(desk.url + path, headers={**headers, "Accept-Encoding": "identity"})
    assert plain.content == answer.content and plain.headers["etag"] != answer.headers["etag"]

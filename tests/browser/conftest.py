"""A real browser, the running site, and two shops on other origins."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.settings import PROJECT
from tests.browser.chromium import LARGE, SECONDS, chromium, executable
from tests.browser.shop_pages import ShopServer
from tests.browser.widget_page import ChatPage
from tests.e2e.running import Site, running_site

SCREENSHOTS = PROJECT / "results" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, a new one for each module: while it runs, nothing else in this thread may run an event loop."""
    if executable() is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs chromium on the PATH: scripts/browser installs it")
        warnings.warn("NO CHROMIUM: the browser tests are skipped. scripts/browser installs it.", stacklevel=1)
        pytest.skip("no chromium")
    expect.set_options(timeout=SECONDS * 1000)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def shop() -> Iterator[ShopServer]:
    """A shop whose pages may use the chat."""
    with ShopServer() as server:
        yield server


@pytest.fixture(scope="session")
def strange_shop() -> Iterator[ShopServer]:
    """A shop that nobody has listed."""
    with ShopServer() as server:
        yield server


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory, shop: ShopServer) -> Iterator[Site]:
    """The running site, which lists the one shop."""
    with running_site(tmp_path_factory.mktemp("browser"), allowed_origins=shop.url) as site:
        yield site


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo with its shop."""
    with running_site(tmp_path_factory.mktemp("demo"), demo=True) as site:
        yield site


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts: customers who know nothing of each other. What a page says on its console as an error,
    and what it throws, fails the test, unless ``noisy``."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def make(*, noisy: bool = False, **options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": LARGE, "locale": "en-US", **options})
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        if not noisy:
            context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            context.on("weberror", lambda error: said.append(str(error.error)))
        return context

    yield make
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def visit(desk: Site, new_context: Callable[..., BrowserContext]) -> Callable[..., ChatPage]:
    """Opens the first page, or another address, as a new customer."""

    def opened(url: str | None = None, **options: Any) -> ChatPage:
        page = new_context(**options).new_page()
        page.goto(url or desk.url)
        return ChatPage(page)

    return opened


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Keeps what a page looks like, for CI to keep."""

    def take(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", caret="initial")

    return take


@pytest.fixture
def no_axe_violations() -> Callable[[Page], None]:
    """Asserts that axe finds nothing on a page, with all of its rules."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        lines = [
            f"{rule['id']} ({rule['impact']}): {rule['help']}\n    {node['target']}\n    {node['html'][:200]}\n"
            f"    {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]
        assert not lines, "\n".join(["axe found:", *lines])

    return check

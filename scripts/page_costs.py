"""What the chat costs a page: bytes, requests, and how long until it can be used. Figures, no judgement.

make bench
"""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request

from tests.browser.chromium import chromium, executable
from tests.e2e.running import environment, wait_for
from tests.ports import free_port

PROJECT = Path(__file__).resolve().parent.parent

WIDGET = PROJECT / "bot" / "web" / "widget"
TIMES = 5
_READY = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
_STABLE = "() => document.querySelector('refund-desk-chat')?.shadowRoot?.querySelector('.launcher')"


@dataclass
class Costs:
    """Of one visit: requests and their bytes on the line before and after the click, and times in ms."""

    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    ready: float = 0.0
    launcher: float = 0.0
    panel: float = 0.0
    greeting: float = 0.0


def main() -> None:
    """Print the sizes of the files, and what Chromium measures on the demo page."""
    files = [*WIDGET.glob("*.js"), *WIDGET.glob("*.css"), WIDGET / "lang" / "en.js"]
    print(f"chat, before the first click: {packed(WIDGET / 'widget.js'):,} bytes gzipped; ", end="")
    print(f"in all: {sum(map(packed, files)):,} bytes in {len(files)} files")
    if executable() is None:
        print("no chromium on the PATH: page times are not measured")
        return
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = [sys.executable, "-m", "bot", "run", "--demo", "--no-browser", "--port", str(port)]
        process = subprocess.Popen(command, cwd=PROJECT, env=environment(Path(home)), stdin=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, process)
            with chromium() as browser:
                visit(browser, url)
                visits = [visit(browser, url) for _ in range(TIMES)]
        finally:
            process.terminate()
            process.wait(30)
    first = visits[0]
    print(f"demo page: {len(first.before)} requests, {sum(first.before):,} bytes on the line; ", end="")
    print(f"opening the chat: {len(first.after)} more, {sum(first.after):,} bytes")
    times = ("ready", "launcher", "panel", "greeting")
    middle = {name: statistics.median(getattr(one, name) for one in visits) for name in times}
    print(f"demo page: parsed after {middle['ready']:.0f} ms, chat can be opened after {middle['launcher']:.0f} ms")
    print(f"from the click: panel open after {middle['panel']:.0f} ms, greeting after {middle['greeting']:.0f} ms")


def visit(browser: Browser, url: str) -> Costs:
    """Open the demo page as somebody new, then the chat."""
    costs = Costs()
    context = browser.new_context()
    page = context.new_page()
    counted: list[Request] = []
    page.on("requestfinished", lambda request: counted.append(request))
    page.goto(url)
    page.wait_for_function(_STABLE)
    costs.launcher = now(page)
    costs.ready = page.evaluate(_READY)
    page.wait_for_load_state("networkidle")
    costs.before = [size(request) for request in counted]
    clicked = now(page)
    page.locator("refund-desk-chat .launcher").click()
    page.get_by_role("dialog").wait_for()
    costs.panel = now(page) - clicked
    page.locator("refund-desk-chat .entry.bot").first.wait_for()
    costs.greeting = now(page) - clicked
    costs.after = [size(request) for request in counted[len(costs.before) :]]
    context.close()
    return costs


def now(page: Page) -> float:
    """The page's clock, in ms since it was asked for."""
    value: float = page.evaluate("performance.now()")
    return value


def size(request: Request) -> int:
    """Bytes of an answer on the line, with its headers."""
    sizes = request.sizes()
    return sizes["responseHeadersSize"] + sizes["responseBodySize"]


def packed(path: Path) -> int:
    """The gzipped size of a file."""
    return len(gzip.compress(path.read_bytes()))


if __name__ == "__main__":
    main()

"""Debian's Chromium, driven by Playwright: no page and no setting of whoever runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

SECONDS = 20
"""How long anything on a page may take."""
_ARGUMENTS = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
)


def executable() -> str | None:
    """Where it is, if anywhere."""
    return shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started and stopped. While it runs, the thread counts as one with a running event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
        yield browser
        browser.close()

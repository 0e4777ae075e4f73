"""Debian's Chromium, driven by Playwright: no page and no setting of whoever runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

SECONDS = 20
"""How long anything on a page may take."""
LARGE = {"width": 1280, "height": 850}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
"""Screens."""
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

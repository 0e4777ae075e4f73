"""A whole refund in the chat, as different customers do it; the outcome is read from the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE
from tests.browser.widget_page import ChatPage
from tests.e2e.running import Site

pytestmark = pytest.mark.browser
REFERENCE = re.compile(r"RD-[34679ACDEFGHJKMNPQRTWXY]{6}")

FOCUSED = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute('aria-label') || element?.textContent || '';
}"""


def test_a_refund_by_mouse(desk: Site, visit: Callable[..., ChatPage], screenshot: Callable[[Page, str], None]) -> None:
    number, email = desk.order()
    chat = visit()
    screenshot(chat.page, "first-page")
    chat.open()
    screenshot(chat.page, "chat-open")
    chat.reaches_the_quote(number, email)
    screenshot(chat.page, "chat-quote")
    for label, value in (("Paid", "$50.00"), ("Fee", "$6.00"), ("Refund", "$44.00")):
        expect(chat.card.locator(".row", has=chat.page.get_by_text(label, exact=True))).to_contain_text(value)
    expect(chat.card.get_by_role("link", name="R7")).to_have_attribute("href", f"{desk.url}/policy?version=2020-01#R7")
    assert desk.order_status(number) == "active"

    chat.presses("Confirm")

    expect(chat.heard.last).to_contain_text("$44.00 is recorded")
    assert desk.order_status(number) == "refund_pending"
    expect(chat.panel.get_by_role("button", name="Confirm")).to_have_count(0)
    screenshot(chat.page, "chat-done")
    assert REFERENCE.search(chat.heard.last.inner_text())


def test_the_reference_is_copied_and_the_transcript_downloaded(
    desk: Site, visit: Callable[..., ChatPage], tmp_path: Path
) -> None:
    number, email = desk.order()
    chat = visit(permissions=["clipboard-read", "clipboard-write"])
    chat.open()
    chat.reaches_the_quote(number, email)
    chat.presses("Confirm")
    match = REFERENCE.search(chat.heard.last.inner_text())
    assert match is not None

    chat.card.get_by_role("button", name=f"Copy {match.group()}").click()
    expect(chat.card.get_by_role("button", name=f"Copied {match.group()}")).to_be_focused()
    assert chat.page.evaluate("navigator.clipboard.readText()") == match.group()

    chat.button("More options").click()
    with chat.page.expect_download() as download:
        chat.button("Download the transcript").click()
    download.value.save_as(tmp_path / "transcript.txt")
    written = (tmp_path / "transcript.txt").read_text()
    assert f"You: {number}" in written and "You: Confirm" in written and match.group() in written
    assert written.index(number) < written.index("$44.00") < written.index("You: Confirm")


def test_a_refund_by_keyboard_only(desk: Site, visit: Callable[..., ChatPage]) -> None:
    number, email = desk.order()
    chat = visit()
    keys = chat.page.keyboard

    def tab_to(name: str, back: bool = False) -> None:
        for _ in range(80):
            keys.press("Shift+Tab" if back else "Tab")
            focused = chat.page.evaluate(FOCUSED)
            if focused == name:
                return
        raise AssertionError(f"no key leads to {name}")

    def answered_after(key: str) -> None:
        before = chat.heard.count()
        keys.press(key)
        chat.has_heard(before + 1)
        expect(chat.input).to_be_focused()

    tab_to("Refund Desk")
    answered_after("Enter")
    tab_to("I want a refund", back=True)
    answered_after("Enter")
    for text in (number, email):
        keys.type(text)
        answered_after("Enter")
    tab_to("I changed my mind", back=True)
    answered_after("Space")
    keys.type("store")
    keys.press("Shift+Enter")
    keys.type("wallet")
    answered_after("Enter")
    expect(chat.mine.last).to_contain_text("store\nwallet", use_inner_text=True)
    expect(chat.card).to_contain_text("$44.00")
    tab_to("Confirm", back=True)
    answered_after("Enter")
    assert desk.order_status(number) == "refund_pending"

    # The chat does not hold the focus: the page goes on behind its last control.
    tab_to("Send")
    keys.press("Tab")
    assert chat.page.evaluate("document.activeElement.localName") != "refund-desk-chat"
    keys.press("Shift+Tab")
    keys.press("Escape")
    expect(chat.panel).to_have_count(0)
    expect(chat.launcher).to_be_focused()


def test_a_refund_on_a_phone(
    desk: Site, visit: Callable[..., ChatPage], screenshot: Callable[[Page, str], None]
) -> None:
    number, email = desk.order()
    chat = visit(**PHONE)
    screenshot(chat.page, "phone-first-page")
    chat.launcher.tap()
    chat.has_heard(1)
    box = chat.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 780}
    chat.reaches_the_quote(number, email)
    screenshot(chat.page, "phone-quote")
    chat.button("Confirm").tap()
    expect(chat.heard.last).to_contain_text("Done")
    assert desk.order_status(number) == "refund_pending"
    wide: Any = chat.page.evaluate("document.documentElement.scrollWidth")
    assert wide == 390

    # Over the whole screen, the focus stays inside.
    inside = "() => document.activeElement === document.body || document.activeElement.localName === 'refund-desk-chat'"
    for _ in range(25):
        chat.page.keyboard.press("Tab")
        assert chat.page.evaluate(inside)
    chat.button("Close the chat").tap()
    expect(chat.panel).to_have_count(0)
    expect(chat.launcher).to_be_focused()


def test_pressing_a_demo_order_puts_it_into_the_chat(
    demo: Site,
    visit: Callable[..., ChatPage],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    chat = visit(demo.url)
    expect(chat.page.get_by_text("This is a demo: orders and shop are made up")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Use CC-104240 in the chat")).to_be_visible()
    screenshot(chat.page, "demo")
    for scheme in ("light", "dark"):
        chat.page.emulate_media(color_scheme=scheme)
        no_axe_violations(chat.page)
    chat.page.get_by_role("button", name="Use CC-104240 in the chat").click()
    expect(chat.input).to_have_value("CC-104240, bella@example.com")
    expect(chat.input).to_be_focused()
    assert chat.mine.count() == 0

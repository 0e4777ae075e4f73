"""For whom the chat works: screen readers, the dark, other directions of writing, high contrast, little motion."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE
from tests.browser.shop_pages import ShopServer
from tests.browser.widget_page import ANSWER, QUESTION, ChatPage
from tests.e2e.running import Site

pytestmark = pytest.mark.browser
READ_OUT = """
    window.readOut = [];
    const timer = setInterval(() => {
        const log = document.querySelector('refund-desk-chat')?.shadowRoot?.querySelector('[role=log]');
        if (!log) return;
        clearInterval(timer);
        const isLive = () => log.getAttribute('aria-live') !== 'off';
        const heard = (nodes) => isLive() && readOut.push(...nodes.map((node) => node.textContent));
        const added = (changes) => changes.flatMap((change) => [...change.addedNodes]);
        new MutationObserver((changes) => heard(added(changes).filter((node) => node.matches?.('.entry'))))
            .observe(log, { childList: true });
    }, 1);
"""
"""What a screen reader would read out of the messages."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["large", "phone"])
def test_axe_finds_nothing_at_any_step(
    desk: Site,
    visit: Callable[..., ChatPage],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
    scheme: str,
    size: str,
) -> None:
    number, email = desk.order()
    chat = visit(color_scheme=scheme, reduced_motion="reduce", **(PHONE if size == "phone" else {}))
    expect(chat.launcher).to_be_visible()
    no_axe_violations(chat.page)
    chat.open()
    no_axe_violations(chat.page)
    chat.reaches_the_quote(number, email)
    no_axe_violations(chat.page)
    screenshot(chat.page, f"axe-{scheme}-{size}-quote")
    chat.button("More options").click()
    no_axe_violations(chat.page)
    chat.button("Clear this chat").click()
    no_axe_violations(chat.page)
    chat.button("Keep").click()
    chat.presses("Confirm")
    no_axe_violations(chat.page)
    screenshot(chat.page, f"axe-{scheme}-{size}-done")


@pytest.mark.parametrize("accent", ["#ffd400", "#0b57d0", "#777", "rebeccapurple", "hsl(140 80% 40%)", "#000", "#fff"])
def test_any_accent_can_be_read(
    visit: Callable[..., ChatPage],
    desk: Site,
    shop: ShopServer,
    no_axe_violations: Callable[[Page], None],
    accent: str,
) -> None:
    script = f'<script src="{desk.url}/widget.js" data-accent="{accent}" data-title="Help" data-theme="light"></script>'
    chat = visit(shop.page(script))
    chat.open()
    chat.says(QUESTION)
    chat.hears(ANSWER)
    no_axe_violations(chat.page)


def test_what_is_new_is_read_out_and_what_is_old_is_not(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.page.add_init_script(READ_OUT)
    chat.page.reload()
    chat.open()
    chat.asks(QUESTION)
    said = chat.texts()
    assert len(chat.page.evaluate("readOut")) == len(said), "the greeting, the question and the answer, each once"
    chat.page.reload()
    expect(chat.page.locator("refund-desk-chat .text")).to_have_count(len(said))
    assert chat.page.evaluate("readOut") == []
    chat.asks("thanks")
    assert len(chat.page.evaluate("readOut")) == 2


def test_a_page_that_is_written_from_right_to_left(
    desk: Site,
    visit: Callable[..., ChatPage],
    shop: ShopServer,
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    number, email = desk.order()
    chat = visit(shop.page(f'<script src="{desk.url}/widget.js"></script>', lang="he", dir="rtl"))
    box = chat.launcher.bounding_box()
    assert box and box["x"] < 100, "the launcher is where such pages end"
    chat.open()
    chat.reaches_the_quote(number, email)
    answer, mine = chat.heard.nth(1).locator(".bubble").bounding_box(), chat.mine.last.locator(".bubble").bounding_box()
    assert answer and mine and mine["x"] < answer["x"], "the customer's side is the left"
    assert chat.page.locator("refund-desk-chat .entry .avatar").last.bounding_box()["x"] > 300  # type: ignore[index]
    button = chat.button("Confirm").bounding_box()
    change = chat.button("Change").bounding_box()
    assert button and change and button["x"] > change["x"], "the first button is at the right"
    chat.says("שלום, אני רוצה החזר")
    direction = chat.mine.last.locator(".text").evaluate("(text) => getComputedStyle(text).direction")
    english = chat.mine.nth(-2).locator(".text").evaluate("(text) => getComputedStyle(text).direction")
    assert (direction, english) == ("rtl", "ltr")
    no_axe_violations(chat.page)
    screenshot(chat.page, "chat-rtl")


def test_in_spanish_the_chat_speaks_spanish_around_what_the_bot_says(
    desk: Site, visit: Callable[..., ChatPage], shop: ShopServer
) -> None:
    chat = visit(shop.page(f'<script src="{desk.url}/widget.js" data-lang="es-MX"></script>', lang="es"))
    chat.open()
    expect(chat.input).to_have_attribute("placeholder", "Escriba un mensaje")
    expect(chat.panel).to_have_attribute("lang", "es")


def test_an_unknown_language_gets_english(desk: Site, visit: Callable[..., ChatPage], shop: ShopServer) -> None:
    chat = visit(shop.page(f'<script src="{desk.url}/widget.js" data-lang="tlh"></script>'))
    chat.open()
    expect(chat.input).to_have_attribute("placeholder", "Write a message")


def test_with_forced_colors_everything_has_an_edge(
    desk: Site, visit: Callable[..., ChatPage], screenshot: Callable[[Page, str], None]
) -> None:
    number, email = desk.order()
    chat = visit(forced_colors="active")
    chat.open()
    chat.reaches_the_quote(number, email)
    for part in (chat.mine.last.locator(".bubble"), chat.button("Confirm"), chat.button("Send"), chat.launcher):
        edge, width, ground = part.evaluate(
            "(e) => [getComputedStyle(e).borderTopColor, getComputedStyle(e).borderTopWidth,"
            " getComputedStyle(e).backgroundColor]"
        )
        assert edge != ground and width != "0px"
    screenshot(chat.page, "chat-forced-colors")


def test_whoever_wants_no_motion_gets_none(visit: Callable[..., ChatPage]) -> None:
    chat = visit(reduced_motion="reduce")
    chat.open()
    moving = "(host) => host.shadowRoot.getAnimations().filter((one) => one.playState === 'running').length"
    chat.says(QUESTION)
    assert chat.page.locator("refund-desk-chat").evaluate(moving) == 0


def test_every_control_is_large_enough_to_hit(desk: Site, visit: Callable[..., ChatPage]) -> None:
    number, email = desk.order()
    chat = visit()
    chat.open()
    chat.reaches_the_quote(number, email)
    chat.button("More options").click()
    controls = chat.page.locator("refund-desk-chat :is(button, a, textarea):visible")
    for control in controls.all():
        box = control.bounding_box()
        assert box and box["width"] >= 24 and box["height"] >= 24, control.inner_text()


def test_a_long_message_counts_down_and_ends_at_2000_characters(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.open()
    count = chat.page.locator("refund-desk-chat #count")
    chat.input.fill("x" * 1_799)
    expect(count).to_be_hidden()
    chat.input.fill("x" * 1_999)
    expect(count).to_have_text("1 character left")
    chat.input.press_sequentially("yz")
    expect(chat.input).to_have_value("x" * 1_999 + "y")


def test_what_looks_like_markup_is_shown_as_it_is_and_only_safe_addresses_are_links(
    visit: Callable[..., ChatPage],
) -> None:
    chat = visit()
    chat.open()
    text = "<img src=x onerror=alert(1)> javascript:alert(1) https://shop.example/a?b=1. and (http://shop.example/c)"
    chat.says(text)
    expect(chat.mine.last.locator(".text")).to_have_text(text)
    links = chat.mine.last.get_by_role("link")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://shop.example/a?b=1",
        "http://shop.example/c",
    ]
    assert all("noopener" in (link.get_attribute("rel") or "") for link in links.all())
    expect(chat.mine.last.locator("img")).to_have_count(0)

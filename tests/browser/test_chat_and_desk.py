"""A customer in the chat and somebody at the desk, each with a page of their own, until the money is agreed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.cases.desk.accounts import make_link
from bot.cases.model import CaseState, Role
from tests.browser.chromium import PHONE
from tests.browser.widget_page import ANSWER, QUESTION, ChatPage
from tests.desk_builders import app_code, signed_up
from tests.e2e.running import Site

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
PASSWORD = "a password of some length"


@pytest.fixture(scope="module")
def dana(desk: Site) -> str:
    """Somebody at the desk: what they sign in with."""
    signed_up(desk.services, "dana", "Dana", Role.LEAD, PASSWORD)
    return "dana"


def signed_in(desk: Site, context: BrowserContext, login: str) -> Page:
    page = context.new_page()
    page.goto(f"{desk.url}/desk")
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def asks_for_review(desk: Site, chat: ChatPage) -> tuple[str, str]:
    """A refund whose reason a person has to read: the order's number, and the case's reference."""
    number, email = desk.order()
    chat.presses("I want a refund")
    chat.asks(number)
    chat.asks(email)
    chat.asks("it is the wrong product")
    if chat.button("Store wallet").count():
        chat.presses("Store wallet")
    expect(chat.heard.last).to_contain_text("A person has to decide")
    return number, re.findall(r"RD-[A-Z0-9]{6}", chat.heard.last.inner_text())[0]


def test_customer_and_agent_talk_and_agree(
    desk: Site,
    dana: str,
    visit: Callable[..., ChatPage],
    new_context: Callable[..., BrowserContext],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    chat = visit()
    chat.open()
    number, reference = asks_for_review(desk, chat)

    agent = signed_in(desk, new_context(bypass_csp=True), dana)
    expect(agent.get_by_text(number).first).to_be_visible()
    no_axe_violations(agent)
    screenshot(agent, "desk-queue")
    agent.locator(f"a[href$='{reference}']").click()
    agent.get_by_role("button", name="Take").first.click()
    expect(chat.panel).to_contain_text("Dana joined")

    agent.locator("#text").fill("Hello, Dana here. Which product did you want?")
    agent.get_by_role("button", name="Send", exact=True).click()
    chat.hears("Which product did you want?")
    heard = chat.heard.count()
    chat.says("The card for Europe")
    expect(agent.get_by_text("The card for Europe")).to_be_visible()
    assert chat.heard.count() == heard, "the bot is silent while a person has the conversation"
    expect(agent.locator("#live")).to_have_text("Live")
    no_axe_violations(agent)
    screenshot(agent, "desk-case")

    agent.locator("input[name=verdict][value=change]").check()
    agent.locator("#refund").fill("45.00")
    agent.locator("#fee").fill("5.00")
    agent.locator("#reason").fill("Half of the fee, since the products look alike.")
    agent.get_by_role("button", name="Go on").first.click()
    expect(agent.get_by_text("$45.00").first).to_be_visible()
    no_axe_violations(agent)
    screenshot(agent, "desk-confirm")
    agent.locator("button.primary").last.click()

    expect(chat.card).to_contain_text("$45.00")
    screenshot(chat.page, "chat-offer")
    with desk.services.unit_of_work() as uow:
        case = uow.cases.find(reference)
    assert case is not None and case.state is CaseState.APPROVED_BY_AGENT
    chat.button("Yes, go ahead").click()
    chat.hears("Thank you.")
    with desk.services.unit_of_work() as uow:
        case = uow.cases.find(reference)
    assert case is not None and case.state is CaseState.CONFIRMED
    assert desk.order_status(number) == "refund_pending"

    agent.reload()
    agent.get_by_role("button", name="Close").first.click()
    expect(chat.panel).to_contain_text("Dana left")
    screenshot(chat.page, "chat-rating")
    chat.panel.get_by_role("button", name="5").last.click()
    expect(chat.panel).to_contain_text("Thank")
    assert ANSWER in chat.asks(QUESTION), "the bot answers again"


def test_what_is_said_before_the_desk_listens_is_seen_once_it_does(
    desk: Site, dana: str, visit: Callable[..., ChatPage], new_context: Callable[..., BrowserContext]
) -> None:
    chat = visit()
    chat.open()
    _, reference = asks_for_review(desk, chat)
    agent = signed_in(desk, new_context(), dana)
    held: list[Route] = []
    agent.route(re.compile(r"/events$"), lambda route: held.append(route))
    agent.goto(f"{desk.url}/desk/cases/{reference}")
    chat.asks("One more thing")
    expect(agent.get_by_text("One more thing")).to_have_count(0)
    held[-1].continue_()
    expect(agent.get_by_role("log").get_by_text("One more thing")).to_be_visible()


def test_a_desk_that_finds_the_server_full_listens_again(
    desk: Site, dana: str, new_context: Callable[..., BrowserContext]
) -> None:
    """And loses nothing of what somebody has begun to write: the page is not loaded again."""
    agent = signed_in(desk, new_context(noisy=True), dana)
    expect(agent.locator("#live")).to_have_text("Live")
    tries: list[Route] = []

    def full(route: Route) -> None:
        tries.append(route)
        if len(tries) > 1:
            route.continue_()
        else:
            route.fulfill(status=503, json={"error": "come back"}, headers={"Retry-After": "5"})

    agent.route(re.compile(r"/desk/events$"), full)
    agent.reload()
    expect(agent.locator("#live")).to_have_text("Connecting …")
    agent.evaluate("window.kept = true")
    expect(agent.locator("#live")).to_have_text("Live")
    assert len(tries) == 2 and agent.evaluate("window.kept")


def test_the_desk_on_a_phone_and_in_the_dark(
    desk: Site,
    dana: str,
    visit: Callable[..., ChatPage],
    new_context: Callable[..., BrowserContext],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    chat = visit()
    chat.open()
    _, reference = asks_for_review(desk, chat)
    looks: dict[str, Any] = {"dark": {"color_scheme": "dark"}, "phone": PHONE}
    for name, options in looks.items():
        agent = signed_in(desk, new_context(bypass_csp=True, **options), dana)
        for page in ("", f"/cases/{reference}", "/insight"):
            agent.goto(f"{desk.url}/desk{page}")
            no_axe_violations(agent)
            screenshot(agent, f"desk-{name}{page.replace('/', '-').replace('-' + reference, '')}")


@pytest.mark.parametrize("path", ["/refund", "/cancel", "/withdraw", "/policy", "/desk"])
def test_axe_finds_nothing_on_the_plain_pages(
    desk: Site,
    path: str,
    new_context: Callable[..., BrowserContext],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    for scheme in ("light", "dark"):
        page = new_context(bypass_csp=True, color_scheme=scheme).new_page()
        page.goto(desk.url + path)
        no_axe_violations(page)
        screenshot(page, f"page{path.replace('/', '-')}-{scheme}")


def test_a_refund_on_the_plain_pages_without_script(
    desk: Site, new_context: Callable[..., BrowserContext], screenshot: Callable[[Page, str], None]
) -> None:
    number, email = desk.order()
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{desk.url}/refund")
    page.get_by_label("Order number").fill(number)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("I changed my mind").check()
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_text("$44.00").first).to_be_visible()
    screenshot(page, "page-quote")
    page.get_by_label("wallet").first.check()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Done")
    screenshot(page, "page-done")
    assert desk.order_status(number) == "refund_pending"
    page.get_by_role("link", name="receipt").first.click()
    expect(page.get_by_text("$44.00").first).to_be_visible()
    screenshot(page, "page-receipt")


def test_ones_own_account_is_for_everybody(
    desk: Site,
    new_context: Callable[..., BrowserContext],
    screenshot: Callable[[Page, str], None],
    no_axe_violations: Callable[[Page], None],
) -> None:
    signed_up(desk.services, "kim", "Kim", Role.LEAD, PASSWORD)
    agent = signed_in(desk, new_context(bypass_csp=True), "kim")
    agent.get_by_role("link", name="Your account").click()
    no_axe_violations(agent)
    agent.get_by_role("link", name="Set it up").click()
    no_axe_violations(agent)
    screenshot(agent, "second-factor")
    key = agent.locator("code.secret").inner_text()
    agent.get_by_label("The code that it shows now").fill(app_code(desk.services, key))
    agent.get_by_label("Your password").fill(PASSWORD)
    agent.get_by_role("button", name="Set it up").click()
    expect(agent.locator(".codes li")).to_have_count(10)
    no_axe_violations(agent)
    again = signed_in(desk, new_context(bypass_csp=True), "kim")
    no_axe_violations(again)
    again.get_by_label("Code").fill(app_code(desk.services, key, 1))
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("heading", name="Queue")).to_be_visible()
    agent.goto(f"{desk.url}/desk/link/{make_link(desk.services, 'kim')[1]}")
    no_axe_violations(agent)

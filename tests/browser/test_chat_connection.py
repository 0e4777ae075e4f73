"""What breaks between a browser and the server, and what a browser keeps: nothing is lost and nothing is doubled."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.widget_page import ANSWER, QUESTION, ChatPage
from tests.e2e.faulty import kill
from tests.e2e.running import Site, wait_for

pytestmark = pytest.mark.browser
MESSAGES, OPEN = re.compile(r"/webhooks/web/messages"), re.compile(r"/webhooks/web/open")


def test_what_is_said_while_the_server_restarts_arrives_once(
    desk: Site, visit: Callable[..., ChatPage], screenshot: Callable[[Page, str], None]
) -> None:
    number, _ = desk.order()
    chat = visit(noisy=True)
    chat.open()
    chat.presses("I want a refund")

    kill(desk, "server")
    expect(chat.notice).to_contain_text("No connection")
    said = [number, QUESTION]
    for text in said:
        chat.input.fill(text)
        chat.input.press("Enter")
    expect(chat.mine.nth(1)).to_contain_text("Not sent yet")
    screenshot(chat.page, "chat-offline")
    wait_for(desk.url, desk.process)

    chat.hears(ANSWER)
    expect(chat.notice).to_be_hidden()
    expect(chat.mine.get_by_text("Not sent yet")).to_have_count(0)
    assert [text for text in chat.texts() if text in said] == said
    expect(chat.heard.filter(has_text=f"email address on order {number}").first).to_be_visible()
    before = chat.texts()
    chat.page.reload()
    expect(chat.page.locator("refund-desk-chat .text")).to_have_count(len(before))
    assert chat.texts() == before, "what is stored is what was on screen"


def test_an_answer_that_gets_lost_does_not_double_the_message(visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)
    chat.open()
    sent = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST" or len(sent) == 2:
            route.continue_()
            return
        sent.append(route.request.post_data_json["message_id"])
        route.fetch()
        route.abort()

    chat.page.route(MESSAGES, lose_the_answer)
    chat.input.fill(QUESTION)
    chat.input.press("Enter")
    chat.hears(ANSWER)
    expect(chat.mine).to_have_count(1)
    chat.page.reload()
    chat.hears(ANSWER)
    expect(chat.mine).to_have_count(1)
    assert len(set(sent)) == 1
    assert re.fullmatch("[a-p]{32}", sent[0]), "a name with digits like a card's would not be kept as it is"


def test_what_was_not_sent_is_sent_by_the_next_page(visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)
    chat.open()
    chat.page.route(MESSAGES, lambda route: route.abort())
    chat.input.fill(QUESTION)
    chat.input.press("Enter")
    expect(chat.mine.last).to_contain_text("Not sent yet")
    chat.page.unroute(MESSAGES)
    chat.page.reload()
    chat.hears(ANSWER)
    expect(chat.mine).to_have_count(1)
    expect(chat.mine).to_contain_text(QUESTION)


def test_a_message_that_is_refused_says_why_and_can_be_sent_again(visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)
    chat.open()
    busy = {"error": "too many messages", "text": "Please send it again in 9 seconds."}
    chat.page.route(
        MESSAGES,
        lambda route: route.fulfill(status=429, json=busy) if route.request.method == "POST" else route.continue_(),
    )
    chat.input.fill(QUESTION)
    chat.input.press("Enter")
    expect(chat.mine.last).to_contain_text("Not sent.")
    expect(chat.notice).to_have_text("Please send it again in 9 seconds.")
    chat.page.unroute(MESSAGES)
    chat.button("Try again").click()
    chat.hears(ANSWER)
    expect(chat.mine).to_have_count(1)
    expect(chat.mine.get_by_text("Not sent")).to_have_count(0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_full_server_is_asked_again_after_the_time_that_it_says(visit: Callable[..., ChatPage], status: int) -> None:
    """Messages, too, without anything for the customer to do."""
    chat = visit(noisy=True)
    chat.open()
    tries: dict[str, list[float]] = {"GET": [], "POST": []}

    def full(route: Route) -> None:
        tried = tries[route.request.method]
        tried.append(time.monotonic())
        if len(tried) > 2:
            route.continue_()
        else:
            route.fulfill(status=status, json={"error": "come back"}, headers={"Retry-After": "1"})

    chat.page.route(MESSAGES, full)
    chat.input.fill(QUESTION)
    chat.input.press("Enter")
    chat.hears(ANSWER)
    expect(chat.mine).to_have_count(1)
    expect(chat.notice).to_be_hidden()
    first, second, third = tries["POST"][:3]
    assert second - first >= 1 and third - second >= 1, "not before it was told to"


def test_a_page_that_is_told_to_wait_comes_back_by_itself(visit: Callable[..., ChatPage], desk: Site) -> None:
    chat = visit(noisy=True)
    asked: list[str] = []

    def full(route: Route) -> None:
        asked.append(route.request.method)
        if len(asked) > 1:
            route.continue_()
        else:
            # As bot.http.capacity and bot.http.connections answer.
            told = {"Retry-After": "1", "Refresh": "1", "Content-Type": "application/json"}
            route.fulfill(status=503, body='{"error": "come back"}', headers=told)

    chat.page.route("**/refund", full)
    chat.page.goto(f"{desk.url}/refund")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Ask for a refund")
    assert asked == ["GET", "GET"]


def test_without_streams_the_chat_asks_and_waits(visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)

    def hold_streams_back(route: Route) -> None:
        if "event-stream" in route.request.headers.get("accept", ""):
            route.abort()
        else:
            route.continue_()

    chat.page.route(MESSAGES, hold_streams_back)
    chat.open()
    assert chat.asks(QUESTION)
    expect(chat.notice).to_be_hidden()


def test_the_history_is_there_on_the_next_page_and_the_chat_is_open_as_it_was(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.open()
    chat.presses("I want a refund")
    before = chat.texts()
    chat.page.reload()
    expect(chat.page.locator("refund-desk-chat .text")).to_have_count(len(before))
    assert chat.texts() == before
    expect(chat.page.locator("refund-desk-chat .day")).to_have_text("Today")
    assert chat.page.evaluate("document.activeElement === document.body"), "the page's focus is left alone"
    chat.button("Close the chat").click()
    chat.page.reload()
    expect(chat.panel).to_have_count(0)


def test_two_pages_of_one_customer_show_the_same(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.open()
    other = ChatPage(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    other.open()
    chat.asks(QUESTION)
    other.hears(ANSWER)
    assert other.texts() == chat.texts()
    other.asks("I want a refund")
    chat.hears(other.texts()[-1])
    assert other.texts() == chat.texts()


def test_the_chat_goes_on_in_both_windows_after_a_proof_has_replaced_its_secret(
    desk: Site, visit: Callable[..., ChatPage]
) -> None:
    number, email = desk.order()
    chat = visit()
    chat.open()
    other = ChatPage(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    other.launcher.click()
    other.has_heard(1)

    def secret(window: ChatPage) -> str:
        kept = "Object.keys(localStorage).find((key) => key.includes(' resume '))"
        return str(window.page.evaluate(f"localStorage.getItem({kept})"))

    before = secret(chat)
    chat.asks(f"I changed my mind, refund {number} to my wallet please, my mail is {email}")
    expect(chat.card).to_contain_text("$44.00")
    expect(other.card).to_contain_text("$44.00")
    assert secret(chat) == secret(other) != before
    other.presses("Confirm")
    expect(chat.heard.last).to_contain_text("$44.00")
    assert chat.texts() == other.texts()


def test_a_chat_whose_conversation_is_no_more_begins_anew_and_loses_no_message(visit: Callable[..., ChatPage]) -> None:
    chat = visit(noisy=True)
    chat.open()
    chat.asks(QUESTION)
    gone = {"error": "this secret opens nothing any more"}
    sent: list[str] = []

    def refuse(route: Route) -> None:
        sender = route.request.headers["x-refund-desk-sender"]
        sent.append(sender)
        route.fulfill(status=410, json=gone) if sender == sent[0] else route.continue_()

    chat.page.context.route(re.compile(r"/webhooks/web/"), refuse)
    chat.input.fill("I want a refund")
    chat.input.press("Enter")
    chat.hears("order number")
    expect(chat.mine).to_have_count(1)
    assert len(set(sent)) == 2


def test_what_comes_while_the_chat_is_closed_is_counted_on_the_launcher(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.open()
    badge = chat.page.locator("refund-desk-chat .badge")
    questions: list[Route] = []  # the answer may not come before the chat is closed
    chat.page.route(
        MESSAGES, lambda route: questions.append(route) if route.request.method == "POST" else route.continue_()
    )
    with chat.page.expect_request(lambda request: request.method == "POST" and bool(MESSAGES.search(request.url))):
        chat.input.fill(QUESTION)
        chat.input.press("Enter")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_have_count(0)
    questions.pop().continue_()
    expect(badge).to_have_text("1")
    expect(chat.launcher).to_have_accessible_name("Refund Desk, 1 new message")
    chat.page.reload()
    expect(badge).to_have_text("1")
    chat.launcher.click()
    expect(badge).to_be_hidden()
    expect(chat.launcher).to_have_accessible_name("Refund Desk")


def test_a_cleared_chat_begins_anew_also_in_the_other_windows(
    visit: Callable[..., ChatPage], screenshot: Callable[[Page, str], None]
) -> None:
    chat = visit()
    chat.open()
    greeting = len(chat.texts())
    chat.asks(QUESTION)
    other = ChatPage(chat.page.context.new_page())
    other.page.goto(chat.page.url)
    other.launcher.click()
    expect(other.mine).to_have_count(1)
    opened_without_secret = []

    def hold(route: Route) -> None:
        if "x-refund-desk-resume" not in route.request.headers:
            opened_without_secret.append(route.request.headers["x-refund-desk-sender"])
            chat.page.wait_for_timeout(500)
        route.continue_()

    chat.page.context.route(OPEN, hold)
    chat.page.bring_to_front()
    chat.button("More options").click()
    chat.button("Clear this chat").click()
    expect(chat.button("Keep")).to_be_focused()
    screenshot(chat.page, "chat-clear")
    chat.page.keyboard.press("Escape")
    expect(chat.mine).to_have_count(1)
    chat.button("More options").click()
    chat.button("Clear this chat").click()
    chat.button("Clear").click()

    for window in (chat, other):
        expect(window.mine).to_have_count(0)
        expect(window.heard).to_have_count(greeting)
    assert len(opened_without_secret) == 1, "it is one conversation, with one secret"
    chat.page.reload()
    chat.has_heard(1)
    expect(chat.mine).to_have_count(0)
    chat.asks(QUESTION)
    other.hears(ANSWER)


def test_blocked_storage_does_not_keep_anybody_from_talking(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    chat.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    chat.page.reload()
    chat.open()
    assert chat.asks(QUESTION)
    assert chat.asks("I want a refund")

"""A page with the chat on it, as a customer uses it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

QUESTION, ANSWER = "what are your terms?", "You can ask within 5 working days after the order (R2)"
"""What can be asked at any time, and how the answer begins."""


@dataclass
class ChatPage:
    """Locators go through the shadow root by themselves."""

    page: Page

    @property
    def launcher(self) -> Locator:
        """The button that opens the chat."""
        return self.page.locator("refund-desk-chat button.launcher")

    @property
    def panel(self) -> Locator:
        """The open chat."""
        return self.page.get_by_role("dialog")

    @property
    def log(self) -> Locator:
        """The messages."""
        return self.page.get_by_role("log")

    @property
    def input(self) -> Locator:
        """Where the customer writes."""
        return self.page.locator("refund-desk-chat textarea")

    @property
    def notice(self) -> Locator:
        """What the chat says of itself."""
        return self.page.locator("refund-desk-chat .notice")

    @property
    def card(self) -> Locator:
        """The newest card."""
        return self.page.locator("refund-desk-chat .card").last

    def open(self) -> None:
        """Press the launcher, and wait for what the bot says first."""
        self.launcher.click()
        self.has_heard(1)

    def says(self, text: str) -> None:
        """Write a message and press Enter; wait until it is stored."""
        self.input.fill(text)
        self.input.press("Enter")
        expect(self.mine.last).to_contain_text(text)
        expect(self.mine.last.get_by_text("Sending")).to_have_count(0)

    def asks(self, text: str) -> str:
        """Say something, and wait for the answer."""
        before = self.heard.count()
        self.says(text)
        self.has_heard(before + 1)
        return self.heard.last.inner_text()

    def presses(self, title: str) -> str:
        """Press a button of the last answer, and wait for the next one."""
        before = self.heard.count()
        self.button(title).click()
        self.has_heard(before + 1)
        return self.heard.last.inner_text()

    def button(self, title: str) -> Locator:
        """A button of the chat."""
        return self.panel.get_by_role("button", name=title, exact=True)

    @property
    def mine(self) -> Locator:
        """What the customer said."""
        return self.page.locator("refund-desk-chat .entry.mine")

    @property
    def heard(self) -> Locator:
        """What was answered."""
        return self.page.locator("refund-desk-chat .entry:is(.bot, .agent)")

    def has_heard(self, least: int) -> None:
        """Wait until so much was answered."""
        expect(self.heard.nth(least - 1)).to_be_visible()

    def hears(self, words: str) -> None:
        """Wait until just one answer has these words."""
        expect(self.heard.filter(has_text=words)).to_have_count(1)

    def texts(self) -> list[str]:
        """What was said, by all, in the order of the screen."""
        return self.page.locator("refund-desk-chat .text").all_inner_texts()

    def reaches_the_quote(self, number: str, email: str) -> None:
        """Ask for a refund by mouse and words, up to the figures."""
        self.presses("I want a refund")
        self.asks(number)
        self.asks(email)
        self.presses("I changed my mind")
        self.asks("store wallet")
        expect(self.card).to_contain_text("$44.00")

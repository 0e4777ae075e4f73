"""The picture of chat and desk in the documentation, made from the running bot.

make pictures
"""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from bot.cases.model import Role
from tests.browser.chromium import SECONDS, chromium
from tests.browser.widget_page import ChatPage
from tests.desk_builders import signed_up
from tests.e2e.running import Site, running_site

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "chat-and-desk.png"
_PASSWORD = "a password for the picture"
_COLOURS = 160
_PAGE = """<body style="margin:0"><main style="width:max-content;padding:24px;display:flex;gap:24px;background:#dfe4ec">
{}</main></body>"""
_SHOT = '<img src="data:image/png;base64,{}" style="height:720px;border-radius:10px;box-shadow:0 4px 18px #0005">'


def main() -> None:
    """Talk as a customer, answer as an agent, and put both screens into one picture."""
    expect.set_options(timeout=SECONDS * 1000)
    with tempfile.TemporaryDirectory() as home, running_site(Path(home), demo=True) as site, chromium() as browser:
        shots = chat_and_desk(site, browser)
        page = browser.new_page(viewport={"width": 1700, "height": 800})
        page.set_content(_PAGE.format("".join(_SHOT.format(base64.b64encode(shot).decode()) for shot in shots)))
        picture = Image.open(io.BytesIO(page.locator("main").screenshot())).convert("RGB")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(f"{TARGET.name}: {TARGET.stat().st_size // 1024} kB")


def chat_and_desk(site: Site, browser: Browser) -> list[bytes]:
    """What the customer and the agent see of one conversation."""
    signed_up(site.services, "dana", "Dana", Role.LEAD, _PASSWORD)
    customer = browser.new_page(viewport={"width": 420, "height": 760}, locale="en-US", device_scale_factor=2)
    customer.goto(site.url)
    chat = ChatPage(customer)
    chat.open()
    chat.presses("I want a refund")
    chat.asks("CC-104233")
    chat.asks("alex@example.com")
    chat.asks("it is the wrong product")
    if chat.button("Store wallet").count():
        chat.presses("Store wallet")
    agent = browser.new_page(viewport={"width": 1060, "height": 760}, locale="en-US", device_scale_factor=2)
    sign_in(agent, site)
    agent.locator("a[href*='/desk/cases/']").first.click()
    agent.get_by_role("button", name="Take").first.click()
    expect(chat.panel).to_contain_text("Dana joined")
    agent.locator("#text").fill("Hello, Dana here. Which card did you want instead?")
    agent.get_by_role("button", name="Send", exact=True).click()
    chat.hears("Which card did you want instead?")
    chat.says("The one for Europe, I had the wrong box in the cart")
    expect(agent.get_by_text("The one for Europe").first).to_be_visible()
    return [page.screenshot(animations="disabled") for page in (customer, agent)]


def sign_in(agent: Page, site: Site) -> None:
    """Open the desk as Dana."""
    agent.goto(f"{site.url}/desk")
    agent.locator("#login").fill("dana")
    agent.locator("#password").fill(_PASSWORD)
    agent.get_by_role("button", name="Sign in").click()


if __name__ == "__main__":
    main()

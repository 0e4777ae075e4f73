"""The demo says so wherever it is looked at, and elsewhere there is nothing of it."""

from __future__ import annotations

import importlib.resources
import re
from pathlib import Path

import httpx
import pytest

from bot.bootstrap import PROCESS, bootstrap
from bot.cases.customer.receipts import receipt_path
from bot.cases.model import Role
from bot.cases.ports.mailing import Attachment
from bot.settings import Settings
from bot.store.demo import holds_demo
from bot.store.unit_of_work import SqlUnitOfWork
from bot.wording import say
from tests.e2e.desk_steps import at_work, new_address
from tests.e2e.running import Site
from tests.e2e.shop import Inbox
from tests.pdf_text import text_of

pytestmark = pytest.mark.e2e
DEMO = say("demo")

PAGES = (
    "/",
    "/refund",
    "/cancel",
    "/withdraw",
    "/policy",
    "/refund/code",
    "/withdraw/RD-AAAAAA",
    "/receipts/RD-AAAAAA/x",
    "/desk/sign-in",
)
STAFF = ("/desk", "/desk/insight/", "/desk/agents/", "/desk/cases/RD-AAAAAA")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_demo_says_so(site: Site, path: str) -> None:
    page = httpx.get(site.url + path, headers={"X-Forwarded-For": new_address()}, timeout=30)
    assert "text/html" in page.headers["content-type"] and DEMO in _seen(page.text)
    assert re.search("<title>.*\\bdemo\\b.*</title>", page.text, re.I)


def test_every_page_of_its_desk_says_so(site: Site) -> None:
    person = at_work(site, Role.ADMIN)
    for path in STAFF:
        page = person.browser.get(path)
        assert "text/html" in page.headers["content-type"] and DEMO in _seen(page.text), path


def test_every_template_that_is_a_page_says_so() -> None:
    templates = importlib.resources.files("bot.web").joinpath("templates")
    files = [*templates.iterdir(), *templates.joinpath("desk").iterdir()]
    pages = [file for file in files if file.is_file() and "<html" in file.read_text("utf-8")]
    assert len(pages) == 2 and all("{{ demo }}" in page.read_text("utf-8") for page in pages)


def test_a_receipt_of_a_demo_order_says_so_on_page_and_paper_and_to_programs(site: Site) -> None:
    """CC-104374 is a demo order; the same holds for whatever is ordered in a demo."""
    olga = site.customer()
    olga.says("refund CC-104374, olga@example.com, it doesn't work, to my wallet")
    olga.says("yes")
    (file,) = site.cases(olga)
    link = site.url + receipt_path(site.services, file.case.reference)

    assert _seen(httpx.get(link, timeout=30).text).count(DEMO) == 2, "the page, and the receipt itself"
    assert httpx.get(f"{link}.json", timeout=30).json()["demo"] is True
    assert DEMO in " ".join(text_of(httpx.get(f"{link}.pdf", timeout=30).content).split())


def test_the_mail_of_a_demo_says_so(
    tmp_path: Path, mail_server: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, port = mail_server
    monkeypatch.setattr(PROCESS, "demo", True)
    mailer = bootstrap(
        Settings(home=tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="desk@example.org")
    ).mailer
    assert mailer is not None
    mailer.send("demo@example.net", "Your code", "123456", [Attachment("a.txt", "text/plain", b"x")])
    (mail,) = inbox.by_address["demo@example.net"]
    assert "Subject: [Demo] Your code" in mail and DEMO in mail and "123456" in mail and "a.txt" in mail


@pytest.mark.parametrize("path", ["/demo-orders", "/demo.js", "/demo.css", "/demo.html", "/index.html"])
def test_without_the_demo_there_is_no_such_route(strict_site: Site, path: str) -> None:
    answer = httpx.get(strict_site.url + path, headers={"X-Forwarded-For": new_address()}, timeout=30)
    assert answer.status_code == 404 and set(answer.json()) == {"error"}


def test_without_the_demo_the_first_page_is_plain_and_nothing_is_seeded(strict_site: Site) -> None:
    page = httpx.get(f"{strict_site.url}/", headers={"X-Forwarded-For": new_address()}, timeout=30)
    assert page.status_code == 200 and '<script src="/widget.js"' in page.text
    assert not re.search("demo|longwave|cc-10|example.com", page.text, re.I)
    for path in ("/refund", "/cancel", "/withdraw", "/policy", "/desk"):
        assert f'href="{path}"' in page.text
    policy = httpx.get(f"{strict_site.url}/policy", headers={"X-Forwarded-For": new_address()}, timeout=30)
    assert "Demo" not in policy.text
    with strict_site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        assert not holds_demo(uow)


def _seen(page: str) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())

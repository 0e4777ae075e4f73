"""Somebody at the desk with a browser that has no script."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass, field

import httpx

from bot.cases.model import Agent, Role
from tests.desk_builders import signed_up
from tests.e2e.running import Site

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def new_address() -> str:
    """Where somebody sits who was never seen before."""
    third, fourth = divmod(next(_numbers), 256)
    return f"198.18.{third}.{fourth}"


@dataclass
class Person:
    """An agent's browser."""

    site: Site
    agent: Agent
    browser: httpx.Client = field(repr=False)

    def signs_in(self, password: str = PASSWORD, to: str = "/desk") -> httpx.Response:
        """Fill in the form."""
        fields = {"login": self.agent.login, "password": password, "next": to}
        return self.browser.post("/desk/sign-in", data=fields)

    def types_code(self, page: httpx.Response, code: str) -> httpx.Response:
        """Fill in the form that asks for the second factor."""
        data = {"ticket": ticket_of(page), "code": code, "next": "/desk"}
        return self.browser.post("/desk/sign-in/code", data=data)

    def sees(self, path: str, status: int = 200) -> str:
        """A page's text, without tags."""
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return words(answer.text)

    def csrf(self) -> str:
        """What the forms of this session carry."""
        page = self.browser.get("/desk", follow_redirects=True)
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
        assert found is not None
        return found.group(1)

    def sends(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of a page."""
        return self.browser.post(path, data={"csrf": self.csrf(), **fields})

    def does(self, reference: str, what: str, **fields: str) -> str:
        """Send a form of a case that goes through; what the page says then."""
        answer = self.sends(f"/desk/cases/{reference}/{what}", **fields)
        assert answer.status_code == 303, words(answer.text)
        return self.sees(answer.headers["location"])

    def is_refused(self, reference: str, what: str, **fields: str) -> str:
        """Send a form of a case that is refused; the sentence on the page."""
        answer = self.sends(f"/desk/cases/{reference}/{what}", **fields)
        assert answer.status_code == 409, answer.text
        found = re.search(r'<p class="alert" role="alert">(.*?)</p>', answer.text)
        assert found is not None
        return html.unescape(found.group(1))


def ticket_of(page: httpx.Response) -> str:
    """What the form that asks for a code carries."""
    found = re.search(r'name="ticket" value="([\w.]+)"', page.text)
    assert found is not None, words(page.text)
    return found.group(1)


def words(page: str) -> str:
    """What a page says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def a_person(site: Site, role: Role = Role.AGENT, name: str = "Dana") -> Person:
    """Somebody new at the desk, not signed in."""
    agent = signed_up(site.services, f"{role.value}-{next(_numbers)}", name, role, PASSWORD)
    browser = httpx.Client(base_url=site.url, timeout=60, headers={"X-Forwarded-For": new_address()})
    return Person(site, agent, browser)


def at_work(site: Site, role: Role = Role.AGENT, name: str = "Dana") -> Person:
    """Somebody new at the desk, signed in."""
    person = a_person(site, role, name)
    assert person.signs_in().status_code == 303
    return person

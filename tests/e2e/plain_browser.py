"""A browser without script: it keeps cookies, follows redirects, and sends forms as they stand on the page."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

_addresses = itertools.count(1)


@dataclass
class Form:
    """A form as it stands: where it goes, what it holds, and its buttons by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Page:
    """What an answer shows."""

    status: int
    url: str
    html: str
    text: str
    title: str
    forms: list[Form]
    links: dict[str, str]
    headers: httpx.Headers
    attributes: list[tuple[str, dict[str, str]]]

    def described_error(self, name: str) -> str:
        """The error that a field of that name is described by."""
        element = next(attrs for _, attrs in self.attributes if attrs.get("id") == name)
        sets = [a for tag, a in self.attributes if tag == "fieldset" and name in a.get("aria-describedby", "")]
        holder = next(iter(sets), element)  # of radio buttons the fieldset is described
        assert f"{name}-error" in holder["aria-describedby"].split()
        return _text_of_id(self.html, f"{name}-error")


class PlainBrowser:
    """One customer's browser, at an address of its own."""

    def __init__(self, url: str, address: str | None = None) -> None:
        address = address or f"203.0.{next(_addresses)}.9"
        headers = {"X-Forwarded-For": address}
        self.client = httpx.Client(base_url=url, timeout=60, headers=headers, follow_redirects=True)
        self.url = url
        self.page: Page

    def __enter__(self) -> PlainBrowser:
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.close()

    def get(self, path: str) -> Page:
        """Go to a page."""
        return self._shown(self.client.get(path))

    def send(self, button: str = "", form: int = 0, **fields: str) -> Page:
        """Fill the page's form and press a button of it, by default the first."""
        found = self.page.forms[form]
        unknown = set(fields) - found.names
        assert not unknown, f"the form has no {unknown}"
        values = {**found.fields, **fields}
        if button:
            name, value = found.buttons[button]
        else:
            name, value = next(iter(found.buttons.values()))
        if name:
            values[name] = value
        return self.post(found.action, values)

    def post(self, path: str, values: dict[str, str], **headers: str) -> Page:
        """Send values as a browser would, from a page of the same site."""
        headers = {"Origin": self.url, **headers}
        return self._shown(self.client.post(path, data=values, headers=headers))

    def follow(self, words: str) -> Page:
        """Follow the link with these words."""
        return self.get(self.page.links[words])

    @property
    def conversation_id(self) -> str:
        """The conversation of this browser, as its cookie names it."""
        return self.client.cookies["refund_desk_page"].partition(".")[0]

    def _shown(self, answer: httpx.Response) -> Page:
        parser = _Parser()
        if answer.headers.get("content-type", "").startswith("text/html"):
            parser.feed(answer.text)
        self.page = Page(
            status=answer.status_code,
            url=answer.url.raw_path.decode(),
            html=answer.text,
            text=" ".join("".join(parser.text).split()),
            title=parser.title.strip(),
            forms=parser.forms,
            links=parser.links,
            headers=answer.headers,
            attributes=parser.attributes,
        )
        return self.page


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self.title = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.attributes.append((tag, values))
        if tag == "form":
            self.forms.append(Form(values["action"]))
        elif tag == "input" and self.forms:
            self.forms[-1].names.add(values["name"])
            if values.get("type") != "radio" or "checked" in values:
                self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "textarea":
            self.forms[-1].names.add(values["name"])
        if tag in ("a", "button", "textarea", "title"):
            self._open.append((tag, values))
            self._words = []

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            _, values = self._open.pop()
            words = "".join(self._words)
            if tag == "a":
                self.links[" ".join(words.split())] = values["href"]
            elif tag == "button":
                self.forms[-1].buttons[" ".join(words.split())] = (values.get("name", ""), values.get("value", ""))
            elif tag == "textarea":
                self.forms[-1].fields[values["name"]] = words
            else:
                self.title = words

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        self._words.append(data)


def _text_of_id(html: str, id_: str) -> str:
    after = html.partition(f'id="{id_}"')[2].partition(">")[2]
    text = after.partition("</span>\n")[0] if "</span>\n" in after else after
    parser = _Parser()
    parser.feed(text)
    return "".join(parser.text).replace("▲", "").strip()

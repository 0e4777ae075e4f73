"""Pages made on the server, from the templates of bot.web: whatever is put into them is shown as text."""

from __future__ import annotations

import importlib.resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from sanic import response
from sanic.response import HTTPResponse

from bot import order_numbers
from bot.bootstrap import PROCESS
from bot.wording import say

_TEMPLATES = importlib.resources.files("bot.web").joinpath("templates")


def _source(name: str) -> str | None:
    file = _TEMPLATES.joinpath(name)
    return file.read_text("utf-8") if file.is_file() else None


_environment = Environment(
    loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

_environment.globals.update(order_numbers=order_numbers.in_use)


def page(template: str, status: int = 200, **values: Any) -> HTTPResponse:
    """A page. The base template wants ``title``, ``contact`` (how to reach a person), ``here`` (the path that the
    navigation marks) and ``demo`` (what a demo says of itself)."""
    text = _environment.get_template(template).render(**values)
    return response.html(text, status)


def notice(status: int, title: str, text: str, *, contact: str, back: str = "") -> HTTPResponse:
    """A page that says one thing to whoever gets no further; ``back`` is where to go on."""
    demo = say("demo") if PROCESS.demo else ""
    return page("message.html", status, title=title, text=text, back=back, contact=contact, here="", demo=demo)

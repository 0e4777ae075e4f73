"""The files of bot.web: styles, pictures, and the chat widget that pages of shops load."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FILES = {"/pages.css": "pages.css", "/icon.svg": "icon.svg"}
_LAUNCHER_CACHE = "public, max-age=300"
"""The launcher is asked for by every page of a shop: at most five minutes old, and not asked for each time."""
_CACHE = "public, no-cache"
"""The rest is asked for again each time, and answered with 304: modules of different versions never meet."""


def register(app: Sanic) -> None:
    """Serve ``/widget.js``, the modules of the widget below ``/widget/``, and what our own pages need."""
    root = files("bot.web")
    serve(app, _FILES)
    for path, file in _widget_files(root / "widget", "/widget/"):
        launcher = path == "/widget/widget.js"
        answer = _Static(file, _LAUNCHER_CACHE if launcher else _CACHE)
        app.add_route(answer, "/widget.js" if launcher else path, name=f"widget_{path}", ctx_public=True)


def serve(app: Sanic, named: Mapping[str, str]) -> None:
    """Serve files of bot.web to our own pages; ``named`` are paths and the files behind them."""
    for path, name in named.items():
        app.add_route(_Static(files("bot.web") / name, None), path, name=f"page_{name}")


def is_public(request: Request) -> bool:
    """Whether a request is for a file that the pages of any site may load."""
    return getattr(getattr(request.route, "ctx", None), "public", False)


def _widget_files(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _widget_files(entry, f"{path}{entry.name}/")
        elif _kind(entry.name) is not None:
            found.append((path + entry.name, entry))
    return found


def _kind(name: str) -> str | None:
    return _KINDS.get(name[name.rfind(".") :])


class _Static:
    """Answers with one file, as of the start. ``cache`` is for files that may be kept, None for pages."""

    def __init__(self, file: Traversable, cache: str | None) -> None:
        self._plain = file.read_bytes()
        self._packed = gzip.compress(self._plain, mtime=0)
        self._kind = f"{_kind(file.name)}; charset=utf-8"
        self._cache = cache
        self._tag = hashlib.sha256(self._plain).hexdigest()[:20]

    async def __call__(self, request: Request) -> HTTPResponse:
        packed = "gzip" in request.headers.get("accept-encoding", "")
        headers: dict[str, Any] = {"Content-Encoding": "gzip"} if packed else {}
        if self._cache is not None:
            tag = f'"{self._tag}{"-gzip" if packed else ""}"'
            headers |= {"ETag": tag, "Cache-Control": self._cache, "Vary": "Accept-Encoding"}
            if tag in request.headers.get("if-none-match", ""):
                return response.empty(304, headers=headers)
        return response.raw(self._packed if packed else self._plain, content_type=self._kind, headers=headers)

"""A shop of its own: a small web server with pages that carry the chat."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_PAGE = """<!doctype html>
<html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Another shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>* {{ color: red !important; }} button {{ display: none; }} body {{ font: italic 40px serif; }}</style></head>
<body><main><h1>Another shop</h1><p>With rough styles.</p></main>{script}</body></html>"""


class ShopServer:
    """Serves the pages that a test puts there, on an origin of its own."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[str, dict[str, str]]] = {}
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = pages.get(self.path)
                body = (found[0] if found else "").encode()
                self.send_response(200 if found else 204)  # browsers ask for an icon
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (found[1] if found else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ShopServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, script: str, *, lang: str = "en", dir: str = "ltr", policy: str | None = None) -> str:
        """The address of a new page with that script element, and perhaps a content security policy."""
        path = f"/page-{len(self._pages)}"
        headers = {"Content-Security-Policy": policy} if policy else {}
        self._pages[path] = _PAGE.format(script=script, lang=lang, dir=dir), headers
        return self.url + path

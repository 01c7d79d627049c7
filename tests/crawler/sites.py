"""Real web servers on loopback whose answers a test writes down as plain functions."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `delay` seconds pass before it is sent."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that arrived, at a time of the monotonic clock."""

    path: str
    at: float
    headers: Mapping[str, str]
    status: int
    sent: int


Route = Answer | Callable[[Mapping[str, str]], Answer]


class Site:
    """A site: `routes` maps paths (with query) to answers or to functions of the request headers."""

    def __init__(self, routes: Mapping[str, Route] | None = None, tls: ssl.SSLContext | None = None):
        self.routes: dict[str, Route] = dict(routes or {})
        self.hits: list[Hit] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def paths(self, prefix: str = "/") -> list[str]:
        return [hit.path for hit in self.hits if hit.path.startswith(prefix)]

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        route = self.routes.get(path, Answer(b"nothing here", 404, {"Content-Type": "text/plain"}))
        answer = route if isinstance(route, Answer) else route(headers)
        self.hits.append(Hit(path, time.monotonic(), dict(headers), answer.status, len(answer.body)))
        return answer


class _Server(ThreadingHTTPServer):
    site: Site
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.site.answer(self.path, dict(self.headers.items()))
        if answer.delay:
            time.sleep(answer.delay)
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except ConnectionError:  # the crawler was killed, or had enough
            self.close_connection = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """The test reads `hits`; the terminal stays quiet."""


def html(body: str, *, title: str = "page", **headers: str) -> Answer:
    """Return an HTML page."""
    text = f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Answer(text.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def product(name: str, *pictures: str, price: str = "12.00") -> Answer:
    """Return the page of one product, described in JSON-LD."""
    images = ", ".join(f'"{url}"' for url in pictures)
    return html(
        f"""<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "Product",
        "name": "{name}", "image": [{images}], "offers": {{"@type": "Offer", "price": "{price}",
        "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}}}</script><h1>{name}</h1>""",
        title=name,
    )


def links(*paths: str) -> Answer:
    """Return a page with a menu of links."""
    return html("<nav>" + "".join(f'<a href="{path}">{path}</a> ' for path in paths) + "</nav>")

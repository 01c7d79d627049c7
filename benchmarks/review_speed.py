"""Review with 50,000 candidates and 1,000,000 sightings, in headless Chromium: a key press to the next case, and the
first page with its two pictures."""

from __future__ import annotations

import http.client
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks import review_casebook
from casebook.cases import CaseFilter
from casebook.tokens import made_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from copycatch.workspace import Workspace

KEYS, PAGES, REQUESTS = 60, 15, 15
PAUSE = 300  # milliseconds between two keys of an operator who hardly looks
_DECIDED, _HURRIED, _NEXT = "`n`, not a match, every 300 ms", "`n` again without any pause", "`j`, next, every 300 ms"
_ANEW = "the next case opened as a page of its own"
_CASE, _QUEUE, _OVERVIEW = "the first case, from `/next`", "`/queue`", "`/`, the overview"
_BARE = "a bare page with two such pictures"
_ICON = "the icon"
# Label -> milliseconds that the median must not exceed.
GOALS = {_DECIDED: 50.0, _NEXT: 50.0, _CASE: 500.0, _QUEUE: 500.0}
_READY = "__copycatch_benchmark"

# From the key event to the frame in which the next case stands with both pictures decoded.
_WATCH = f"""
addEventListener("keydown", (event) => {{ window.{_READY}_begun = event.timeStamp; }}, true);
window.{_READY} = () => {{
  const before = document.getElementById("case").dataset.candidate;
  window.{_READY}_shown = new Promise((resolve) => {{
    const watch = new MutationObserver(async () => {{
      const article = document.getElementById("case");
      if (!article || article.dataset.candidate === before) return;
      watch.disconnect();
      await Promise.all([...article.querySelectorAll(".viewer img[src]")].map((image) => image.decode()));
      resolve(await window.{_READY}_painted() - window.{_READY}_begun);
    }});
    watch.observe(document.body, {{ childList: true, subtree: true }});
  }});
}};
window.{_READY}_painted = () => new Promise((resolve) => requestAnimationFrame(() => {{
  const after = new MessageChannel();
  after.port1.onmessage = () => resolve(performance.now());
  after.port2.postMessage(0);
}}));
"""

# From the beginning of the navigation to the frame in which all its pictures in sight are decoded.
_ARRIVED = f"""async () => {{
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
  const images = [...document.querySelectorAll("img[src]")].filter((image) => image.loading !== "lazy");
  await Promise.all(images.map((image) => image.decode()));
  return await window.{_READY}_painted();
}}"""


def measure() -> str:
    """Return the tables; a goal that was missed is called so."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return "## Review of 50,000 candidates\nNot measured: there is no Chromium on this machine."
    with tempfile.TemporaryDirectory() as name:
        workspace, prepared = _prepared(Path(name) / "space")
        with _served(workspace) as url:
            keys, pages = _in_browser(url, chromium)
            asked = _requests(workspace, url)
    lines = [
        "## Review of 50,000 candidates among 1,000,000 sightings, in headless Chromium",
        *_table("from the key to the next case, painted with both pictures", keys, _ANEW),
        "",
        *_table("a page in a browser that keeps nothing yet, painted with its pictures", pages, _BARE),
        "",
        *_table("a request, without a browser", asked, _ICON),
        "",
        prepared,
        f"Listings and references show {review_casebook.DRAWN} pictures of 1600 × 1200 pixels and 0.4 MB.",
        "Server and browser share the machine.",
    ]
    return "\n".join(lines)


def _table(what: str, found: dict[str, list[float]], beside: str) -> Iterator[str]:
    yield f"| {what} | median ms | 95 % below | × {beside} | goal |"
    yield "|---|---|---|---|---|"
    for label, times in found.items():
        median = statistics.median(times)
        goal = GOALS.get(label)
        held = "" if goal is None else f"{goal:.0f} ms: {'holds' if median <= goal else '**missed**'}"
        ninety_fifth = statistics.quantiles(times, n=20)[-1]
        times_it = median / statistics.median(found[beside])
        yield f"| {label} | {median:.1f} | {ninety_fifth:.1f} | {times_it:.2f} | {held} |"


def _prepared(folder: Path) -> tuple[Workspace, str]:
    """Return the workspace, with some hundred decisions, and a sentence on what they took."""
    workspace = review_casebook.fill(folder)
    with workspace.casebook() as casebook:
        begun = time.perf_counter()
        casebook.settle(review_casebook.MORNING)
        settled = time.perf_counter() - begun
    begun = time.perf_counter()
    review_casebook.decide(workspace)
    each = (time.perf_counter() - begun) / review_casebook.DECIDED
    return workspace, f"Settling all anew, once a night: {settled:.1f} s; each of 300 decisions: {1000 * each:.0f} ms."


@contextmanager
def _served(workspace: Workspace) -> Iterator[str]:
    """Run `copycatch review` in a process of its own; yield its address."""
    command = [sys.executable, "-m", "copycatch", "review", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=workspace.root, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield next(word for line in process.stdout or () for word in line.split() if word.startswith("http://"))
        finally:
            process.terminate()


def _in_browser(url: str, chromium: str) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    from playwright.sync_api import sync_playwright

    address = f"http://{urlsplit(url).netloc}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            pages = {
                _CASE: [_opened(browser, address, "/next") for _ in range(PAGES)],
                _QUEUE: [_opened(browser, address, "/queue") for _ in range(PAGES)],
                _OVERVIEW: [_opened(browser, address, "/") for _ in range(PAGES)],
            }
            with _bare() as bare:
                pages[_BARE] = [_opened(browser, bare, "/") for _ in range(PAGES)]
            return _keys(browser, address), pages
        finally:
            browser.close()


def _keys(browser: Browser, address: str) -> dict[str, list[float]]:
    with _bench(browser, address) as page:
        decided = [_pressed(page, "n", PAUSE) for _ in range(KEYS)]
        hurried = [_pressed(page, "n", 0) for _ in range(KEYS)]
        passed = [_pressed(page, "j", PAUSE) for _ in range(KEYS)]
    with _bench(browser, address) as page:
        following = [page.url]
        for _ in range(PAGES):
            _pressed(page, "j", 0)
            following.append(page.url)
    anew = [_opened(browser, address, place.removeprefix(address)) for place in following]
    return {_DECIDED: decided, _HURRIED: hurried, _NEXT: passed, _ANEW: anew}


@contextmanager
def _bench(browser: Browser, address: str) -> Iterator[Page]:
    """A browser of its own that shows the first case."""
    with browser.new_context(base_url=address, viewport={"width": 1280, "height": 860}) as context:
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto("/next")
        page.wait_for_timeout(1000)
        yield page


def _pressed(page: Page, key: str, pause: float) -> float:
    """Press a key; return the milliseconds until the next case was painted."""
    page.evaluate(f"{_READY}()")
    page.keyboard.press(key)
    took: float = page.evaluate(f"{_READY}_shown")
    page.wait_for_timeout(pause)
    return took


def _opened(browser: Browser, address: str, place: str) -> float:
    """Open a page in a browser that keeps nothing; return the milliseconds until it was painted with its pictures."""
    with browser.new_context(base_url=address, viewport={"width": 1280, "height": 860}) as context:
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto(place, wait_until="commit")
        took: float = page.evaluate(_ARRIVED)
        return took


@contextmanager
def _bare() -> Iterator[str]:
    """Serve a page that has two pictures and nothing else; yield its address."""
    files = {"/": b"<!doctype html><title>Two pictures</title><img src=/0.jpg width=500><img src=/1.jpg width=500>"}
    files |= {f"/{number}.jpg": review_casebook.drawn(number) for number in (0, 1)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path, b"")
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _requests(workspace: Workspace, url: str) -> dict[str, list[float]]:
    """Return what requests take on a connection that stays open."""
    token = made_token()
    with workspace.casebook() as casebook:
        casebook.add_token("benchmark", token, review_casebook.MORNING)
        case = casebook.cases(CaseFilter(), 1)[0]["candidate_id"]
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def took(place: str) -> float:
        begun = time.perf_counter()
        connection.request("GET", place, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{place} answered {answer.status}")
        return 1000 * (time.perf_counter() - begun)

    places = {
        _ICON: "/static/icon.svg",
        "a case, as it is fetched ahead": f"/case/{case}?part=1",
        "the queue": "/queue",
        "the queue with words of one title": "/queue?q=Poster+4999",
        "the overview": "/",
        "the sellers": "/sellers",
        "the works": "/works",
        "`/api/candidates`, 500 lines of what changed": "/api/candidates",
        "`/api/candidates` where nothing passes": "/api/candidates?verdict=infringing",
    }
    try:
        return {label: [took(place) for _ in range(REQUESTS)] for label, place in places.items()}
    finally:
        connection.close()

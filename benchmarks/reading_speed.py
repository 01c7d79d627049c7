"""How long a marketplace's reader takes over real saved pages, against the bare parse of the same bytes by lxml."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lxml.html import HTMLParser, document_fromstring

from crawler.marketplaces import marketplace
from crawler.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
SAVED = ROOT.parent / "shared" / "pages"
ANSWERS = ROOT / "tests" / "crawler" / "real_pages"
RECORDED = ROOT / "fixtures" / "pages"
ROUNDS, SHOWN = 3, 8


class Timed(NamedTuple):
    name: str
    size: int
    read: float
    parse: float


def measure() -> str:
    """Return the table: the largest pages, and all of them together; the best of three rounds each."""
    timed = sorted((_timed(*each) for each in _pages()), key=lambda one: -one.size)
    rows = [*timed[:SHOWN], Timed("all pages", *(sum(one[place] for one in timed) for place in (1, 2, 3)))]
    source = "saved from real marketplaces" if SAVED.is_dir() else "our own recorded ones"
    slowest = max(timed, key=lambda one: one.read)
    return "\n".join(
        [
            f"## Reading {len(timed)} pages ({source})",
            "| page | kB | ms to read it | ms of lxml's bare parse | × |",
            "|---|---|---|---|---|",
            *(
                f"| {one.name} | {one.size / 1000:,.0f} | {one.read * 1000:.0f} | {one.parse * 1000:.0f} "
                f"| {one.read / one.parse:.1f} |"
                for one in rows
            ),
            "",
            f"The slowest of them is {slowest.name}: {slowest.read * 1000:.0f} ms (goal: below 1,000).",
        ]
    )


def _pages() -> Iterator[tuple[str, str, Page]]:
    if SAVED.is_dir():
        for path in sorted(ANSWERS.glob("*.toml")):
            for file, told in tomllib.loads(path.read_text(encoding="utf-8")).items():
                yield file, path.stem, Page(url=told["url"], status=200, body=(SAVED / file).read_bytes())
        return
    for page in sorted(RECORDED.glob("*/live-*.html")):
        yield page.name, page.parent.name, Page(url="https://shop.example/", status=200, body=page.read_bytes())


def _timed(file: str, name: str, page: Page) -> Timed:
    def read() -> None:
        # A page keeps what was parsed of it, so each round has one of its own.
        marketplace(name).read(Page(url=page.url, status=page.status, body=page.body))

    def parse() -> None:
        document_fromstring(page.body or b"<html></html>", parser=HTMLParser(encoding="utf-8"))

    return Timed(file, len(page.body), _best(read), _best(parse))


def _best(work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return max(min(seconds), 1e-6)

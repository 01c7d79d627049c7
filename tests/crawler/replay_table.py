"""What a marketplace answers in a replay, and what must be known of it afterwards, as `fixtures/replay/<name>.toml`
has it: written by hand, one file a marketplace.

`target` is the table of a target in `copycatch.toml`. `robots` gives each host's robots.txt. `pages` are answers: a
recorded page (`file`, in fixtures/pages, where `with` replaces words in it) with its `status`, `headers` and
`encoding` (UTF-8), or an address that the page is moved `to`. `saved` are pages that only a person looks at.

`listings` are the listings a scan must end with, each with all the pictures that must be seen of it, `saved_listings`
those that an import of all pages has more or otherwise (`apart` says that it has no others). A picture in `fallbacks`
is not there at its full size, but at the address behind it. `row` is the row of the view `coverage`; what it leaves out
is 0. `wall` is a page in the midst that may be answered by the site's wall, the listing that it is about, and listings
that were seen before.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from tests.crawler.replay import NOWHERE, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIXTURES = Path(__file__).parents[2] / "fixtures"
TABLES = sorted(path.stem for path in (FIXTURES / "replay").glob("*.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One listing as it must be known in the end."""

    title: str
    state: str
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One page of the table: how it is answered, and the text that a browser would show of it."""

    url: str
    answer: Answer
    encoding: str = "utf-8"

    @property
    def text(self) -> str:
        return self.answer.body.decode(self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All of one marketplace's file."""

    target: Mapping[str, Any]
    robots: Mapping[str, str]
    pages: Sequence[Served]
    saved: Sequence[Served]
    listings: Mapping[str, Shown]
    saved_listings: Mapping[str, Shown]
    fallbacks: Mapping[str, str]
    row: Mapping[str, int]
    wall: Mapping[str, Any]
    apart: bool = False

    @property
    def pictures(self) -> frozenset[str]:
        """Every picture that is there, on pages of the scan and on those that only a person looks at."""
        shown = [*self.listings.values(), *self.saved_listings.values()]
        full_size = {url for listing in shown for url in listing.pictures}
        return frozenset(self.fallbacks.get(url, url) for url in full_size)

    @property
    def imported(self) -> Mapping[str, Shown]:
        """Every listing that an import of all pages must end with."""
        return self.saved_listings if self.apart else {**self.listings, **self.saved_listings}

    def answer(self, url: str) -> Answer:
        """Return what an address answers in this internet: nothing but what the table holds is there."""
        parts = urlsplit(url)
        if parts.path == "/robots.txt":
            rules = self.robots.get(parts.netloc)
            return NOWHERE if rules is None else Answer(rules.encode(), headers={"Content-Type": "text/plain"})
        for page in self.pages:
            if page.url == url:
                return page.answer
        return Answer(jpeg(url), headers={"Content-Type": "image/jpeg"}) if url in self.pictures else NOWHERE


@cache
def table(name: str) -> Table:
    """Return a marketplace's table."""
    written = tomllib.loads((FIXTURES / "replay" / f"{name}.toml").read_text(encoding="utf-8"))
    return Table(
        target=written.pop("target", {}),
        robots=written.pop("robots", {}),
        pages=[_served(page) for page in written.pop("pages")],
        saved=[_served(page) for page in written.pop("saved", ())],
        listings=_shown(written.pop("listings")),
        saved_listings=_shown(written.pop("saved_listings", ())),
        fallbacks=written.pop("fallbacks", {}),
        row=written.pop("row", {}),
        wall=written.pop("wall", {}),
        **written,  # a word that is not known is a mistake in the table
    )


@cache
def jpeg(url: str) -> bytes:
    """Return a picture that no other address has."""
    seed = int(hashlib.sha256(url.encode()).hexdigest()[:8], 16)
    noise = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((64, 48)).save(out, "JPEG")
    return out.getvalue()


def _served(page: Mapping[str, Any]) -> Served:
    known = {"url", "file", "to", "status", "headers", "with", "encoding"}
    assert page.keys() <= known, page
    if "to" in page:
        return Served(url=page["url"], answer=Answer(status=page.get("status", 302), headers={"Location": page["to"]}))
    path, encoding = FIXTURES / "pages" / page["file"], page.get("encoding", "utf-8")
    body = path.read_bytes()
    for word, other in page.get("with", {}).items():
        assert word.encode(encoding) in body, (page["file"], word)
        body = body.replace(word.encode(encoding), other.encode(encoding))
    kind = "application/json" if path.suffix == ".txt" else "text/html"
    headers = {"Content-Type": kind, **page.get("headers", {})}
    return Served(url=page["url"], answer=Answer(body, page.get("status", 200), headers), encoding=encoding)


def _shown(listings: Sequence[Mapping[str, Any]]) -> dict[str, Shown]:
    return {
        one["key"]: Shown(title=one["title"], state=one["state"], pictures=frozenset(one["pictures"]))
        for one in listings
    }

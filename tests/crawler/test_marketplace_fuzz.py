"""Ten thousand damaged pages over all readers: nothing raises, nothing looks removed, nothing is another listing."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casebook.types import ListingState
from crawler.marketplaces import all_marketplaces, marketplace
from crawler.page import Page

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
ANSWERS = ".answers.json"
NAMES = [one.NAME for one in all_marketplaces()]
MUTATIONS = 10_000 // len(NAMES) + 1
PROVEN = (ListingState.LIVE, ListingState.SOLD_OUT, ListingState.ENDED)
JUNK = [
    b"\x00", b"\xff\xfe", b"</script>", b"<script>", b"{", b"}", b"[", b"]", b'"', b"'", b"\\", b"\\ud800", b"&#0;",
    b"<!--", b"-->", b"null", b"9" * 400, b"-1", b"1e999", b"NaN", b"{" * 300, b"<div>" * 300, b"http://[x", b"//",
    b'href="', b"captcha", b"no longer available", b"x5secdata", b"sold out", b"<img src=x {>", b"\xc4\xb1",
]  # fmt: skip


def drop(page: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(page)), rng.choice((1, 5, 50, 500))
    return page[:start] + page[start + length :]


def repeat(page: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(page)), rng.choice((5, 50, 500))
    return page[: start + length] + page[start : start + length] + page[start + length :]


def insert(page: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(page))
    return page[:place] + rng.choice(JUNK) + page[place:]


def cut(page: bytes, rng: random.Random) -> bytes:
    return page[: rng.randrange(len(page))]


def shuffle(page: bytes, rng: random.Random) -> bytes:
    one, other = sorted(rng.randrange(len(page)) for _ in range(2))
    return page[other:] + page[one:other] + page[:one]


RETYPED = [(b'":"', b'":{"'), (b'":{', b'":['), (b'":[', b'":'), (b'":', b'":null,"x":'), (b"true", b'"1"')]


def retype(page: bytes, rng: random.Random) -> bytes:
    """Put a value of another type where a text, an object or a list stands."""
    old, new = rng.choice(
        ((b'":"', b'":{"'), (b'":{', b'":['), (b'":[', b'":'), (b'":', b'":null,"x":'), (b"true", b'"1"'))
    )
    places = page.count(old)
    if not places:
        return page
    start = -1
    for _ in range(rng.randrange(places) + 1):
        start = page.find(old, start + 1)
    return page[:start] + new + page[start + len(old) :]


MUTATE: list[Callable[[bytes, random.Random], bytes]] = [drop, repeat, insert, cut, shuffle, retype]


def recorded(name: str) -> list[tuple[Path, dict[str, Any]]]:
    """Return the recorded pages that show listings, with their answers."""
    found = []
    for path in sorted((PAGES / name).iterdir()):
        if not path.name.endswith(ANSWERS) and path.stem not in ("empty", "removed", "missing", "blocked"):
            answers = json.loads(path.with_name(path.stem + ANSWERS).read_text(encoding="utf-8"))
            if not answers["gone"] and answers["state"] != "blocked" and path.stat().st_size:
                found.append((path, answers))
    return found


def named(listing_id: str, body: bytes) -> bool:
    """Whether a page still holds the number of its listing."""
    number = re.escape(listing_id.rpartition("/")[2]).encode()
    return re.search(rb"(?<![0-9A-Za-z])" + number + rb"(?![0-9A-Za-z])", body) is not None


@pytest.mark.parametrize("name", NAMES)
def test_no_damaged_page_raises_looks_removed_or_is_another_listing(name: str) -> None:
    rng, place = random.Random(f"{name} 2026"), marketplace(name)
    pages = [(path.name, path.read_bytes(), answers) for path, answers in recorded(name)]
    for _ in range(MUTATIONS):
        stem, body, answers = rng.choice(pages)
        for _ in range(rng.choice((1, 1, 2, 5))):
            body = rng.choice(MUTATE)(body, rng) or b"<"
        reading = place.read(Page(url=answers["url"], status=200, body=body))
        assert not reading.gone, stem
        if reading.state in PROVEN and name != "generic":
            listing = reading.listing
            assert listing is not None
            known = answers["listing"]["listing_id"] if answers.get("listing") else None
            if known is None or named(known, body):
                assert listing.listing_id in (known, place.listing_id(answers["url"])), stem

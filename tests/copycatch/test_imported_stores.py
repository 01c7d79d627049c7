"""Saved pages of shops on domains of their own: they meet what the scans know of these shops."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from casebook.types import ListingState
from copycatch.config import Config, Target
from copycatch.importing import run_import
from copycatch.workspace import Workspace
from tests.crawler.saved_pages import har

STORE = "https://store.example"


def saved(folder: Path, name: str, url: str, page: bytes, at: str, *, status: int = 200) -> Path:
    path = folder / name
    path.write_bytes(har({}, url=url, page=page, at=at, status=status))
    return path


def product(name: str) -> bytes:
    told = {"@type": "Product", "name": name, "image": f"{STORE}/{name}.jpg", "offers": {"availability": "InStock"}}
    return f'<html><script type="application/ld+json">{json.dumps(told)}</script><h1>{name}</h1></html>'.encode()


def test_a_saved_page_of_a_store_that_a_target_names_is_read_by_its_rules(tmp_path: Path) -> None:
    target = Target(name="store", marketplace="shopify", shops=("store.example",))
    space = Workspace.create(tmp_path / "space", Config(targets=(target,)))
    page = b'<html><script>var meta = {"product": {"id": 701, "handle": "heron"}};</script>' + product("Heron")
    run_import(
        space, [saved(tmp_path, "a.har", f"{STORE}/products/heron", page, "2026-11-03T08:00:00Z")], compare=False
    )
    with space.casebook() as casebook:
        listing = casebook.listing("shopify:store.example/701")
    assert listing is not None
    assert listing.title == "Heron"


def test_two_saved_pages_hours_apart_prove_that_an_independent_shop_took_its_listing_down(tmp_path: Path) -> None:
    space = Workspace.create(tmp_path / "space", Config())
    gone, there = f"{STORE}/p/heron", f"{STORE}/p/otter"
    morning = [
        saved(tmp_path, "heron.har", gone, product("Heron"), "2026-11-02T08:00:00Z"),
        saved(tmp_path, "otter.har", there, product("Otter"), "2026-11-02T08:00:00Z"),
    ]
    run_import(space, morning, compare=False)
    removed = []
    for hours in (0, 7):
        at = (datetime(2026, 11, 3, 8, tzinfo=UTC) + timedelta(hours=hours)).isoformat()
        files = [
            saved(tmp_path, f"heron-{hours}.har", gone, b"<html><h1>Not found</h1></html>", at, status=404),
            saved(tmp_path, f"otter-{hours}.har", there, product("Otter"), at),
        ]
        removed.append(run_import(space, files, compare=False).removed)
    assert removed == [0, 1]
    with space.casebook() as casebook:
        listing = casebook.listing_at(gone)
    assert listing is not None
    assert listing.state is ListingState.REMOVED
